"""The sender: which rows it sends, and where it goes on after a restart or damage."""

import asyncio
from pathlib import Path

import pytest

from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.mirror import outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import T0, snapshot
from tests.core.mirror.bench import Bench, bench
from tests.core.mirror.sinks import broken

__all__ = ["bench"]


async def test_the_backlog_is_counted(bench: Bench) -> None:
    bench.sink.faults = [broken()] * 3
    for number in range(40):
        bench.journal.add(snapshot(number))
    await bench.journal.flush()
    bench.start()
    await bench.until(40)
    assert 40 in [status.backlog for status in bench.statuses]
    assert any(status.problem for status in bench.statuses)
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


async def test_a_damaged_journal_costs_only_what_was_in_it(bench: Bench) -> None:
    bench.journal.add(snapshot(0))
    bench.start()
    await bench.until(1)
    await bench.ruin()
    bench.journal.add(snapshot(-5))  # and the clock was set back
    await bench.until(2)
    assert bench.journal.status.damage is not None
    # The new journal takes the cursor along: its rows are later than what was sent.
    assert bench.sink.times()[-1] == snapshot(0).taken_at + 1


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
    assert bench.journal.status.damage is not None

    def job(journal: Journal) -> int:
        journal.prune(before=2**62, max_bytes=2**62)
        return journal.snapshots.count_after(0)

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
    await bench.mirror.put_refused_aside()
    await bench.journal.execute(lambda j: j._connection.execute("DELETE FROM snapshots"))
    bench.sink.refuses = lambda _time: None
    bench.journal.add(snapshot(9))
    await bench.until(1)
    assert bench.sink.times() == [snapshot(9).taken_at]


async def test_a_sink_that_is_no_more_is_forgotten(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "station.db")
    await bench.journal.execute(lambda journal: journal.cursors.setdefault("former"))
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
    pruned = await bench.journal._thread.run(
        lambda: bench.journal._committer.prune(days=1, max_bytes=2**40)
    )
    assert (pruned.aged, pruned.unmirrored) == (1, 0)


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
