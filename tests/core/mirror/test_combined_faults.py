"""Several faults at once: full disks, lost rows, restarts, damaged files and wrong clocks."""

import asyncio
import resource
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalError, JournalUnavailableError
from custom_components.air_state.core.domain.models import DeadLetter, Snapshot
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.recovery.future_rows import (
    remove_future_rows,
    restore_future_rows,
)
from custom_components.air_state.core.journal.recovery.high_water_mark import (
    HighWaterMark,
    read_mark,
    write_mark,
)
from custom_components.air_state.core.journal.recovery.opening import open_journal
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.journal.snapshots import BMP, T0, read_after, snapshot
from tests.core.mirror import test_full_disk, test_read_back

quick = test_read_back.quick  # rows are read back soon
DAY = 86_400_000  # ms
PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[test_full_disk.LimitedDisk]:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.05)
    monkeypatch.setattr(journal_schedule, "EAGER_SECONDS", 0.05)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.2)
    made = test_full_disk.LimitedDisk(tmp_path)
    yield made
    made.free()


async def test_a_loss_on_a_full_disk_is_sent_again(disk: test_full_disk.LimitedDisk) -> None:
    bench = test_full_disk.Bench(disk)
    sink = test_read_back.ReadableSink()
    bench.sink = sink
    bench.mirror = Mirror(
        Outbox(bench.journal, "influx", LineEncoder(LineFormat(device="attic"))),
        sink,
        clock=SystemClock(),
        on_change=bench.statuses.append,
        reader=test_read_back.SinkReader(sink),
        jitter=lambda: 0.01,
    )
    times = count(SystemClock().now() - 60_000)
    put: list[int] = []

    def poll(number: int) -> None:
        for _ in range(number):
            put.append(next(times))
            bench.journal.add(Snapshot(device="x", taken_at=put[-1], readings={BMP: 20.0}))

    await bench.start()
    poll(3)
    async with asyncio.timeout(30):
        while sink.reads < 1 or bench.journal.pending:
            await asyncio.sleep(0.01)
    await bench.journal._thread.run(disk.fill)
    poll(2)
    await bench.until_sent(5)
    await asyncio.sleep(0.2)  # they are read back
    sink.drops_writes = True
    poll(4)
    async with asyncio.timeout(30):
        while bench.mirror.status.problem is None:
            await asyncio.sleep(0.01)
    sink.drops_writes = False
    poll(1)
    async with asyncio.timeout(30):
        while set(sink.times()) != set(put):
            poll(1)
            await asyncio.sleep(0.05)
    disk.free()
    await bench.mirror.close(5)
    await bench.journal.close()
    assert set(sink.times()) == set(put)


async def test_a_restart_before_the_look_loses_nothing(tmp_path: Path) -> None:
    first = test_read_back.Bench(tmp_path / "station.db")
    first.start()
    put = await first.put(5)
    await first.until(reads=1)
    await asyncio.sleep(0.1)
    first.sink.drops_writes = True
    put += await first.put(7)
    async with asyncio.timeout(10):
        while first.mirror._sender.cursor is None or first.mirror._sender.cursor < put[-1]:
            await asyncio.sleep(0.001)
    await first.close()

    second = test_read_back.Bench(tmp_path / "station.db")
    second.sink.points = first.sink.points
    second.sink.arrived = first.sink.arrived
    second.last = first.last
    second.start()
    put += await second.put(1)
    async with asyncio.timeout(10):
        while set(second.sink.times()) != set(put):
            await asyncio.sleep(0.01)
    await second.close()


async def test_a_refused_line_on_a_full_disk_holds_nothing_up(
    disk: test_full_disk.LimitedDisk,
) -> None:
    bench = test_full_disk.Bench(disk)
    bad = snapshot(5).taken_at
    bench.sink.refuses = lambda taken_at: "bad" if taken_at == bad else None
    await bench.fill()
    for number in range(3, 40):
        bench.journal.add(snapshot(number))
        await asyncio.sleep(0.02)
    await bench.until_backlog(0)
    assert len(bench.sink.times()) == 39
    assert bench.mirror.status.dead_letters == 1
    assert sum(bench.sink.requests) < 3 * 40  # each line once, and those around the bad one again
    disk.free()
    bench.journal.add(snapshot(40))
    await bench.until_written()
    await bench.until_sent(40)
    letters = await bench.journal.execute(lambda journal: journal.dead_letters.count("influx"))
    assert letters == 1
    await bench.mirror.close(5)
    await bench.journal.close()


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seconds = 0.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def go_on(self, hours: int) -> None:
        self.at += hours * 3_600_000
        self.seconds += hours * 3_600


class Station:
    """A journal that keeps ten days, and the statuses that it reported."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.statuses: list[JournalStatus] = []
        self.journal = JournalWriter(
            path,
            clock=clock,
            limits=JournalLimits(days=10, max_bytes=2**40),
            on_change=self.statuses.append,
        )

    async def poll(self, *times: int) -> None:
        for taken_at in times:
            self.journal.add(Snapshot(device="x", taken_at=taken_at, readings={BMP: 20.0}))
        await self.journal._attempt(self.journal._committer.write)

    async def times(self) -> list[int]:
        return await self.journal.execute(
            lambda journal: [each.taken_at for each in read_after(journal, 0, 10**6)]
        )


async def test_rows_that_wait_at_the_end_keep_their_times_behind_a_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sink has them from memory; on closing, the disk takes only some of them."""
    times = [T0 + number * 60_000 for number in range(8)]
    first = Station(tmp_path / "station.db", Clock(times[-1]))
    await first.journal.open()
    room = 0
    append = Journal.append

    def full(
        self: Journal,
        snapshots: Sequence[Snapshot],
        *,
        durable: bool = True,
        cursors: dict[str, int] | None = None,
        stamped: bool = False,
    ) -> None:
        nonlocal room
        if len(snapshots) > room:
            raise JournalUnavailableError(path=self.path, reason="full")
        append(self, snapshots, durable=durable, cursors=cursors, stamped=stamped)
        room -= len(snapshots)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", full)
        await first.poll(*times)
        first.journal.set_cursor("influx", times[-1])
        room = 3
        assert await first.journal.close() == 5
    second = Station(tmp_path / "station.db", Clock(times[-1]))
    for each in first.journal.unwritten():
        second.journal.add(each)
    await second.journal.open()
    await second.poll()
    assert await second.times() == times
    await second.journal.close()


async def test_nothing_is_missing_when_all_rows_have_left_by_age(tmp_path: Path) -> None:
    clock = Clock(T0 + 50_000)
    path = tmp_path / "station.db"
    first = Station(path, clock)
    await first.journal.open()
    await first.poll(*(T0 + number * 1_000 for number in range(50)))
    for _ in range(11 * 24):  # the station is away for eleven days
        clock.go_on(1)
        await first.journal._prune_portion()
    assert await first.times() == []
    await first.journal.close()
    second = Station(path, clock)
    await second.journal.open()
    assert [each.loss for each in second.statuses if each.loss] == []
    await second.journal.close()


def damage(path: Path) -> None:
    """Make one page in the middle of a file unreadable."""
    data = bytearray(path.read_bytes())
    middle = len(data) // PAGE // 2 * PAGE
    data[middle : middle + PAGE] = b"\xff" * PAGE
    path.write_bytes(data)


def test_a_damaged_journal_waits_for_room(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(5_000)])
        newest = journal.newest
    write_mark(path, HighWaterMark(rows=5_000, newest=newest))
    damage(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        with pytest.raises(JournalError):
            open_journal(path, T0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_mark(path) == HighWaterMark(rows=5_000, newest=newest)

    opened, loss = open_journal(path, T0)
    with closing(opened):
        kept = opened.snapshots.count_after(-1)
    assert loss is not None
    assert loss.aside is not None
    assert (loss.kept, loss.known) == (kept, 5_000)
    assert kept > 4_000


@pytest.mark.slow
async def test_a_doubt_about_the_clock_does_not_end_by_damage(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    station = Station(path, Clock(T0))
    await station.journal.open()
    await station.poll(*(T0 - 9 * DAY + number * 60_000 for number in range(9_000)))
    await station.journal.close()
    wrong = Clock(T0 + 30 * DAY)
    station = Station(path, wrong)
    await station.journal.open()
    await station.poll(*(wrong.at + number * 60_000 for number in range(20)))
    await station.journal._prune_portion()
    await station.journal.close()
    assert station.statuses[-1].clock_jump is not None
    damage(path)

    station = Station(path, wrong)
    wrong.go_on(1)
    await station.journal.open()
    kept = await station.times()
    assert len(kept) > 8_000
    for _ in range(5):
        await station.journal._prune_portion()
    assert await station.times() == kept
    assert station.statuses[-1].clock_jump is not None
    await station.journal.close()


def test_rows_are_put_back_whole_or_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    letter = DeadLetter(taken_at=T0, line="x", reason="no", refused_at=T0)
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])
        journal.dead_letters.add("influx", [letter])
    copy, taken_out = remove_future_rows(path, T0 + 5_000)
    with closing(Journal(path)) as journal:
        journal.dead_letters.delete("influx")  # given up meanwhile
    away = copy.rename(tmp_path / "away")
    with pytest.raises(JournalError):
        restore_future_rows(path, copy, T0 + 5_000)
    copy.write_bytes(b"x" * 9_000)
    with pytest.raises(JournalError):
        restore_future_rows(path, copy, T0 + 5_000)

    away.replace(copy)
    assert restore_future_rows(path, copy, T0 + 5_000) == taken_out == 4
    with closing(Journal(path)) as journal:
        assert journal.snapshots.count_after(-1) == 10
        assert journal.dead_letters.count("influx") == 0
