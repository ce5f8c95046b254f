"""The mirror's loop: when it sends, how long it waits, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.influx.errors import (
    InfluxBusyError,
    InfluxRefusalError,
    InfluxUnexpectedError,
)
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal import writer as journal_writer
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror import outbox
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import T0, snapshot
from tests.core.mirror.sinks import ADDRESS, Fault, ModelSink, broken


class Bench:
    """A journal and a mirror at work, and what they told."""

    def __init__(self, path: Path, *, since: int = 0, own_readings: bool = False) -> None:
        self.sink = ModelSink()
        self.told: list[MirrorStatus] = []
        self.journal = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        line_format = LineFormat(device="x", own_readings=own_readings)
        self.mirror = Mirror(
            Outbox(self.journal, "influx", LineEncoder(line_format), since=since),
            self.sink,
            clock=SystemClock(),
            on_change=self.told.append,
            jitter=lambda: 0.01,
        )

    def start(self) -> None:
        self.tasks = [
            asyncio.create_task(self.journal.run()),
            asyncio.create_task(self.mirror.run()),
        ]

    async def until(self, times: int, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while len(self.sink.times()) < times or self.mirror.status.backlog:
                await asyncio.sleep(0.005)

    async def ruin(self) -> None:
        """Damage the journal's file, in its thread: nobody may open it in between."""

        def job() -> None:
            self.journal._committer.close()
            self.journal.path.write_bytes(b"ruined " * 999)

        await self.journal._in_thread(job)

    async def close(self) -> None:
        await self.mirror.close(5)
        await self.journal.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db")
    yield made
    await made.close()


async def test_a_row_is_sent_long_before_its_group_is_synced(bench: Bench) -> None:
    """A poll a second: synced every 5 s, but in InfluxDB within 2 s."""
    bench.start()
    bench.journal.add(snapshot(0))
    await bench.until(1)
    bench.journal.add(snapshot(1))
    await bench.until(2, seconds=journal_writer.GROUP_SECONDS - 1)
    assert bench.journal._committer.unsynced


async def test_what_gathers_while_a_request_is_under_way_goes_at_once(bench: Bench) -> None:
    for number in range(1_000):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(1_000)
    assert sum(bench.sink.requests) == 1_000
    assert len(bench.sink.requests) <= 3


async def test_the_backlog_is_counted(bench: Bench) -> None:
    bench.sink.faults = [broken()] * 3
    for number in range(40):
        bench.journal.add(snapshot(number))
    await bench.journal.flush()
    bench.start()
    await bench.until(40)
    assert 40 in [status.backlog for status in bench.told]
    assert any(status.problem for status in bench.told)
    assert bench.mirror.status == MirrorStatus(mirrored_to=snapshot(39).taken_at, reached=True)


async def test_rows_of_before_are_not_sent_if_not_wanted(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "station.db", since=T0 + 500)
    bench.journal.add(snapshot(0))
    bench.journal.add(snapshot(1))
    await bench.journal.flush()
    bench.start()
    await bench.until(1)
    assert bench.sink.times() == [snapshot(1).taken_at]
    await bench.close()


async def test_a_retry_does_not_wait(bench: Bench) -> None:
    slow = InfluxBusyError(address=ADDRESS, status=503, reason="x")
    slow.retry_after = 3_000
    bench.sink.faults = [Fault(slow)]
    bench.journal.add(snapshot(0))
    bench.start()
    async with asyncio.timeout(5):
        while bench.mirror.status.problem is None:
            await asyncio.sleep(0.005)
    bench.mirror.retry()
    await bench.until(1)
    assert bench.mirror.status.problem is None


async def test_a_fault_of_our_own_does_not_end_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [RuntimeError("with a s3cret"), JournalUnavailableError(path="x", reason="y")]
    batch = Outbox.read_batch

    async def fails_at_first(own: Outbox, cursor: int, *, stop: int | None = None) -> object:
        if failures:
            raise failures.pop(0)
        return await batch(own, cursor, stop=stop)

    monkeypatch.setattr(Outbox, "read_batch", fails_at_first)
    bench.journal.add(snapshot(0))
    bench.start()
    await bench.until(1)
    problems = [status.problem for status in bench.told if status.problem]
    assert isinstance(problems[0], InfluxUnexpectedError)
    assert "RuntimeError in test_mirror.py:" in str(problems[0])
    assert "s3cret" not in repr(problems)
    assert isinstance(problems[-1], JournalUnavailableError)


async def test_a_fault_of_the_sinks_own_reaches_who_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(_body: bytes) -> None:
        raise RuntimeError

    bench.journal.add(snapshot(0))
    await bench.journal.flush()
    monkeypatch.setattr(bench.sink, "write", closed)
    with pytest.raises(InfluxUnexpectedError):
        await bench.mirror.replay(0, T0 * 2)
    with pytest.raises(InfluxUnexpectedError):
        await bench.mirror.try_now()


async def test_a_damaged_journal_costs_only_what_was_in_it(bench: Bench) -> None:
    bench.journal.add(snapshot(0))
    bench.start()
    await bench.until(1)
    await bench.ruin()
    bench.journal.add(snapshot(-5))  # and the clock was set back
    await bench.until(2)
    assert bench.journal.status.loss is not None
    # The new journal takes the cursor along: its rows are later than what was sent.
    assert bench.sink.times()[-1] == snapshot(0).taken_at + 1


async def test_closing_sends_what_is_left_and_is_over_in_time(bench: Bench) -> None:
    bench.start()
    await bench.until(0)
    for number in range(5):
        bench.journal.add(snapshot(number))
    await bench.mirror.close(5)
    assert len(bench.sink.times()) == 5
    assert bench.sink.closed
    await bench.mirror.close(5)


async def test_closing_before_it_ran_sends_as_well(bench: Bench) -> None:
    bench.journal.add(snapshot(0))
    await bench.mirror.close(5)
    assert len(bench.sink.times()) == 1


async def test_closing_while_the_sink_is_away_keeps_the_rest(tmp_path: Path) -> None:
    first = Bench(tmp_path / "station.db")
    first.sink.faults = [broken()] * 9
    first.journal.add(snapshot(0))
    first.start()
    await first.close()
    second = Bench(tmp_path / "station.db")
    second.start()
    await second.until(1)
    await second.close()


async def test_a_cursor_is_kept_without_a_commit_of_its_own(tmp_path: Path) -> None:
    first = Bench(tmp_path / "station.db")
    first.start()
    first.journal.add(snapshot(0))
    await first.until(1)
    await first.close()
    second = Bench(tmp_path / "station.db")
    second.start()
    second.journal.add(snapshot(1))
    await second.until(1)
    assert second.sink.times() == [snapshot(1).taken_at]
    await second.close()


async def test_own_readings_share_their_rows_fate(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "station.db", own_readings=True)
    bad = snapshot(1).taken_at
    bench.sink.refuses = lambda time: "too blue" if time == bad else None
    for number in range(3):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(2)
    assert bench.mirror.status.dead_letters == 3  # the means, and two sensors' own
    bench.sink.refuses = lambda _time: None
    await bench.mirror.resend_dead_letters()
    assert (bench.mirror.status.dead_letters, len(bench.sink.points)) == (0, 9)
    await bench.close()


async def test_letters_that_are_refused_again_stay(bench: Bench) -> None:
    bench.sink.refuses = lambda time: "too blue" if time % 2000 == 0 else None
    for number in range(6):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(3)
    before = bench.mirror.status.dead_letters
    assert before == 3
    with pytest.raises(InfluxRefusalError):
        await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == before
    assert len(await bench.mirror.dead_letters(9)) == before


async def test_a_replay_of_refused_rows_says_so(bench: Bench) -> None:
    bench.start()
    for number in range(3):
        bench.journal.add(snapshot(number))
    await bench.until(3)
    bench.sink.refuses = lambda time: "too blue" if time == T0 else None
    replayed = await bench.mirror.replay(0, T0 * 2)
    assert (replayed.rows, replayed.refused) == (3, 1)
    assert bench.mirror.status.dead_letters == 1
    bench.sink.refuses = lambda _time: "too blue"
    with pytest.raises(InfluxRefusalError):
        await bench.mirror.replay(0, T0 * 2)


async def test_requests_are_bounded_in_lines_and_bytes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_LINES", 100)
    monkeypatch.setattr(outbox, "MAX_BYTES", 5_000)
    sizes: list[int] = []
    write = bench.sink.write

    async def measured(body: bytes) -> None:
        sizes.append(len(body))
        await write(body)

    monkeypatch.setattr(bench.sink, "write", measured)
    for number in range(1_000):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(1_000)
    assert max(sizes) <= 5_000
    assert max(bench.sink.requests) <= 100
    assert len(sizes) < 40


async def test_a_new_file_keeps_rows_for_the_sink_that_has_none_yet(bench: Bench) -> None:
    """InfluxDB is away since the start, and the file gets damaged."""
    bench.sink.faults = [broken()] * 99
    bench.journal.add(snapshot(0))
    bench.start()
    async with asyncio.timeout(5):
        while bench.mirror.status.problem is None:
            await asyncio.sleep(0.005)
    await bench.ruin()
    bench.journal.add(snapshot(1))
    await bench.journal.flush()
    assert bench.journal.status.loss is not None

    def job(journal: Journal) -> int:
        journal.prune(before=2**62, max_bytes=2**62)
        return journal.count_after(0)

    assert await bench.journal.execute(job) == 1


async def test_no_row_is_passed_over_when_the_clock_is_set_back_after_setting_up(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "station.db", since=snapshot(100).taken_at)
    bench.start()
    async with asyncio.timeout(5):
        while bench.mirror._sender.cursor is None:
            await asyncio.sleep(0.005)
    bench.journal.add(snapshot(40))
    await bench.until(1)
    assert bench.sink.times() == [snapshot(100).taken_at + 1]
    await bench.close()


async def test_discarding_ends_where_the_rows_are_gone(bench: Bench) -> None:
    bench.sink.refuses = lambda _time: "too blue"
    for number in range(5):
        bench.journal.add(snapshot(number))
    bench.start()
    async with asyncio.timeout(5):
        while not bench.mirror.status.refused:
            await asyncio.sleep(0.005)
    await bench.mirror.discard_refused()
    await bench.journal.execute(lambda j: j._connection.execute("DELETE FROM snapshots"))
    bench.sink.refuses = lambda _time: None
    bench.journal.add(snapshot(9))
    await bench.until(1)
    assert bench.sink.times() == [snapshot(9).taken_at]


async def test_a_sink_that_is_no_more_is_forgotten(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "station.db")
    await bench.journal.execute(lambda journal: journal.sinks.cursor("former"))
    bench.journal.add(snapshot(0))
    bench.start()
    await bench.until(1)
    cursors = await bench.journal.execute(
        lambda j: j._connection.execute("SELECT sink FROM cursors").fetchall()
    )
    assert cursors == [("influx",)]
    await bench.close()


async def test_what_was_sent_may_leave_before_the_cursor_was_written(bench: Bench) -> None:
    bench.start()
    bench.journal.add(snapshot(0))
    await bench.until(1)
    await bench.journal.accept_wall_clock()
    pruned = await bench.journal._in_thread(
        lambda: bench.journal._committer.prune(days=1, max_bytes=2**40)
    )
    assert (pruned.aged, pruned.lost) == (1, 0)


async def test_nothing_is_written_while_a_backup_is_made(bench: Bench) -> None:
    bench.start()
    bench.journal.add(snapshot(0))
    await bench.until(1)
    await bench.journal.pause()
    before = bench.journal.path.read_bytes()
    dropping = asyncio.create_task(bench.mirror.discard_dead_letters())
    await asyncio.sleep(0.05)
    assert not dropping.done()
    assert bench.journal.path.read_bytes() == before
    bench.journal.resume()
    await dropping


async def test_after_the_end_the_journal_is_closed_and_says_so(bench: Bench) -> None:
    await bench.close()
    with pytest.raises(JournalUnavailableError):
        await bench.mirror.replay(0, T0)


async def test_closing_twice_at_once_is_closing_once(bench: Bench) -> None:
    bench.start()
    for number in range(5):
        bench.journal.add(snapshot(number))
    await asyncio.gather(bench.mirror.close(5), bench.mirror.close(5))
    assert len(bench.sink.times()) == 5


async def test_rows_that_make_no_line_are_passed(tmp_path: Path) -> None:
    """A row whose only reading does not count has nothing to say."""
    bench = Bench(tmp_path / "station.db")
    await bench.journal.open()

    def job(journal: Journal) -> None:
        journal.append([snapshot(0)])
        journal._connection.execute("INSERT INTO snapshots (taken_at) VALUES (?)", (T0 + 1,))

    await bench.journal.execute(job)
    bench.start()
    await bench.until(1)
    async with asyncio.timeout(5):
        while bench.mirror._sender.cursor != T0 + 1:
            await asyncio.sleep(0.005)
    await bench.close()
