"""A clock that is wrong empties no journal, and one that is right keeps nothing for ever."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.counters import ClockState
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.journal.writing.journal_clock import DAY, JournalClock
from tests.core.journal.snapshots import BMP, T0, read_after

MINUTE, HOUR = 60_000, 3_600_000
NOW = T0 + 9 * DAY


class FakeClock:
    """A clock whose jumps and passing time the test decides."""

    def __init__(self) -> None:
        self.wall = NOW
        self.passed = 0.0

    def now(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return time.monotonic() + self.passed

    def passes(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.passed += milliseconds / 1000


class Station:
    """A station that is polled, and Home Assistant, which starts and stops."""

    def __init__(self, path: Path, days: int = 10) -> None:
        self.path = path
        self.clock = FakeClock()
        self.statuses: list[JournalStatus] = []
        self.limits = JournalLimits(days=days, max_bytes=2**40)

    def fill(self, days: int = 9) -> None:
        """Append a row for every ten minutes before now."""
        times = range(NOW - days * DAY, NOW, 10 * MINUTE)
        with closing(Journal(self.path)) as journal:
            journal.append([Snapshot(device="x", taken_at=at, readings={BMP: 1.0}) for at in times])

    async def start(self) -> None:
        self.writer = JournalWriter(
            self.path, clock=self.clock, limits=self.limits, on_change=self.statuses.append
        )
        await self.writer.open()
        self.task = asyncio.create_task(self.writer.run())

    async def poll(self) -> None:
        """Write one poll, and prune all rows that are too old then."""
        self.writer.add(Snapshot(device="x", taken_at=self.clock.now(), readings={BMP: 2.0}))
        async with asyncio.timeout(30):
            while self.writer.pending or self.writer._schedule.next_prune <= self.clock.monotonic():
                self.clock.passed += 5  # no group has to be waited for
                self.clock.wall += 5_000
                self.writer._wake.set()
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        await self.writer.close()
        assert self.task.cancelled() or self.task.done()

    def old(self) -> int:
        """Return how many of the rows that `fill` appended are left."""
        with closing(Journal(self.path)) as journal:
            return sum(each.readings[BMP] == 1.0 for each in read_after(journal, 0, 10**6))


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    made = Station(tmp_path / "station.db")
    made.fill()
    yield made
    await made.stop()


ALL = 9 * 144


async def test_one_start_with_the_clock_ahead(station: Station) -> None:
    """It deletes nothing and is reported, until the clock is right again."""
    station.clock.wall += 30 * DAY
    await station.start()
    for _ in range(3):
        await station.poll()
    jump = station.statuses[-1].clock_jump
    assert jump is not None
    assert jump.rows == ALL
    assert abs(jump.last - NOW) < HOUR
    assert abs(jump.lead - 30 * DAY) < HOUR
    assert len([status for status in station.statuses if status.clock_jump]) == 1
    await station.stop()
    assert station.old() == ALL

    station.clock.wall -= 30 * DAY
    await station.start()
    await station.poll()
    assert station.statuses[-1].clock_jump is None
    await station.stop()
    assert station.old() == ALL


async def test_a_clock_that_jumps_while_it_runs(station: Station) -> None:
    await station.start()
    await station.poll()
    station.clock.wall += 30 * DAY
    station.clock.passes(2 * HOUR)  # pruning is due
    await station.poll()
    assert station.statuses[-1].clock_jump is not None
    station.clock.wall -= 30 * DAY
    station.clock.passes(2 * MINUTE)
    await station.poll()
    assert station.statuses[-1].clock_jump is None
    # It is wrong once more, and by another time, while rows of the future are there.
    station.clock.wall += 20 * DAY
    station.clock.passes(2 * HOUR)
    await station.poll()
    assert station.statuses[-1].clock_jump is not None
    await station.stop()
    assert station.old() == ALL


async def test_a_process_that_dies_in_doubt_doubts_on(station: Station) -> None:
    station.clock.wall += 30 * DAY
    await station.start()
    await station.poll()
    await station.writer._thread.run(station.writer._committer._handle.close)  # without good-bye
    station.task.cancel()
    first = station.writer
    await station.start()
    await station.poll()
    assert station.statuses[-1].clock_jump is not None
    await first.close()
    await station.stop()
    assert station.old() == ALL


async def test_after_a_month_off_the_rows_leave_when_somebody_says_so(station: Station) -> None:
    station.clock.wall += 30 * DAY
    await station.start()
    await station.poll()
    assert station.statuses[-1].clock_jump is not None
    await station.writer.accept_wall_clock()
    await station.poll()
    assert station.statuses[-1].clock_jump is None
    await station.stop()
    assert station.old() == 0


@pytest.mark.slow
async def test_after_a_month_off_the_rows_leave_in_time(station: Station) -> None:
    """They are pruned day by day, as if there had been no gap; after that all is as usual."""
    station.clock.wall += 30 * DAY
    counts = []
    for _ in range(11):
        await station.start()
        for _ in range(8):
            await station.poll()
            station.clock.passes(3 * HOUR)
        await station.stop()
        counts.append(station.old())
    assert counts[0] == ALL
    assert counts[-1] == 0
    assert all(0 <= before - after <= 150 for before, after in pairwise(counts))
    await station.start()
    await station.poll()
    assert station.statuses[-1].clock_jump is None


async def test_a_machine_that_starts_in_the_past(station: Station) -> None:
    """Its clock has no battery, and the network sets it right a little later."""
    station.clock.wall = T0 - 300 * DAY
    await station.start()
    await station.poll()
    station.clock.wall = NOW + HOUR
    station.clock.passes(HOUR)
    await station.poll()
    assert all(status.clock_jump is None for status in station.statuses)
    await station.stop()
    assert station.old() == ALL


async def test_a_weekend_off_and_a_day_of_keeping(tmp_path: Path) -> None:
    """Rows that are kept for a day are not lost when the clock is hours ahead."""
    station = Station(tmp_path / "station.db", days=1)
    station.fill(1)
    station.clock.wall += 12 * HOUR
    await station.start()
    await station.poll()
    await station.stop()
    assert station.old() == 144


async def test_a_machine_that_was_asleep(station: Station) -> None:
    """Even the monotonic clock jumps, and nobody knows which time is right."""
    await station.start()
    await station.poll()
    station.clock.passes(30 * DAY)
    await station.poll()
    assert station.statuses[-1].clock_jump is not None
    await station.stop()
    assert station.old() == ALL


@pytest.mark.slow
async def test_rows_leave_while_a_station_is_away(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is read every hour without polls, so the time that passed is explained."""
    monkeypatch.setattr(journal_schedule, "PRUNE_SECONDS", 0.01)
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    await station.start()
    await station.poll()
    async with asyncio.timeout(60):
        while station.clock.wall < NOW + 20 * DAY:
            before = station.writer._schedule.next_prune
            station.clock.passes(2 * HOUR)
            while station.writer._schedule.next_prune == before:
                await asyncio.sleep(0.005)
    await station.stop()
    assert all(status.clock_jump is None for status in station.statuses)
    assert station.old() == 0


def test_a_clock_that_is_a_little_ahead_is_followed() -> None:
    clock = FakeClock()
    own = JournalClock(clock)
    own.start(ClockState(trusted=NOW, doubted_since=None))
    clock.wall += 23 * HOUR
    assert own.now(10) == clock.wall
    clock.wall += 25 * HOUR
    assert own.now(10) < clock.wall - 24 * HOUR
    own.accept_wall_clock()
    assert own.now(10) == clock.wall


async def test_no_time_of_a_clock_stops_the_rows_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a row of the year 9999 all rows would be stamped later, which nothing can store."""
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    station = Station(tmp_path / "station.db")
    await station.start()
    await station.poll()
    year_9999 = 253_402_300_799_999
    for wrong in (year_9999, year_9999 + 1, 2**63, 2**80, -5):
        snapshot = Snapshot(device="x", taken_at=wrong, readings={BMP: 1.0})
        station.writer.add(snapshot)
    await station.poll()
    await station.stop()
    with closing(Journal(station.path)) as journal:
        times = [each.taken_at for each in read_after(journal, 0, 99)]
    assert len(times) == 7
    assert times[1:6] == [times[0] + number for number in range(1, 6)]
    assert times[6] < NOW + DAY
