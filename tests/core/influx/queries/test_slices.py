"""Queries in slices of time: which slices are asked for, and that their rows are complete."""

from collections.abc import AsyncGenerator
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import (
    StartMissingError,
)
from custom_components.air_state.core.domain.models import (
    Aggregate,
    Block,
    CalendarUnit,
    CalendarWindow,
    FixedWindow,
    Window,
)
from custom_components.air_state.core.domain.times import to_datetime
from custom_components.air_state.core.influx.errors import InfluxSpanError
from custom_components.air_state.core.influx.queries import slices
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    Selection,
    TimeRange,
)
from custom_components.air_state.core.influx.source import MAX_SPAN_OF_V3
from tests.core.history.reference import fold, start_of
from tests.core.influx.memory_reader import (
    CO2,
    DAY,
    HOUR,
    HUMIDITY,
    OWN,
    WARSAW,
    MemoryReader,
    ask,
    every,
    history,
    query,
)

KATHMANDU = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour of summer time


@pytest.mark.slow
async def test_slices_grow_and_shrink_with_their_rows() -> None:
    memory = MemoryReader({None: every(1, 3 * 86_400)})

    found = await ask(history(memory), query(0, 3 * DAY))

    assert [row for _, (row,) in found] == [float(n) for n in range(3 * 86_400)]
    spans = [each.stop - each.start for each in memory.time_ranges]
    assert spans[0] == DAY // 4
    assert all(each <= DAY for each in spans)
    assert sum(spans) == 3 * DAY
    sparse = MemoryReader({None: every(3600, 24 * 365)})
    await ask(history(sparse), query(0, 365 * DAY))
    # Never more than a week at once: the station may be polled each second from some day on.
    assert max(each.stop - each.start for each in sparse.time_ranges) == 7 * DAY
    assert len(sparse.time_ranges) < 60


async def test_years_without_a_row_are_skipped() -> None:
    memory = MemoryReader({None: every(60, 100, 5 * DAY) | every(60, 100, 9_000 * DAY)})

    found = await ask(history(memory), query(0, 20_000 * DAY, window=FixedWindow(1000, "1s")))

    assert len(found) == 200
    assert len(memory.time_ranges) + memory.first_time_count < 20
    assert max(each.stop - each.start for each in memory.time_ranges) < 30 * DAY


@pytest.mark.parametrize("most", [1, 3, 40])
async def test_a_slice_with_too_many_rows_is_continued(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(slices, "_MAX_ROWS", most)
    means, own = every(7, 100), every(11, 80)
    memory = MemoryReader({None: means, "a": own})
    found = await ask(history(memory), query(0, DAY, OWN, CO2))
    assert [time for time, _ in found] == sorted({*means, *own})
    for time, (of_sensor, mean) in found:
        assert (of_sensor, mean) == (own.get(time, {}).get("co2"), means.get(time, {}).get("co2"))
    window = FixedWindow(10_000, "10s")
    folded = await ask(history(memory), query(3, DAY, CO2, window=window))
    assert [time for time, _ in folded] == sorted({time - time % 10_000 for time in means if time})


async def test_a_limit_ends_the_queries() -> None:
    memory = MemoryReader({None: every(1, 200_000)})
    found = await ask(history(memory), query(0, 30 * DAY, limit=30_000))

    assert len(found) == 30_000
    assert [each.limit for each in memory.time_ranges] == [30_001, 8_401]
    assert memory.time_ranges[-1].stop < 50_000_000


async def test_leaving_early_closes_the_reader() -> None:
    closed = []

    class Watched(MemoryReader):
        async def rows(
            self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
        ) -> AsyncGenerator[Block]:
            try:
                async for block in super().rows(selection, time_range, downsampling):
                    yield block
            finally:
                closed.append(True)

    blocks = history(Watched({None: every(1, 100)})).blocks(query(0, DAY))
    await anext(blocks)
    assert not closed
    await blocks.aclose()
    assert closed == [True]


CHOICES = st.sampled_from([0.5, 1.0, 2.0, 20.25, -3.0])


@given(
    means=st.dictionaries(
        st.integers(0, 40 * DAY),
        st.fixed_dictionaries({}, optional={"co2": CHOICES, "humidity": CHOICES}),
        max_size=40,
    ),
    own=st.dictionaries(
        st.integers(0, 40 * DAY), st.fixed_dictionaries({"co2": CHOICES}), max_size=20
    ),
    window=st.sampled_from(["5m", "90m", "100h", "1d", "1w", "1mo"]),
    aggregates=st.lists(st.sampled_from(list(Aggregate)), min_size=1, unique=True).map(tuple),
    start=st.integers(0, 10 * DAY),
    zone=st.sampled_from([WARSAW, KATHMANDU, LORD_HOWE]),
    max_span=st.sampled_from([None, MAX_SPAN_OF_V3]),
)
async def test_windows_are_the_same_as_in_plain_python(
    means: dict[int, dict[str, float]],
    own: dict[int, dict[str, float]],
    window: str,
    aggregates: tuple[Aggregate, ...],
    start: int,
    zone: tzinfo,
    max_span: int | None,
) -> None:
    base = 1_774_000_000_123  # a week before the clock changes
    points = {None: _moved(means, base), "a": _moved(own, base)}
    memory = MemoryReader(points, max_span=max_span)
    units = {each.value: CalendarWindow(each, zone) for each in CalendarUnit}
    fixed = {"5m": 300_000, "90m": 90 * 60_000, "100h": 100 * HOUR}
    asked: Window = units.get(window) or FixedWindow(fixed[window], window)
    begin, stop = base + start, base + 41 * DAY

    found = await ask(
        history(memory, max_span=max_span),
        query(begin, stop, HUMIDITY, OWN, CO2, window=asked, aggregates=aggregates),
    )

    columns = ((None, "humidity"), ("a", "co2"), (None, "co2"))
    folded: dict[int, list[list[tuple[int, float]]]] = {}
    for index, (sensor, name) in enumerate(columns):
        for time, fields in points[sensor].items():
            if begin <= time < stop and name in fields:
                at = _start_of(window, time, zone)
                folded.setdefault(at, [[], [], []])[index].append((time, fields[name]))
    expected = [
        (
            at,
            tuple(
                fold(aggregate, [value for _, value in sorted(values)])
                for values in own_row
                for aggregate in aggregates
            ),
        )
        for at, own_row in sorted(folded.items())
    ]
    assert [at for at, _ in found] == [at for at, _ in expected]
    for (_, one), (_, other) in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def _moved(points: dict[int, dict[str, float]], base: int) -> dict[int, dict[str, float]]:
    return {base + time: own for time, own in points.items() if own}


def _start_of(window: str, moment: int, zone: tzinfo) -> int:
    if window == "100h":
        return moment - moment % (100 * HOUR)
    if window in {"5m", "90m"}:
        return int(datetime.fromisoformat(start_of(window, moment)).timestamp() * 1000)
    day = to_datetime(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if window == "1w":
        day = day.fromordinal(day.toordinal() - day.weekday()).replace(tzinfo=zone)
    elif window == "1mo":
        day = day.replace(day=1)
    return int(day.timestamp() * 1000)


async def test_raw_rows_of_means_and_sensors_side_by_side() -> None:
    memory = MemoryReader(
        {None: {5: {"co2": 1.0}, 9: {"co2": 2.0}}, "a": {7: {"co2": 3.0}, 9: {"co2": 4.0}}}
    )
    found = await ask(history(memory), query(0, DAY, OWN, CO2))
    assert found == [(5, (None, 1.0)), (7, (3.0, None)), (9, (4.0, 2.0))]


async def test_of_3x_a_year_is_asked_in_slices() -> None:
    memory = MemoryReader({None: every(3600, 24 * 30)}, max_span=MAX_SPAN_OF_V3)
    found = await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 365 * DAY))
    assert len(found) == 24 * 30
    assert max(each.stop - each.start for each in memory.time_ranges) <= MAX_SPAN_OF_V3


async def test_of_3x_a_slice_with_too_many_files_is_cut() -> None:
    memory = MemoryReader({None: every(3600, 48)}, max_span=6 * HOUR)
    found = await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 3 * DAY))
    assert len(found) == 48
    memory.max_span = 60_000
    with pytest.raises(InfluxSpanError):
        await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 3 * DAY))


async def test_of_3x_the_search_for_rows_comes_to_an_end() -> None:
    memory = MemoryReader({}, max_span=MAX_SPAN_OF_V3)
    with pytest.raises(StartMissingError):
        await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 20_000 * DAY))
    assert len(memory.time_ranges) < 250
