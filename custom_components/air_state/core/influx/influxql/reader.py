"""Reads histories from InfluxDB 1.x and 3.x in InfluxQL."""

from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from ...domain.models import Block, StoredSeries
from ...domain.times import MAX_INFLUXDB_TIME
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT
from ..queries.checks import ResultLimit, time_order_check
from ..queries.protocols import InfluxqlClient
from ..queries.raw_tables import Cell
from ..queries.selection import (
    Downsampling,
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
    row_width,
    select_means,
    select_own_readings,
)
from ..target import InfluxKind
from . import query_text as influxql
from .chunked_json import SeriesRows, read_statements

_CELLS_PER_CHUNK = 10_000
_ROWS_PER_CHUNK = 1_000
_LAST_PREFIX = "last_"
_NUMBER_FIELD_TYPES = frozenset({"float", "integer", "unsigned"})
_NUMBER_TYPES = frozenset({int, float})
_INT_LIMIT = 2**63


class InfluxqlReader:
    """An InfluxReader that speaks InfluxQL."""

    def __init__(self, client: InfluxqlClient) -> None:
        """Send queries through `client`."""
        self._client = client
        self._policy = client.target.policy

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, with a column for each field or aggregate. Raises InfluxError."""
        query = influxql.rows_query(self._policy, selection, time_range, downsampling)
        width = row_width(selection, downsampling)
        rows_per_chunk = max(1, _CELLS_PER_CHUNK // (1 + width))
        async with aclosing(self._read([query], rows_per_chunk)) as answer:
            check = time_order_check(time_range, downsampling, self._client.target.url)
            async for series in answer:
                if series.rows:
                    yield check(_block(series, width))

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time at which a field has a value. Raises InfluxError."""
        query = influxql.first_time_query(self._policy, selection, time_range)
        async with aclosing(self._query(query)) as answer:
            async for series in answer:
                for time in _times(series):
                    return time
        return None

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return which fields a station has. Raises InfluxError."""
        means = influxql.stored_fields_query(self._policy, select_means(device), time_range)
        own = influxql.stored_fields_query(self._policy, select_own_readings(device), time_range)
        async with aclosing(self._query(means)) as answer:
            fields = {field async for series in answer for field in _fields_with_value(series)}
        if self._client.target.kind is InfluxKind.V3:
            # 3.x looks at its newest days alone. Fields of other days are known by name.
            fields |= {name for _, name in await self._number_fields(MEASUREMENT)}
        async with aclosing(self._query(own)) as answer:
            readings = {
                (series.tags.get("sensor", ""), field)
                async for series in answer
                for field in _fields_with_value(series)
            }
        return StoredFields(fields=frozenset(fields), own_readings=frozenset(readings))

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field and sensor. Raises InfluxError."""
        queries = influxql.latest_value_queries(self._policy, selection, time_range)
        values: list[LatestValue] = []
        async with aclosing(self._query_all(queries)) as answer:
            async for series in answer:
                if series.statement >= len(selection.fields):
                    series.fail(f"statement {series.statement}")
                values += [
                    LatestValue(
                        sensor=series.tags.get("sensor") or None,
                        field=selection.fields[series.statement],
                        value=value,
                        taken_at=time,
                    )
                    for time, value in zip(
                        _times(series), _as_numbers(series.column("value")), strict=True
                    )
                    if value is not None
                ]
        return values

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        fields = await self._number_fields(MEASUREMENT, OWN_MEASUREMENT)
        if not fields:
            return []
        queries = influxql.series_queries(self._policy, time_range, fields)
        values_by_series: dict[tuple[str, str, str, str], dict[str, int]] = {}
        async with aclosing(self._query_all(queries)) as answer:
            async for series in answer:
                field_index, aggregate_index = divmod(
                    series.statement, len(influxql.SERIES_AGGREGATES)
                )
                if field_index >= len(fields):
                    series.fail(f"statement {series.statement}")
                measurement, field = fields[field_index]
                key = (
                    measurement,
                    series.tags.get("device", ""),
                    series.tags.get("sensor", ""),
                    field,
                )
                aggregate = influxql.SERIES_AGGREGATES[aggregate_index]
                values = _ints(series, "value") if aggregate == "count" else _times(series)
                for value in values:
                    values_by_series.setdefault(key, {})[aggregate] = value
        return [
            StoredSeries(
                measurement=measurement,
                device=device,
                sensor=None if measurement == MEASUREMENT else sensor,
                field=field,
                rows=values["count"],
                first=values["first"],
                last=values["last"],
            )
            for (measurement, device, sensor, field), values in values_by_series.items()
            if values.keys() == set(influxql.SERIES_AGGREGATES)
        ]

    async def _number_fields(self, *measurements: str) -> list[tuple[str, str]]:
        """Return the measurements and names of all fields that hold numbers, of every station."""
        query = influxql.field_keys_query(*measurements)
        async with aclosing(self._query(query)) as answer:
            return [
                (series.name, str(name))
                async for series in answer
                for name, field_type in zip(
                    series.column("fieldKey"), series.column("fieldType"), strict=True
                )
                if field_type in _NUMBER_FIELD_TYPES
            ]

    def _query(self, query: str) -> AsyncGenerator[SeriesRows]:
        return self._limited(self._read([query], _ROWS_PER_CHUNK))

    def _query_all(self, queries: Sequence[str]) -> AsyncGenerator[SeriesRows]:
        """Return the series of several statements: one request, or one for each with 3.x."""
        one_by_one = self._client.target.kind is InfluxKind.V3
        requests = queries if one_by_one else ["; ".join(queries)]
        return self._limited(self._read(requests, _ROWS_PER_CHUNK))

    def _read(self, queries: Sequence[str], rows_per_chunk: int) -> AsyncGenerator[SeriesRows]:
        # A generator: a request is a coroutine, which must not be made unless it is awaited.
        requests = (self._client.query(query, rows_per_chunk=rows_per_chunk) for query in queries)
        return read_statements(requests, self._client.target.url)

    async def _limited(self, answer: AsyncGenerator[SeriesRows]) -> AsyncGenerator[SeriesRows]:
        """Yield series. Raises InfluxEndlessError for too many series, rows or columns."""
        limit = ResultLimit(self._client.target.url)
        async with aclosing(answer) as all_series:
            async for series in all_series:
                limit.add(max(1, len(series.rows), len(series.columns)))
                yield series


def _block(series: SeriesRows, width: int) -> Block:
    """Return the rows by column; a column that 3.x leaves out, since it has no values, is empty."""
    by_name = dict(zip(series.columns, zip(*series.rows, strict=True), strict=True))
    empty = (None,) * len(series.rows)
    return Block(
        times=array("q", _times(series)),
        columns=tuple(_as_numbers(by_name.get(str(number), empty)) for number in range(width)),
    )


def _as_numbers(cells: Sequence[Cell]) -> Sequence[float | None]:
    """Return a column as an array, or with None for each cell that is not a number."""
    if set(map(type, cells)) <= _NUMBER_TYPES:
        return array("d", cast("Sequence[float]", cells))
    return [
        float(cell) if isinstance(cell, (int, float)) and type(cell) is not bool else None
        for cell in cells
    ]


def _fields_with_value(series: SeriesRows) -> list[str]:
    """Return the fields that have a last number."""
    return [
        name.removeprefix(_LAST_PREFIX)
        for name in series.columns
        if name.startswith(_LAST_PREFIX)
        and any(value is not None for value in _as_numbers(series.column(name)))
    ]


def _times(series: SeriesRows) -> list[int]:
    """Return the times of the rows in UTC ms. Raises InfluxMalformedError."""
    times = _ints(series, "time")
    if any(abs(time) > MAX_INFLUXDB_TIME for time in times):
        series.fail("column “time”: beyond what InfluxDB can hold")
    return times


def _ints(series: SeriesRows, name: str) -> list[int]:
    """Return a column of whole numbers. Raises InfluxMalformedError."""
    cells = series.column(name)
    values = [cell for cell in cells if type(cell) is int and abs(cell) < _INT_LIMIT]
    if len(values) < len(cells):
        series.fail(f"column “{name}”: not only whole numbers")
    return values
