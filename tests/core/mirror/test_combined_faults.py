"""Several faults at once: full disks, lost rows, restarts and refused lines."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.journal.snapshots import BMP, T0, snapshot
from tests.core.journal.station import Clock, Station
from tests.core.mirror import test_full_disk, test_read_back

quick = test_read_back.quick  # rows are read back soon


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
