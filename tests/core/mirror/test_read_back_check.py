"""When a row is read back, and what is concluded from it, on a clock that each test sets."""

import asyncio

import pytest

from custom_components.air_state.core.influx.errors import InfluxBusyError
from custom_components.air_state.core.mirror import read_back
from custom_components.air_state.core.mirror.read_back import (
    INTERVAL_SECONDS,
    SETTLE_SECONDS,
    ReadBackCheck,
    ReadBackResult,
)
from tests.core.mirror.sinks import ADDRESS

NOTHING_WRONG = ReadBackResult(lost_after=None, emptied=False)
HALF_AN_HOUR = 1_800


class ManualClock:
    """A clock that a test sets; both of its times are the same."""

    def __init__(self) -> None:
        self.seconds = 10_000.0

    def now(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


class Sink:
    """The times of the rows that it has; it may be away, and rows may come while it is read."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.away = False
        self.asked: list[int] = []

    async def has_rows(self, start: int, stop: int) -> bool:
        assert stop == start + 1
        self.asked.append(start)
        if self.away:
            raise InfluxBusyError(address=ADDRESS, status=503, reason="-")
        return start in self.rows

    async def times(self, start: int, stop: int) -> set[int]:
        return {time for time in self.rows if start <= time < stop}


class Bench:
    """A check of a sink."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.sink = Sink()
        self.check = ReadBackCheck(self.sink, self.clock)
        self.check.start(7)

    def accept(self, *, seconds_ago: float = 0, stored: bool = True) -> int:
        """Let the sink accept a row, and return the row's time."""
        taken_at = self.clock.now() - int(seconds_ago * 1000)
        if stored:
            self.sink.rows.add(taken_at)
        self.check.accepted(taken_at)
        return taken_at

    async def check_when_due(self) -> ReadBackResult:
        """Let the time pass until a check is due, and check."""
        wait = self.check.seconds_until_due()
        assert wait is not None
        self.clock.seconds += wait
        return await self.check.check()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_without_an_accepted_row_nothing_is_due(bench: Bench) -> None:
    assert bench.check.seconds_until_due() is None
    assert await bench.check.check() == NOTHING_WRONG
    assert bench.sink.asked == []


async def test_the_first_row_is_read_once_it_had_time_to_settle(bench: Bench) -> None:
    row = bench.accept()
    assert bench.check.seconds_until_due() == SETTLE_SECONDS
    bench.clock.seconds += 4
    bench.accept(seconds_ago=1)  # the first one stays, or no check would ever be due
    assert bench.check.seconds_until_due() == SETTLE_SECONDS - 4
    assert await bench.check_when_due() == NOTHING_WRONG
    assert bench.sink.asked == [row]
    bench.clock.seconds += 99
    assert bench.check.seconds_until_due() == INTERVAL_SECONDS - 99  # for the second one


async def test_a_check_that_is_overdue_is_due_now(bench: Bench) -> None:
    bench.accept()
    bench.clock.seconds += SETTLE_SECONDS + 5
    assert bench.check.seconds_until_due() == 0


async def test_the_newest_row_is_read_but_none_that_is_still_to_settle(bench: Bench) -> None:
    bench.accept()
    await bench.check_when_due()
    assert bench.check.seconds_until_due() is None
    bench.accept()
    bench.clock.seconds += INTERVAL_SECONDS - SETTLE_SECONDS - 1
    newest = bench.accept()
    bench.clock.seconds += 1
    bench.accept()  # as long before the check as a row needs to settle
    bench.clock.seconds += 5
    bench.accept()
    assert bench.check.seconds_until_due() == SETTLE_SECONDS - 5
    bench.sink.asked.clear()
    await bench.check_when_due()
    assert bench.sink.asked[0] == newest


async def test_a_row_that_is_missing_twice_is_lost(bench: Bench) -> None:
    found = bench.accept()
    await bench.check_when_due()
    bench.clock.seconds += 1
    lost = bench.accept(stored=False)
    assert await bench.check_when_due() == NOTHING_WRONG
    assert not bench.check.sink_loses_rows
    assert bench.check.seconds_until_due() == SETTLE_SECONDS
    bench.clock.seconds += 1
    bench.accept(stored=False)  # what was missed once stays the row to read
    assert await bench.check_when_due() == ReadBackResult(lost_after=found)
    assert bench.sink.asked == [found, lost, lost]
    assert bench.check.sink_loses_rows
    assert bench.check.seconds_until_due() is None

    # Sent again, it is looked for as soon as it had time to settle.
    again = bench.accept()
    assert bench.check.seconds_until_due() == SETTLE_SECONDS
    assert await bench.check_when_due() == NOTHING_WRONG
    assert not bench.check.sink_loses_rows
    assert bench.check.safe_cursor(again + 1) == again + 1


async def test_what_was_sent_before_the_start_is_not_lost(bench: Bench) -> None:
    bench.accept(stored=False)
    await bench.check_when_due()
    assert await bench.check_when_due() == ReadBackResult(lost_after=7)


async def test_a_row_that_is_found_the_second_time_was_only_late(bench: Bench) -> None:
    for _ in range(2):
        late = bench.accept(stored=False)
        assert await bench.check_when_due() == NOTHING_WRONG
        bench.sink.rows.add(late)
        assert await bench.check_when_due() == NOTHING_WRONG
        assert not bench.check.sink_loses_rows


async def test_a_sink_that_cannot_be_read_is_asked_again_in_a_minute(bench: Bench) -> None:
    bench.accept(stored=False)
    bench.sink.away = True
    for _ in range(3):
        assert await bench.check_when_due() == NOTHING_WRONG
        assert bench.check.seconds_until_due() == INTERVAL_SECONDS / 10
    bench.check.check_soon()
    assert bench.check.seconds_until_due() == 0
    assert not bench.check.sink_loses_rows


async def test_a_sink_that_does_not_answer_in_time_cannot_be_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_start: int, _stop: int) -> bool:
        return await asyncio.Event().wait()

    monkeypatch.setattr(read_back, "TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(bench.sink, "has_rows", hangs)
    bench.accept()
    async with asyncio.timeout(5):
        assert await bench.check_when_due() == NOTHING_WRONG
    assert bench.check.seconds_until_due() == INTERVAL_SECONDS / 10


async def test_a_row_that_was_found_and_is_gone_is_told_once(bench: Bench) -> None:
    bench.accept()
    await bench.check_when_due()
    bench.sink.rows.clear()
    for emptied in (True, False):
        bench.clock.seconds += 1
        bench.accept()
        assert await bench.check_when_due() == ReadBackResult(emptied=emptied)


@pytest.mark.parametrize(("age", "emptied"), [(HALF_AN_HOUR - 1, True), (HALF_AN_HOUR, False)])
async def test_a_found_row_may_leave_by_age(bench: Bench, age: int, *, emptied: bool) -> None:
    bench.accept()
    await bench.check_when_due()
    bench.sink.rows.clear()
    bench.clock.seconds += age - 2 * SETTLE_SECONDS
    bench.accept()
    assert await bench.check_when_due() == ReadBackResult(emptied=emptied)


async def test_old_rows_are_not_expected(bench: Bench) -> None:
    bench.accept(seconds_ago=HALF_AN_HOUR)
    assert bench.check.seconds_until_due() is None
    bench.accept(seconds_ago=HALF_AN_HOUR - 1, stored=False)
    assert bench.check.seconds_until_due() == SETTLE_SECONDS
    bench.clock.seconds += SETTLE_SECONDS  # by now the bucket may have dropped it
    assert await bench.check.check() == NOTHING_WRONG
    assert bench.sink.asked == []
    assert bench.check.seconds_until_due() is None
    bench.accept(stored=False)
    assert await bench.check_when_due() == NOTHING_WRONG  # the old row was not missed


async def test_reads_are_few_however_many_rows_there_are(bench: Bench) -> None:
    for _ in range(3_600):
        bench.clock.seconds += 1
        bench.accept()
        if bench.check.seconds_until_due() == 0:
            assert await bench.check.check() == NOTHING_WRONG
    # Each check reads the newest row, and the one that was found before.
    assert len(bench.sink.asked) <= 2 * (3_600 / INTERVAL_SECONDS + 1)


async def test_rows_that_were_not_read_back_yet_are_sent_again_after_a_restart(
    bench: Bench,
) -> None:
    first = bench.accept()
    assert bench.check.safe_cursor(first) == first  # nobody knows yet whether reading works
    await bench.check_when_due()
    assert bench.check.safe_cursor(first) == first
    bench.clock.seconds += 1
    second = bench.accept()
    assert bench.check.safe_cursor(second) == first
    assert bench.check.safe_cursor(first - 1) == first - 1
    await bench.check_when_due()
    assert bench.check.safe_cursor(second) == second
