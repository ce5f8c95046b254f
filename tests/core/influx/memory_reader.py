"""An InfluxReader that holds points in memory and notes what it is asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from custom_components.air_state.core.domain.models import (
    Aggregate,
    Block,
    HistoryQuery,
    ReadingKey,
    Series,
    StoredSeries,
    Window,
)
from custom_components.air_state.core.influx.errors import InfluxClosedError, InfluxSpanError
from custom_components.air_state.core.influx.line_protocol import MEASUREMENT
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
)
from custom_components.air_state.core.influx.source import InfluxHistory
from tests.core.history.reference import FOLDS

WARSAW = ZoneInfo("Europe/Warsaw")
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
class MemoryReader:
    """An InfluxReader of `points`: fields by time, by sensor; those of means are under None."""

    points: dict[str | None, dict[int, dict[str, float]]] = field(default_factory=dict)
    time_ranges: list[TimeRange] = field(default_factory=list)
    first_time_count: int = 0
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
        points = self.points.get(tags.get("sensor"), {})
        wanted = [
            (time, {name: fields[name] for name in selection.fields or fields if name in fields})
            for time, fields in sorted(points.items())
            if time_range.start <= time < time_range.stop
        ]
        return [(time, fields) for time, fields in wanted if fields]

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        self.time_ranges.append(time_range)
        found = self._rows(selection, time_range)
        if downsampling is not None:
            found = _downsampled(found, downsampling, time_range)
        labels = [label for name in selection.fields for label in _labels(name, downsampling)]
        found = found[: time_range.limit]
        for start in range(0, len(found), 7):
            some = found[start : start + 7]
            yield Block(
                times=[time for time, _ in some],
                columns=tuple([fields.get(name) for _, fields in some] for name in labels),
            )

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        self.first_time_count += 1
        return next((time for time, _ in self._rows(selection, time_range)), None)

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        assert device == "attic"
        self.time_ranges.append(time_range)
        return StoredFields(
            fields=frozenset(
                name
                for time, fields in self.points.get(None, {}).items()
                for name in fields
                if time_range.start <= time < time_range.stop
            ),
            own_readings=frozenset(
                (sensor, name)
                for sensor, points in self.points.items()
                for fields in points.values()
                for name in fields
                if sensor is not None
            ),
        )

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        self.time_ranges.append(time_range)
        means = selection.measurement == MEASUREMENT
        return [
            LatestValue(sensor=sensor, field=name, value=fields[name], taken_at=time)
            for sensor, points in self.points.items()
            if (sensor is None) is means
            for name in selection.fields
            for time, fields in [max(points.items())]
            if name in fields
        ]

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        self.time_ranges.append(time_range)
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


def _labels(name: str, downsampling: Downsampling | None) -> list[str]:
    """Return what the values of a field are found under: its name, or one for each aggregate."""
    if downsampling is None:
        return [name]
    return [f"{name} {aggregate}" for aggregate in downsampling.aggregates]


def _downsampled(
    found: Sequence[tuple[int, Mapping[str, float]]],
    downsampling: Downsampling,
    time_range: TimeRange,
) -> list[tuple[int, dict[str, float]]]:
    """Downsample as Flux does: the first window begins where the range does."""
    windows: dict[int, dict[str, list[float]]] = {}
    for time, fields in found:
        window = windows.setdefault(max(time - time % downsampling.step, time_range.start), {})
        for name, value in fields.items():
            window.setdefault(name, []).append(value)
    return [
        (
            time,
            {
                label: FOLDS[aggregate](fields[name])
                for name in fields
                for aggregate, label in zip(
                    downsampling.aggregates, _labels(name, downsampling), strict=True
                )
            },
        )
        for time, fields in windows.items()
    ]


def history(memory: MemoryReader, now: int = 0, max_span: int | None = None) -> InfluxHistory:
    return InfluxHistory(memory, "attic", Clock(now), max_span=max_span)


def query(
    start: int,
    stop: int,
    *series: Series,
    window: Window | None = None,
    aggregates: tuple[Aggregate, ...] = (Aggregate.MEAN,),
    limit: int | None = None,
) -> HistoryQuery:
    return HistoryQuery(
        series=series or (CO2,),
        start=start,
        stop=stop,
        window=window,
        aggregates=aggregates,
        limit=limit,
    )


async def ask(
    asked: InfluxHistory, wanted: HistoryQuery
) -> list[tuple[int, tuple[float | None, ...]]]:
    found: list[tuple[int, tuple[float | None, ...]]] = []
    async for block in asked.blocks(wanted):
        assert block.times
        assert len(block.columns) == len(wanted.columns)
        found += [
            (time, row)
            for time, row in zip(block.times, zip(*block.columns, strict=True), strict=True)
        ]
    return found


def every(seconds: float, count: int, start: int = 0) -> dict[int, dict[str, float]]:
    return {start + int(n * seconds * 1000): {"co2": float(n)} for n in range(count)}


NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
NOW_MS = int(NOW.timestamp() * 1000)
