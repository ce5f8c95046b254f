"""What a sink took is read back: it is sent again if it is not there, and told if it is gone."""

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
from custom_components.air_state.core.mirror.read_back import ReadBackCheck
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import BMP
from tests.core.mirror.sinks import ADDRESS, ModelSink

RETENTION = "partial write: points beyond retention policy"


class Witnessed(ModelSink):
    """A sink that can be read back; while it `swallows` it stores nothing and says that it did."""

    swallows = False
    away = False
    silent = False
    looks = 0

    async def write(self, body: bytes) -> None:
        if self.swallows:
            self.requests.append(body.count(b"\n") + 1)
        else:
            await super().write(body)

    async def has_rows(self, start: int, stop: int) -> bool:
        return bool(await self.held(start, stop))

    async def held(self, start: int, stop: int) -> set[int]:
        self.looks += 1
        if self.silent:
            await asyncio.Event().wait()
        if self.away:
            raise InfluxBusyError(address=ADDRESS, status=503, reason="-")
        return {time for time in ModelSink.times(self) if start <= time < stop}


class Reader:
    """Reads back from a sink."""

    def __init__(self, sink: Witnessed) -> None:
        self.sink = sink

    async def has_rows(self, start: int, stop: int) -> bool:
        return await self.sink.has_rows(start, stop)

    async def times(self, start: int, stop: int) -> set[int]:
        return await self.sink.held(start, stop)


class Bench:
    """A journal, a mirror and a sink of which a test knows everything."""

    def __init__(self, path: Path) -> None:
        self.sink = Witnessed()
        self.told: list[MirrorStatus] = []
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
            on_change=self.told.append,
            reader=Reader(self.sink),
            jitter=lambda: 0.01,
        )
        self.last = SystemClock().now() - 60_000

    async def put(self, count: int) -> list[int]:
        """Let the journal have so many rows of just now, and return their times."""
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

    async def until(self, *, lost: bool = False, emptied: int = 0, looks: int = 0) -> None:
        async with asyncio.timeout(10):
            while (
                isinstance(self.mirror.status.problem, InfluxLostError) is not lost
                or self.mirror.status.emptied < emptied
                or self.sink.looks < looks
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


async def test_what_was_swallowed_is_sent_again_when_it_is_missed(bench: Bench) -> None:
    bench.start()
    before = await bench.put(5)
    await bench.until(looks=1)
    bench.sink.swallows = True
    await bench.put(7)
    await bench.until(lost=True)
    problem = bench.mirror.status.problem
    assert problem is not None
    assert problem.details["rows"] == "7"
    assert bench.mirror.status.backlog == 7
    assert bench.mirror.status.mirrored_to == before[-1]

    # While it goes on like that it stays told, and rows are only sent again later and later.
    await asyncio.sleep(0.2)
    assert len([each for each in bench.told if each.problem is None and each.mirrored_to]) >= 1
    after = len(bench.told)
    bench.sink.swallows = False
    await bench.until()
    assert not any(each.problem is None for each in bench.told[after:-1])
    assert bench.sink.times() == list(range(before[0], bench.last + 1))
    assert bench.mirror.status.backlog == 0


async def test_a_journal_goes_back_in_its_file_as_well(bench: Bench, tmp_path: Path) -> None:
    bench.sink.swallows = True
    bench.start()
    await bench.put(3)
    await bench.until(lost=True)
    await bench.close()

    later = Bench(tmp_path / "station.db")
    later.start()
    await later.until(looks=1)
    assert len(later.sink.times()) == 3
    await later.close()


async def test_what_was_read_back_and_is_gone_is_told(bench: Bench) -> None:
    bench.start()
    old = await bench.put(5)
    await bench.until(looks=1)
    bench.sink.points.clear()
    new = await bench.put(5)
    await bench.until(emptied=1)
    assert bench.sink.times() == new  # whether it was wanted is for the user to say
    assert bench.mirror.status.problem is None

    await bench.mirror.send_all()
    async with asyncio.timeout(10):
        while bench.sink.times() != [*old, *new]:
            await asyncio.sleep(0.005)
    assert bench.mirror.status.emptied == 1


async def test_a_loss_does_not_hide_that_all_before_it_is_gone(bench: Bench) -> None:
    """A bucket is dropped and made anew before what it took last was read back."""
    bench.start()
    await bench.put(5)
    await bench.until(looks=1)
    bench.sink.swallows = True
    await bench.put(3)
    await bench.until(lost=True)
    bench.sink.points.clear()
    bench.sink.swallows = False
    await bench.until(emptied=1)
    assert len(bench.sink.times()) == 3


async def test_a_sink_that_cannot_be_read_is_not_mistrusted(bench: Bench) -> None:
    bench.sink.away = True
    bench.start()
    await bench.put(5)
    await bench.until(looks=3)
    assert bench.mirror.status.problem is None
    assert bench.mirror.status.emptied == 0


async def test_a_sink_that_is_silent_when_it_is_read_holds_nothing_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "TIMEOUT_SECONDS", 0.02)
    bench.sink.silent = True
    bench.start()
    await bench.put(5)
    await bench.until(looks=3)
    first = await bench.put(1)
    async with asyncio.timeout(10):
        while bench.sink.times()[-1] != first[0]:
            await asyncio.sleep(0.005)
    assert bench.mirror.status.problem is None


async def test_rows_that_a_bucket_may_have_let_go_are_not_looked_for(bench: Bench) -> None:
    bench.last -= 2 * 3_600_000
    bench.sink.swallows = True
    bench.start()
    await bench.put(5)
    await asyncio.sleep(0.1)
    assert bench.sink.looks == 0


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 10_000.0

    def now(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


async def test_looks_are_few_however_many_rows_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_back, "SETTLE_SECONDS", 10.0)
    monkeypatch.setattr(read_back, "INTERVAL_SECONDS", 600.0)
    sink, clock = Witnessed(), Hands()
    own = ReadBackCheck(Reader(sink), clock)
    own.start(0)
    for _ in range(3_600):
        clock.seconds += 1
        await sink.write(b"sensor_data,device=x f=1 %d" % clock.now())
        own.accepted(clock.now())
        if own.seconds_until_due() == 0:
            assert not (await own.check()).emptied
    # One look at the newest, and one at the one before.
    assert sink.looks <= 2 * (3_600 / 600 + 1)


async def test_the_edge_of_what_a_bucket_keeps_is_not_refused_where_it_is_there(
    bench: Bench,
) -> None:
    """A line that was stored with newer ones is refused without them, and later."""
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
    }  # somebody else has brought them
    await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == 0


async def test_where_it_cannot_be_read_refused_lines_are_kept_aside(bench: Bench) -> None:
    bench.sink.away = True
    bench.sink.refuses = lambda _time: RETENTION
    await bench.put(4)
    while await bench.mirror.send_batch():
        pass
    assert bench.mirror.status.dead_letters == 4
    assert RETENTION in bench.mirror.status.refusal
