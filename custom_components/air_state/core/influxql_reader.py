"""History out of InfluxDB 1.x and 3.x, asked by InfluxQL."""

from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from . import influxql
from .influx import InfluxKind
from .influxql_json import Cell, SeriesRows, read_statements
from .line_protocol import MEASUREMENT, OWN_MEASUREMENT
from .models import Block, StoredSeries
from .ports import InfluxqlAsker
from .selection import Fold, Held, Newest, Selection, Stretch, means_of, own_of

_CELLS_AT_ONCE = 10_000
_LAST = "last_"
_NUMBERS = frozenset({"float", "integer", "unsigned"})


class InfluxqlReader:
    """An InfluxReader that speaks InfluxQL."""

    def __init__(self, client: InfluxqlAsker) -> None:
        """Ask through `client`."""
        self._client = client
        self._policy = client.target.policy

    async def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        query = influxql.rows_query(self._policy, selection, stretch, fold)
        at_once = max(1, _CELLS_AT_ONCE // (1 + len(selection.fields)))
        async with aclosing(self._ask(query, rows_at_once=at_once)) as found:
            async for series in found:
                if series.rows:
                    yield _block(series, len(selection.fields))

    async def first(self, selection: Selection, stretch: Stretch) -> int | None:
        """Return the first time that a field has a value at. Raises InfluxError."""
        query = influxql.first_query(self._policy, selection, stretch)
        times = [_time(row[0]) async for series in self._ask(query) for row in series.rows]
        return min(times, default=None)

    async def held(self, device: str, stretch: Stretch) -> Held:
        """Return what there is of a station. Raises InfluxError."""
        means = influxql.fields_query(self._policy, means_of(device), stretch)
        own = influxql.fields_query(self._policy, own_of(device), stretch)
        fields = {field async for series in self._ask(means) for field in _fields(series)}
        if self._client.target.kind is InfluxKind.V3:
            # It looks at its newest days only: what it has of other days is known by name.
            fields |= {name for _, name in await self._field_names(MEASUREMENT)}
        return Held(
            fields=frozenset(fields),
            own=frozenset(
                [
                    (series.tags.get("sensor", ""), field)
                    async for series in self._ask(own)
                    for field in _fields(series)
                ]
            ),
        )

    async def newest(self, selection: Selection, stretch: Stretch) -> list[Newest]:
        """Return the newest value of each field, and of each sensor. Raises InfluxError."""
        queries = influxql.last_queries(self._policy, selection, stretch)
        return [
            Newest(
                sensor=series.tags.get("sensor") or None,
                field=selection.fields[series.statement],
                value=float(value),
                taken_at=_time(time),
            )
            async for series in self._ask_all(queries)
            for time, value in series.rows
            if isinstance(value, (int, float))
        ]

    async def series(self, stretch: Stretch) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        fields = await self._field_names(MEASUREMENT, OWN_MEASUREMENT)
        if not fields:
            return []
        queries = influxql.series_queries(self._policy, stretch, fields)
        found: dict[tuple[str, str, str, str], list[int]] = {}
        async for series in self._ask_all(queries):
            measurement, field = fields[series.statement // 3]
            for time, value in series.rows:
                key = (
                    measurement,
                    series.tags.get("device", ""),
                    series.tags.get("sensor", ""),
                    field,
                )
                kind = series.statement % 3
                told = value if kind == 0 else time
                found.setdefault(key, []).append(_time(told))
        return [
            StoredSeries(
                measurement=measurement,
                device=device,
                sensor=None if measurement == MEASUREMENT else sensor,
                field=field,
                rows=told[0],
                first=told[1],
                last=told[2],
            )
            for (measurement, device, sensor, field), told in found.items()
        ]

    async def _field_names(self, *measurements: str) -> list[tuple[str, str]]:
        """Return measurements and their fields that hold numbers, of every station."""
        query = influxql.measurement_fields_query(*measurements)
        return [
            (series.name, str(name))
            async for series in self._ask(query)
            for name, kind, *_ in series.rows
            if kind in _NUMBERS
        ]

    def _ask(self, query: str, *, rows_at_once: int = 1_000) -> AsyncGenerator[SeriesRows]:
        return self._read([query], rows_at_once)

    def _ask_all(self, queries: Sequence[str]) -> AsyncGenerator[SeriesRows]:
        """Return the series of several statements; 3.x takes one at a time."""
        one_by_one = self._client.target.kind is InfluxKind.V3
        return self._read(queries if one_by_one else ["; ".join(queries)], 1_000)

    def _read(self, queries: Sequence[str], rows_at_once: int) -> AsyncGenerator[SeriesRows]:
        # One at a time: a request that is made is a coroutine that has to be waited for.
        asks = (self._client.ask(query, rows_at_once=rows_at_once) for query in queries)
        return read_statements(asks, self._client.target.url)


def _block(series: SeriesRows, width: int) -> Block:
    """Return rows by column; a column that 3.x leaves out for want of values is empty."""
    by_name = dict(zip(series.columns, zip(*series.rows, strict=True), strict=True))
    nothing = (None,) * len(series.rows)
    return Block(
        times=array("q", cast("Sequence[int]", by_name["time"])),
        columns=tuple(_numbers(by_name.get(str(number), nothing)) for number in range(width)),
    )


def _numbers(cells: Sequence[Cell]) -> Sequence[float | None]:
    """Return a column as compact as it can be."""
    try:
        return array("d", cast("Sequence[float]", cells))
    except TypeError:
        return [cell if isinstance(cell, (int, float)) else None for cell in cells]


def _fields(series: SeriesRows) -> list[str]:
    """Return the fields that have a last value."""
    return [
        name.removeprefix(_LAST)
        for name, values in zip(series.columns, zip(*series.rows, strict=True), strict=True)
        if name.startswith(_LAST) and any(isinstance(value, (int, float)) for value in values)
    ]


def _time(cell: Cell) -> int:
    return int(cell) if isinstance(cell, (int, float)) else 0
