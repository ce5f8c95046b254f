"""Histories in slices: from a reader that holds points in memory and counts what it is asked."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import (
    OwnReadingError,
    ParameterError,
    StartMissingError,
)
from custom_components.air_state.core.domain.models import (
    Aggregate,
    Block,
    CalendarUnit,
    CalendarWindow,
    FixedWindow,
    HistoryQuery,
    ReadingKey,
    Series,
    Source,
    StoredSeries,
    Window,
)
from custom_components.air_state.core.domain.times import to_datetime
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.errors import InfluxClosedError, InfluxSpanError
from custom_components.air_state.core.influx.line_protocol import MEASUREMENT
from custom_components.air_state.core.influx.queries import slices
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
)
from custom_components.air_state.core.influx.source import MAX_SPAN_OF_V3, InfluxHistory
from tests.core.history.bench import Bench, bench, poll, rows
from tests.core.history.reference import FOLDS, start_of

__all__ = ["bench"]

WARSAW = ZoneInfo("Europe/Warsaw")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour of summer time
HOUR, DAY = 3_600_000, 86_400_000
CO2, HUMIDITY, OWN = (
    Series(name="co2", parameter="co2", keys=()),
    Series(name="humidity", parameter="humidity", keys=()),
    Series(name="a.co2", parameter="co2", keys=(ReadingKey("a", "co2"),)),
)


@dataclass
class Clock:
    """A clock that stands."""

    time: int = 0

    def now(self) -> int:
        return self.time

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Memory:
    """An InfluxReader. Points are fields by time, of the means and of sensors."""

    points: dict[str | None, dict[int, dict[str, float]]] = field(default_factory=dict)
    stretches: list[TimeRange] = field(default_factory=list)
    firsts: int = 0
    max_span: int | None = None  # ms that it looks at in one query
    away: bool = False

    def _rows(
        self, selection: Selection, time_range: TimeRange
    ) -> list[tuple[int, dict[str, float]]]:
        if self.away:
            raise InfluxClosedError(address="http://x")
        if self.max_span is not None and time_range.stop - time_range.start > self.max_span:
            raise InfluxSpanError(reason="432 Parquet files")
        tags = dict(selection.tags)
        assert tags["device"] == "attic"
        of = self.points.get(tags.get("sensor"), {})
        wanted = [
            (time, {name: own[name] for name in selection.fields or own if name in own})
            for time, own in sorted(of.items())
            if time_range.start <= time < time_range.stop
        ]
        return [(time, own) for time, own in wanted if own]

    async def rows(
        self, selection: Selection, time_range: TimeRange, fold: Downsampling | None
    ) -> AsyncGenerator[Block]:
        self.stretches.append(time_range)
        found = self._rows(selection, time_range)
        if fold is not None:
            found = _folded(found, fold, time_range)
        found = found[: time_range.limit]
        for start in range(0, len(found), 7):
            some = found[start : start + 7]
            yield Block(
                times=[time for time, _ in some],
                columns=tuple([own.get(name) for _, own in some] for name in selection.fields),
            )

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        self.firsts += 1
        return next((time for time, _ in self._rows(selection, time_range)), None)

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        assert device == "attic"
        self.stretches.append(time_range)
        return StoredFields(
            fields=frozenset(
                name
                for time, own in self.points.get(None, {}).items()
                for name in own
                if time_range.start <= time < time_range.stop
            ),
            own=frozenset(
                (sensor, name)
                for sensor, of in self.points.items()
                for own in of.values()
                for name in own
                if sensor is not None
            ),
        )

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        self.stretches.append(time_range)
        means = selection.measurement == MEASUREMENT
        return [
            LatestValue(sensor=sensor, field=name, value=own[name], taken_at=time)
            for sensor, of in self.points.items()
            if (sensor is None) is means
            for name in selection.fields
            for time, own in [max(of.items())]
            if name in own
        ]

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        self.stretches.append(time_range)
        times = [
            time
            for time, _ in self._rows(
                Selection(measurement=MEASUREMENT, tags=(("device", "attic"),), fields=()),
                time_range,
            )
        ]
        if not times:
            return []
        return [
            StoredSeries(
                measurement=MEASUREMENT,
                device="attic",
                sensor=None,
                field="co2",
                first=times[0],
                last=times[-1],
                rows=len(times),
            )
        ]


def _folded(
    found: Sequence[tuple[int, Mapping[str, float]]], fold: Downsampling, time_range: TimeRange
) -> list[tuple[int, dict[str, float]]]:
    """Fold as Flux does: the first window begins where the range does."""
    windows: dict[int, dict[str, list[float]]] = {}
    for time, own in found:
        window = windows.setdefault(max(time - time % fold.step, time_range.start), {})
        for name, value in own.items():
            window.setdefault(name, []).append(value)
    return [
        (time, {name: FOLDS[fold.aggregate](values) for name, values in own.items()})
        for time, own in windows.items()
    ]


def history(memory: Memory, now: int = 0, max_span: int | None = None) -> InfluxHistory:
    return InfluxHistory(memory, "attic", Clock(now), max_span=max_span)


def query(
    start: int,
    stop: int,
    *series: Series,
    window: Window | None = None,
    aggregate: Aggregate = Aggregate.MEAN,
    limit: int | None = None,
) -> HistoryQuery:
    return HistoryQuery(
        series=series or (CO2,),
        start=start,
        stop=stop,
        window=window,
        aggregate=aggregate,
        limit=limit,
    )


async def ask(
    asked: InfluxHistory, wanted: HistoryQuery
) -> list[tuple[int, tuple[float | None, ...]]]:
    found: list[tuple[int, tuple[float | None, ...]]] = []
    async for block in asked.blocks(wanted):
        assert block.times
        assert len(block.columns) == len(wanted.series)
        found += [
            (time, row)
            for time, row in zip(block.times, zip(*block.columns, strict=True), strict=True)
        ]
    return found


def every(seconds: float, count: int, start: int = 0) -> dict[int, dict[str, float]]:
    return {start + int(n * seconds * 1000): {"co2": float(n)} for n in range(count)}


@pytest.mark.slow
async def test_slices_grow_and_shrink_with_what_they_hold() -> None:
    memory = Memory({None: every(1, 3 * 86_400)})

    found = await ask(history(memory), query(0, 3 * DAY))

    assert [row for _, (row,) in found] == [float(n) for n in range(3 * 86_400)]
    spans = [each.stop - each.start for each in memory.stretches]
    assert spans[0] == DAY // 4
    assert all(each <= DAY for each in spans)
    assert sum(spans) == 3 * DAY
    sparse = Memory({None: every(3600, 24 * 365)})
    await ask(history(sparse), query(0, 365 * DAY))
    # Never more than a week at once: the station may be polled each second from some day on.
    assert max(each.stop - each.start for each in sparse.stretches) == 7 * DAY
    assert len(sparse.stretches) < 60


async def test_years_without_a_row_are_passed_over() -> None:
    memory = Memory({None: every(60, 100, 5 * DAY) | every(60, 100, 9_000 * DAY)})

    found = await ask(history(memory), query(0, 20_000 * DAY, window=FixedWindow(1000, "1s")))

    assert len(found) == 200
    assert len(memory.stretches) + memory.firsts < 20
    assert max(each.stop - each.start for each in memory.stretches) < 30 * DAY


@pytest.mark.parametrize("most", [1, 3, 40])
async def test_a_slice_with_more_rows_than_expected_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(slices, "_MAX_ROWS", most)
    means, own = every(7, 100), every(11, 80)
    memory = Memory({None: means, "a": own})
    found = await ask(history(memory), query(0, DAY, OWN, CO2))
    assert [time for time, _ in found] == sorted({*means, *own})
    for time, (of_sensor, mean) in found:
        assert (of_sensor, mean) == (own.get(time, {}).get("co2"), means.get(time, {}).get("co2"))
    window = FixedWindow(10_000, "10s")
    folded = await ask(history(memory), query(3, DAY, CO2, window=window))
    assert [time for time, _ in folded] == sorted({time - time % 10_000 for time in means if time})


async def test_a_limit_ends_the_asking() -> None:
    memory = Memory({None: every(1, 200_000)})
    found = await ask(history(memory), query(0, 30 * DAY, limit=30_000))

    assert len(found) == 30_000
    assert [each.limit for each in memory.stretches] == [30_001, 8_401]
    assert memory.stretches[-1].stop < 50_000_000


async def test_leaving_early_closes_the_reader() -> None:
    closed = []

    class Watched(Memory):
        async def rows(
            self, selection: Selection, time_range: TimeRange, fold: Downsampling | None
        ) -> AsyncGenerator[Block]:
            try:
                async for block in super().rows(selection, time_range, fold):
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
    aggregate=st.sampled_from(list(Aggregate)),
    start=st.integers(0, 10 * DAY),
    zone=st.sampled_from([WARSAW, KATHMANDU, LORD_HOWE]),
    max_span=st.sampled_from([None, MAX_SPAN_OF_V3]),
)
async def test_windows_are_those_of_plain_python(
    means: dict[int, dict[str, float]],
    own: dict[int, dict[str, float]],
    window: str,
    aggregate: Aggregate,
    start: int,
    zone: tzinfo,
    max_span: int | None,
) -> None:
    base = 1_774_000_000_123  # a week before the clock changes
    points = {None: _moved(means, base), "a": _moved(own, base)}
    memory = Memory(points, max_span=max_span)
    units = {each.value: CalendarWindow(each, zone) for each in CalendarUnit}
    fixed = {"5m": 300_000, "90m": 90 * 60_000, "100h": 100 * HOUR}
    asked: Window = units.get(window) or FixedWindow(fixed[window], window)
    begin, stop = base + start, base + 41 * DAY

    found = await ask(
        history(memory, max_span=max_span),
        query(begin, stop, HUMIDITY, OWN, CO2, window=asked, aggregate=aggregate),
    )

    columns = ((None, "humidity"), ("a", "co2"), (None, "co2"))
    folded: dict[int, list[list[tuple[int, float]]]] = {}
    for index, (sensor, name) in enumerate(columns):
        for time, fields in points[sensor].items():
            if begin <= time < stop and name in fields:
                at = _start_of(window, time, zone)
                folded.setdefault(at, [[], [], []])[index].append((time, fields[name]))
    empty = 0 if aggregate is Aggregate.COUNT else None
    expected = [
        (
            at,
            tuple(
                FOLDS[aggregate]([value for _, value in sorted(values)]) if values else empty
                for values in own_row
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
    memory = Memory(
        {None: {5: {"co2": 1.0}, 9: {"co2": 2.0}}, "a": {7: {"co2": 3.0}, 9: {"co2": 4.0}}}
    )
    found = await ask(history(memory), query(0, DAY, OWN, CO2))
    assert found == [(5, (None, 1.0)), (7, (3.0, None)), (9, (4.0, 2.0))]


# 3.x, which looks at three days at once


async def test_of_3x_a_year_is_asked_in_slices() -> None:
    memory = Memory({None: every(3600, 24 * 30)}, max_span=MAX_SPAN_OF_V3)
    found = await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 365 * DAY))
    assert len(found) == 24 * 30
    assert max(each.stop - each.start for each in memory.stretches) <= MAX_SPAN_OF_V3


async def test_of_3x_a_slice_with_too_many_files_is_cut() -> None:
    memory = Memory({None: every(3600, 48)}, max_span=6 * HOUR)
    found = await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 3 * DAY))
    assert len(found) == 48
    memory.max_span = 60_000
    with pytest.raises(InfluxSpanError):
        await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 3 * DAY))


async def test_of_3x_the_newest_are_looked_for_in_the_last_days() -> None:
    memory = Memory({None: every(60, 10, 90 * DAY)}, max_span=MAX_SPAN_OF_V3)
    found = await history(memory, 90 * DAY + HOUR, MAX_SPAN_OF_V3).latest([CO2])
    assert [(each.value, each.taken_at) for each in found] == [(9.0, 90 * DAY + 540_000)]
    assert memory.stretches[-1].start == 90 * DAY + HOUR - MAX_SPAN_OF_V3


async def test_of_3x_series_are_put_together() -> None:
    memory = Memory({None: every(3600, 24 * 7)}, max_span=MAX_SPAN_OF_V3)
    now = 20 * DAY
    (found,) = await history(memory, now, MAX_SPAN_OF_V3).stored(0, 10 * DAY)
    assert (found.first, found.last, found.rows) == (0, 7 * DAY - HOUR, 24 * 7)
    assert found.name == "sensor_data/attic/co2"
    (whole,) = await history(Memory(memory.points), now).stored(0, 2**50)
    assert whole == found
    memory.stretches.clear()
    await history(memory, now, MAX_SPAN_OF_V3).stored(15 * DAY, 2**50)
    assert [each.stop for each in memory.stretches] == [17 * DAY, 19 * DAY, 21 * DAY]
    with pytest.raises(StartMissingError):
        await history(memory, 1000 * DAY, MAX_SPAN_OF_V3).stored(0, 2**50)


async def test_of_3x_nobody_looks_for_rows_for_ever() -> None:
    memory = Memory({}, max_span=MAX_SPAN_OF_V3)
    with pytest.raises(StartMissingError):
        await ask(history(memory, max_span=MAX_SPAN_OF_V3), query(0, 20_000 * DAY))
    assert len(memory.stretches) < 250


# Which source


NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.fixture
async def both(bench: Bench) -> tuple[History, Memory]:
    """Return the history of a journal of two days, and of an InfluxDB of forty."""
    bench.put([poll(NOW_MS - n * HOUR, a_co2=n, b_t=n) for n in range(48, 0, -1)])
    await bench.writer.flush()
    memory = Memory(
        {None: {NOW_MS - n * HOUR: {"co2": n, "t": n, "old": 1.0} for n in range(1, 24 * 40)}}
    )
    made = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    return made, memory


@pytest.mark.parametrize(
    ("start", "source", "count"),
    [
        ("-24h", Source.JOURNAL, 24),
        ("-48h", Source.JOURNAL, 48),
        ("-49h", Source.INFLUXDB, 49),
        ("-30d", Source.INFLUXDB, 720),
    ],
)
async def test_auto_asks_influxdb_beyond_the_journal(
    both: tuple[History, Memory], start: str, source: Source, count: int
) -> None:
    answer = await both[0].ask(HistoryRequest(start=start, parameters=("co2",)), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (source, count)
    assert answer.table.columns[0].unit == "ppm"


async def test_auto_stays_with_the_journal_where_influxdb_has_nothing_older(
    both: tuple[History, Memory],
) -> None:
    asked, memory = both
    memory.points[None] = {NOW_MS - HOUR: {"co2": 1.0}}
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)


async def test_either_may_be_asked_for(both: tuple[History, Memory]) -> None:
    asked, _ = both
    for source, count in ((Source.JOURNAL, 48), (Source.INFLUXDB, 240)):
        request = HistoryRequest(start="-10d", parameters=("t",), source=source)
        answer = await asked.ask(request, now=NOW)
        assert (answer.stream.source, len(answer.table.times)) == (source, count)


async def test_influxdb_may_have_more_parameters(both: tuple[History, Memory]) -> None:
    asked, _ = both
    answer = await asked.ask(HistoryRequest(start="-30d", limit=1), now=NOW)
    assert [column.name for column in answer.table.columns] == ["co2", "old", "t"]
    named = await asked.ask(HistoryRequest(start="-30d", parameters=("old ",)), now=NOW)
    assert [column.unit for column in named.table.columns] == [None]
    with pytest.raises(ParameterError) as caught:
        await asked.ask(HistoryRequest(start="-30d", parameters=("new",)), now=NOW)
    assert caught.value.details == {"value": "new", "allowed": "co2, old, t"}


async def test_own_readings_are_the_journals_if_influxdb_has_none(
    both: tuple[History, Memory],
) -> None:
    asked, memory = both
    request = HistoryRequest(start="-30d", parameters=("a.co2",))
    answer = await asked.ask(request, now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)
    explicit = HistoryRequest(start="-30d", parameters=("a.co2",), source=Source.INFLUXDB)
    with pytest.raises(OwnReadingError) as caught:
        await asked.ask(explicit, now=NOW)
    assert caught.value.details == {"value": "a.co2", "parameter": "co2"}

    memory.points["a"] = {NOW_MS - 60 * HOUR: {"co2": 7.0}}
    there = await asked.ask(request, now=NOW)
    assert (there.stream.source, list(there.table.columns[0].cells)) == (Source.INFLUXDB, [7.0])


async def test_influxdb_that_is_away_is_said(both: tuple[History, Memory]) -> None:
    asked, memory = both
    memory.away = True
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)
    assert isinstance(answer.stream.problem, InfluxClosedError)
    with pytest.raises(InfluxClosedError):
        await asked.ask(HistoryRequest(start="-30d", source=Source.INFLUXDB), now=NOW)
    assert (await asked.ask(HistoryRequest(), now=NOW)).stream.source is Source.JOURNAL


async def test_influxdb_answers_where_there_is_no_journal_yet(bench: Bench) -> None:
    memory = Memory({None: {NOW_MS - HOUR: {"co2": 1.0}}})
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    answer = await asked.ask(HistoryRequest(), now=NOW)
    assert answer.stream.source is Source.INFLUXDB
    assert [row for _, row in rows(answer.table)] == [(1.0,)]
    (latest,) = await asked.latest(Source.AUTO)
    assert (latest.series.name, latest.value) == ("co2", 1.0)


async def test_a_journal_that_cannot_be_read_does_not_keep_influxdb_away(bench: Bench) -> None:
    bench.path.mkdir()
    memory = Memory({None: {NOW_MS - HOUR: {"co2": 1.0}}})
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    answer = await asked.ask(HistoryRequest(), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.INFLUXDB, 1)


async def test_latest_of_influxdb(both: tuple[History, Memory]) -> None:
    asked, memory = both
    memory.points["a"] = {NOW_MS - HOUR: {"co2": 7.0}}
    found = {each.series.name: each.value for each in await asked.latest(Source.INFLUXDB)}
    assert found == {"co2": 1.0, "old": 1.0, "t": 1.0, "a.co2": 7.0}
    own = {each.series.name for each in await asked.latest(Source.AUTO)}
    assert own == {"co2", "t", "a.co2", "b.t"}


async def test_series_of_either(both: tuple[History, Memory]) -> None:
    asked, _ = both
    found = await asked.stored_series(Source.AUTO, start=None, stop=None, prefix="")
    assert [(each.name, each.rows) for each in found] == [("sensor_data/attic/co2", 24 * 40 - 1)]
    assert (
        await asked.stored_series(Source.AUTO, start=None, stop=None, prefix="sensor_data/k") == []
    )
    own = await asked.stored_series(
        Source.JOURNAL, start=NOW_MS - 2 * HOUR, stop=None, prefix="journal/n/a"
    )
    assert [(each.name, each.rows, each.last) for each in own] == [
        ("journal/n/a/co2", 2, NOW_MS - HOUR)
    ]
