"""Rows of hours that become days: which steps the database makes, and how they are merged."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from custom_components.air_state.core.domain.models import (
    Aggregate,
    Block,
    CalendarUnit,
    CalendarWindow,
    HistoryQuery,
    Series,
)
from custom_components.air_state.core.influx.queries.downsampling import (
    Downsampler,
    plan_downsampling,
)

HOUR, DAY = 3_600_000, 86_400_000  # ms
SERIES = tuple(Series(name=name, parameter=name, keys=()) for name in ("co2", "humidity"))


def days(aggregate: Aggregate, zone: tzinfo = UTC, start: int = 0) -> HistoryQuery:
    return HistoryQuery(
        series=SERIES,
        start=start,
        stop=start + 365 * DAY,
        window=CalendarWindow(CalendarUnit.DAY, zone),
        aggregates=(aggregate,),
        limit=None,
    )


def downsampler_of(query: HistoryQuery) -> Downsampler:
    plan = plan_downsampling(query, None)
    assert plan.downsampling is not None
    assert plan.window is not None
    return Downsampler(query, plan.downsampling, plan.window)


@pytest.mark.parametrize(
    ("zone", "year", "step"),
    [
        ("UTC", 2026, HOUR),
        ("Europe/Warsaw", 2026, HOUR),
        ("America/New_York", 2026, HOUR),
        ("Asia/Kathmandu", 2026, HOUR // 4),
        ("Australia/Lord_Howe", 2026, HOUR // 4),  # at half an hour in winter only
        ("Asia/Pyongyang", 2014, HOUR),
        ("Asia/Pyongyang", 2015, HOUR // 4),  # from August on
    ],
)
def test_days_are_made_of_hours_where_the_zone_allows_it(zone: str, year: int, step: int) -> None:
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert plan_downsampling(days(Aggregate.MAX, ZoneInfo(zone), start), None).step == step


@pytest.mark.parametrize(
    ("aggregate", "first", "second"),
    [
        (Aggregate.MIN, (2.0, None), (7.0, 6.0)),
        (Aggregate.MAX, (5.0, None), (7.0, 6.0)),
        (Aggregate.SUM, (10.0, None), (7.0, 6.0)),
        (Aggregate.COUNT, (10.0, None), (7.0, 6.0)),
        (Aggregate.FIRST, (3.0, None), (7.0, 6.0)),
        (Aggregate.LAST, (2.0, None), (7.0, 6.0)),
    ],
)
def test_hours_are_merged_into_days(
    aggregate: Aggregate, first: tuple[float | None, ...], second: tuple[float | None, ...]
) -> None:
    downsampler = downsampler_of(days(aggregate))
    hours = Block(
        times=[0, HOUR, 2 * HOUR, 23 * HOUR, DAY, DAY + HOUR],
        columns=([3.0, 5.0, None, 2.0, None, 7.0], [None, None, None, None, 6.0, None]),
    )
    complete, rest = downsampler.downsample(hours), downsampler.finish()

    assert (list(complete.times), list(zip(*complete.columns, strict=True))) == ([0], [first])
    assert (list(rest.times), list(zip(*rest.columns, strict=True))) == ([DAY], [second])
    assert not downsampler.finish().times


def test_a_mean_is_made_of_sums_and_counts() -> None:
    downsampler = downsampler_of(days(Aggregate.MEAN))
    co2, humidity = ([30.0, None, 90.0], [3, 0, 1]), ([None, 8.0, None], [0, 4, 0])
    complete = downsampler.downsample(Block(times=[0, HOUR, DAY], columns=(*co2, *humidity)))
    rest = downsampler.finish()

    assert (list(complete.times), complete.columns) == ([0], ([10.0], [2.0]))
    assert (list(rest.times), rest.columns) == ([DAY], ([90.0], [None]))
