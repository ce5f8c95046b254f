"""Rows are read back: lost ones are sent again, and deleted ones are reported."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx.errors import InfluxBusyError, InfluxLostError
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror import read_back
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import BMP
from tests.core.mirror.sinks import ADDRESS, ModelSink

RETENTION = "partial write: points beyond retention policy"


class ReadableSink(ModelSink):
    """A sink that can be read; with `drops_writes` it accepts lines and does not store them."""

    drops_writes = False
    away = False
    hangs = False
    reads = 0

    async def write(self, body: bytes) -> None:
        if self.drops_writes:
            self.requests.append(body.count(b"\n") + 1)
        else:
            await super().write(body)

    async def has_rows(self, start: int, stop: int) -> bool:
        return bool(await self.held(start, stop))

    async def held(self, start: int, stop: int) -> set[int]:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise InfluxBusyError(address=ADDRESS, status=503, reason="-")
        return {time for time in ModelSink.times(self) if start <= time < stop}


class SinkReader:
    """Reads back from a sink."""

    def __init__(self, sink: ReadableSink) -> None:
        self.sink = sink

    async def has_rows(self, start: int, stop: int) -> bool:
        return await self.sink.has_rows(start, stop)

    async def times(self, start: int, stop: int) -> set[int]:
        return await self.sink.held(start, stop)


class Bench:
    """A journal, a mirror and a sink that can be read."""

    def __init__(self, path: Path) -> None:
        self.sink = ReadableSink()
        self.statuses: list[MirrorStatus] = []
        self.journal = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        self.mirror = Mirror(
            Outbox(self.journal, "influx", LineEncoder(LineFormat(device="x"))),
            self.sink,
            clock=SystemClock(),
            on_change=self.statuses.append,
            reader=SinkReader(self.sink),
            jitter=lambda: 0.01,
        )
        self.last = SystemClock().now() - 60_000

    async def put(self, count: int) -> list[int]:
        """Add so many rows of just now to the journal, and return their times."""
        times = []
        for _ in range(count):
            self.last += 1
            times.append(self.last)
            snapshot = Snapshot(device="x", taken_at=self.last, readings={BMP: 20.0})
            self.journal.add(snapshot)
        await self.journal.flush()
        return times

    def start(self) -> None:
        self.task = asyncio.create_task(self.mirror.run())

    async def until(self, *, lost: bool = False, emptied: int = 0, reads: int = 0) -> None:
        async with asyncio.timeout(10):
            while (
                isinstance(self.mirror.status.problem, InfluxLostError) is not lost
                or self.mirror.status.emptied < emptied
                or self.sink.reads < reads
            ):
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        await self.mirror.close(5)
        await self.journal.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_back, "SETTLE_SECONDS", 0.02)
    monkeypatch.setattr(read_back, "INTERVAL_SECONDS", 0.05)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db")
    yield made
    await made.close()


async def test_dropped_rows_are_sent_again_when_they_are_missed(bench: Bench) -> None:
    bench.start()
    before = await bench.put(5)
    await bench.until(reads=1)
    bench.sink.drops_writes = True
    await bench.put(7)
    await bench.until(lost=True)
    problem = bench.mirror.status.problem
    assert problem is not None
    assert problem.details["rows"] == "7"
    assert bench.mirror.status.backlog == 7
    assert bench.mirror.status.mirrored_to == before[-1]

    # The problem stays while rows are lost, and they are sent again with growing delays.
    await asyncio.sleep(0.2)
    assert len([each for each in bench.statuses if each.problem is None and each.mirrored_to]) >= 1
    after = len(bench.statuses)
    bench.sink.drops_writes = False
    await bench.until()
    assert not any(each.problem is None for each in bench.statuses[after:-1])
    assert bench.sink.times() == list(range(before[0], bench.last + 1))
    assert bench.mirror.status.backlog == 0


async def test_a_journal_goes_back_in_its_file_as_well(bench: Bench, tmp_path: Path) -> None:
    bench.sink.drops_writes = True
    bench.start()
    await bench.put(3)
    await bench.until(lost=True)
    await bench.close()

    later = Bench(tmp_path / "station.db")
    later.start()
    await later.until(reads=1)
    assert len(later.sink.times()) == 3
    await later.close()


async def test_rows_that_were_read_back_and_are_gone_are_reported(bench: Bench) -> None:
    bench.start()
    old = await bench.put(5)
    await bench.until(reads=1)
    bench.sink.points.clear()
    new = await bench.put(5)
    await bench.until(emptied=1)
    assert bench.sink.times() == new  # the user decides whether to send the rest again
    assert bench.mirror.status.problem is None

    await bench.mirror.send_all()
    async with asyncio.timeout(10):
        while bench.sink.times() != [*old, *new]:
            await asyncio.sleep(0.005)
    assert bench.mirror.status.emptied == 1


async def test_a_loss_does_not_hide_that_all_before_it_is_gone(bench: Bench) -> None:
    """A bucket is dropped and created again before the last rows were read back."""
    bench.start()
    await bench.put(5)
    await bench.until(reads=1)
    bench.sink.drops_writes = True
    await bench.put(3)
    await bench.until(lost=True)
    bench.sink.points.clear()
    bench.sink.drops_writes = False
    await bench.until(emptied=1)
    assert len(bench.sink.times()) == 3


async def test_a_sink_that_cannot_be_read_is_no_problem(bench: Bench) -> None:
    bench.sink.away = True
    bench.start()
    await bench.put(5)
    await bench.until(reads=3)
    assert bench.mirror.status.problem is None
    assert bench.mirror.status.emptied == 0


async def test_a_sink_that_hangs_when_it_is_read_delays_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "TIMEOUT_SECONDS", 0.02)
    bench.sink.hangs = True
    bench.start()
    await bench.put(5)
    await bench.until(reads=3)
    first = await bench.put(1)
    async with asyncio.timeout(10):
        while bench.sink.times()[-1] != first[0]:
            await asyncio.sleep(0.005)
    assert bench.mirror.status.problem is None


async def test_rows_that_a_bucket_may_have_dropped_by_age_are_not_read_back(bench: Bench) -> None:
    bench.last -= 2 * 3_600_000
    bench.sink.drops_writes = True
    bench.start()
    await bench.put(5)
    await asyncio.sleep(0.1)
    assert bench.sink.reads == 0


async def test_stored_rows_at_the_edge_of_retention_are_no_dead_letters(
    bench: Bench,
) -> None:
    """A line that was stored together with newer ones is refused alone."""
    rows = await bench.put(10)
    bench.sink.partial = True
    await bench.sink.write(
        "\n".join(f"sensor_data,device=x temperature=20.0 {time}" for time in rows[3:]).encode()
    )
    bench.sink.refuses = lambda time: RETENTION if time < rows[6] else None
    while await bench.mirror.send_batch():
        pass
    letters = await bench.mirror.dead_letters(99)
    assert [each.taken_at for each in letters] == rows[:3]
    assert bench.mirror.status.dead_letters == 3

    replayed = await bench.mirror.replay(rows[0], rows[-1] + 1)
    assert (replayed.rows, replayed.refused) == (10, 3)
    bench.sink.points = {
        ("sensor_data,device=x", time): {"temperature": 20.0} for time in rows
    }  # another writer stored them
    await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == 0


async def test_refused_lines_are_put_aside_where_the_sink_cannot_be_read(bench: Bench) -> None:
    bench.sink.away = True
    bench.sink.refuses = lambda _time: RETENTION
    await bench.put(4)
    while await bench.mirror.send_batch():
        pass
    assert bench.mirror.status.dead_letters == 4
    assert RETENTION in bench.mirror.status.refusal
