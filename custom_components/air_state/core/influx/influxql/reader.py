"""History out of InfluxDB 1.x and 3.x, asked by InfluxQL."""

from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from ...domain.models import Block, StoredSeries
from ...domain.times import MAX_TIME
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT
from ..queries.checks import Count, in_order
from ..queries.protocols import InfluxqlClient
from ..queries.selection import (
    Downsampling,
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
    select_means,
    select_own_readings,
)
from ..target import InfluxKind
from . import query_text as influxql
from .chunked_json import Cell, SeriesRows, read_statements

_CELLS_AT_ONCE = 10_000
_LAST = "last_"
_NUMBERS = frozenset({"float", "integer", "unsigned"})
_OF_NUMBERS = frozenset({int, float})
_LARGEST = 2**63


class InfluxqlReader:
    """An InfluxReader that speaks InfluxQL."""

    def __init__(self, client: InfluxqlClient) -> None:
        """Ask through `client`."""
        self._client = client
        self._policy = client.target.policy

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        query = influxql.rows_query(self._policy, selection, time_range, downsampling)
        at_once = max(1, _CELLS_AT_ONCE // (1 + len(selection.fields)))
        async with aclosing(self._read([query], at_once)) as found:
            check = in_order(time_range, downsampling, self._client.target.url)
            async for series in found:
                if series.rows:
                    yield check(_block(series, len(selection.fields)))

    async def first(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time that a field has a value at. Raises InfluxError."""
        query = influxql.first_query(self._policy, selection, time_range)
        async with aclosing(self._ask(query)) as found:
            async for series in found:
                for time in _times(series):
                    return time
        return None

    async def held(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return what there is of a station. Raises InfluxError."""
        means = influxql.fields_query(self._policy, select_means(device), time_range)
        own = influxql.fields_query(self._policy, select_own_readings(device), time_range)
        async with aclosing(self._ask(means)) as found:
            fields = {field async for series in found for field in _fields(series)}
        if self._client.target.kind is InfluxKind.V3:
            # It looks at its newest days only: what it has of other days is known by name.
            fields |= {name for _, name in await self._field_names(MEASUREMENT)}
        async with aclosing(self._ask(own)) as found:
            readings = {
                (series.tags.get("sensor", ""), field)
                async for series in found
                for field in _fields(series)
            }
        return StoredFields(fields=frozenset(fields), own=frozenset(readings))

    async def newest(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field, and of each sensor. Raises InfluxError."""
        queries = influxql.last_queries(self._policy, selection, time_range)
        found: list[LatestValue] = []
        async with aclosing(self._ask_all(queries)) as answers:
            async for series in answers:
                if series.statement >= len(selection.fields):
                    series.fail(f"statement {series.statement}")
                found += [
                    LatestValue(
                        sensor=series.tags.get("sensor") or None,
                        field=selection.fields[series.statement],
                        value=value,
                        taken_at=time,
                    )
                    for time, value in zip(
                        _times(series), _numbers(series.column("value")), strict=True
                    )
                    if value is not None
                ]
        return found

    async def series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        fields = await self._field_names(MEASUREMENT, OWN_MEASUREMENT)
        if not fields:
            return []
        queries = influxql.series_queries(self._policy, time_range, fields)
        found: dict[tuple[str, str, str, str], dict[str, int]] = {}
        async with aclosing(self._ask_all(queries)) as answers:
            async for series in answers:
                number, kind = divmod(series.statement, len(influxql.SERIES_KINDS))
                if number >= len(fields):
                    series.fail(f"statement {series.statement}")
                measurement, field = fields[number]
                key = (
                    measurement,
                    series.tags.get("device", ""),
                    series.tags.get("sensor", ""),
                    field,
                )
                told = influxql.SERIES_KINDS[kind]
                for number in _whole(series, "value") if told == "count" else _times(series):
                    found.setdefault(key, {})[told] = number
        return [
            StoredSeries(
                measurement=measurement,
                device=device,
                sensor=None if measurement == MEASUREMENT else sensor,
                field=field,
                rows=told["count"],
                first=told["first"],
                last=told["last"],
            )
            for (measurement, device, sensor, field), told in found.items()
            if told.keys() == set(influxql.SERIES_KINDS)
        ]

    async def _field_names(self, *measurements: str) -> list[tuple[str, str]]:
        """Return measurements and their fields that hold numbers, of every station."""
        query = influxql.measurement_fields_query(*measurements)
        async with aclosing(self._ask(query)) as found:
            return [
                (series.name, str(name))
                async for series in found
                for name, kind in zip(
                    series.column("fieldKey"), series.column("fieldType"), strict=True
                )
                if kind in _NUMBERS
            ]

    def _ask(self, query: str) -> AsyncGenerator[SeriesRows]:
        return self._counted(self._read([query], 1_000))

    def _ask_all(self, queries: Sequence[str]) -> AsyncGenerator[SeriesRows]:
        """Return the series of several statements; 3.x takes one at a time."""
        one_by_one = self._client.target.kind is InfluxKind.V3
        return self._counted(self._read(queries if one_by_one else ["; ".join(queries)], 1_000))

    def _read(self, queries: Sequence[str], rows_at_once: int) -> AsyncGenerator[SeriesRows]:
        # One at a time: a request that is made is a coroutine that has to be waited for.
        asks = (self._client.ask(query, rows_at_once=rows_at_once) for query in queries)
        return read_statements(asks, self._client.target.url)

    async def _counted(self, found: AsyncGenerator[SeriesRows]) -> AsyncGenerator[SeriesRows]:
        """Yield series. Raises InfluxEndlessError where they, or their rows, are too many."""
        count = Count(self._client.target.url)
        async with aclosing(found) as all_of_them:
            async for series in all_of_them:
                count.add(max(1, len(series.rows), len(series.columns)))
                yield series


def _block(series: SeriesRows, width: int) -> Block:
    """Return rows by column; a column that 3.x leaves out for want of values is empty."""
    by_name = dict(zip(series.columns, zip(*series.rows, strict=True), strict=True))
    nothing = (None,) * len(series.rows)
    return Block(
        times=array("q", _times(series)),
        columns=tuple(_numbers(by_name.get(str(number), nothing)) for number in range(width)),
    )


def _numbers(cells: Sequence[Cell]) -> Sequence[float | None]:
    """Return a column as compact as it can be; what is no number is missing."""
    if set(map(type, cells)) <= _OF_NUMBERS:
        return array("d", cast("Sequence[float]", cells))
    return [
        float(cell) if isinstance(cell, (int, float)) and type(cell) is not bool else None
        for cell in cells
    ]


def _fields(series: SeriesRows) -> list[str]:
    """Return the fields that have a last value."""
    return [
        name.removeprefix(_LAST)
        for name in series.columns
        if name.startswith(_LAST)
        and any(value is not None for value in _numbers(series.column(name)))
    ]


def _times(series: SeriesRows) -> list[int]:
    """Return the times of rows. Raises InfluxMalformedError."""
    times = _whole(series, "time")
    if any(abs(time) > MAX_TIME for time in times):
        series.fail("column “time”: beyond what InfluxDB can hold")
    return times


def _whole(series: SeriesRows, name: str) -> list[int]:
    """Return a column of whole numbers. Raises InfluxMalformedError."""
    cells = series.column(name)
    found = [cell for cell in cells if type(cell) is int and abs(cell) < _LARGEST]
    if len(found) < len(cells):
        series.fail(f"column “{name}”: not only whole numbers")
    return found
