"""History out of InfluxDB 2.x and 1.8+, asked by Flux."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import override

from . import flux
from .annotated_csv import Head, milliseconds, read_portions, read_rows
from .influx_errors import InfluxQueryError
from .influxql_reader import InfluxqlReader
from .models import Block, StoredSeries
from .ports import FluxClient, InfluxqlAsker
from .selection import Fold, Held, Newest, Selection, Stretch, means_of, own_of

_FIELD, _SENSOR, _TIME, _VALUE = "_field", "sensor", "_time", "_value"
_SERIES_KEY = ("_measurement", "device", _SENSOR, _FIELD)
_NUMBERS = frozenset({"double", "long", "unsignedLong"})
_COLLISION = "schema collision"


class FluxReader:
    """An InfluxReader that speaks Flux."""

    def __init__(self, client: FluxClient) -> None:
        """Ask through `client`."""
        self._client = client

    async def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        try:
            async with aclosing(self._rows(selection, stretch, fold, mixed=False)) as blocks:
                async for block in blocks:
                    yield block
        except InfluxQueryError as error:
            # Somebody else has written whole numbers: that is found out before the first row.
            if _COLLISION not in error.details["reason"]:
                raise
        else:
            return
        async with aclosing(self._rows(selection, stretch, fold, mixed=True)) as blocks:
            async for block in blocks:
                yield block

    async def _rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None, *, mixed: bool
    ) -> AsyncGenerator[Block]:
        query = flux.rows_query(self._client.bucket, selection, stretch, fold, mixed=mixed)
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_rows(chunks, selection.fields, self._client.target.url)) as blocks,
        ):
            async for block in blocks:
                yield block

    async def first(self, selection: Selection, stretch: Stretch) -> int | None:
        """Return the first time that a field has a value at. Raises InfluxError."""
        query = flux.first_query(self._client.bucket, selection, stretch)
        async with aclosing(self._records(query)) as records:
            times = [milliseconds(head.cell(record, _TIME)) async for head, record in records]
        return min(times, default=None)

    async def held(self, device: str, stretch: Stretch) -> Held:
        """Return what there is of a station. Raises InfluxError."""
        means = await self.newest(means_of(device), stretch)
        own = await self.newest(own_of(device), stretch)
        return Held(
            fields=frozenset(each.field for each in means),
            own=frozenset((each.sensor or "", each.field) for each in own),
        )

    async def newest(self, selection: Selection, stretch: Stretch) -> list[Newest]:
        """Return the newest number of each field, and of each sensor. Raises InfluxError."""
        query = flux.last_query(self._client.bucket, selection, stretch)
        async with aclosing(self._records(query)) as records:
            return [
                Newest(
                    sensor=head.cell(record, _SENSOR) or None,
                    field=head.cell(record, _FIELD),
                    value=float(head.cell(record, _VALUE)),
                    taken_at=milliseconds(head.cell(record, _TIME)),
                )
                async for head, record in records
                if head.type_of(_VALUE) in _NUMBERS
            ]

    async def series(self, stretch: Stretch) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        query = flux.series_query(self._client.bucket, stretch)
        found: dict[tuple[str, ...], dict[str, str]] = {}
        async with aclosing(self._records(query)) as records:
            async for head, record in records:
                key = tuple(head.cell(record, label) for label in _SERIES_KEY)
                kind = head.cell(record, "result")
                found.setdefault(key, {})[kind] = head.cell(record, flux.SERIES_KINDS[kind])
        return list(_series(found))

    async def _records(self, query: str) -> AsyncGenerator[tuple[Head, list[str]]]:
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_portions(chunks, self._client.target.url)) as portions,
        ):
            async for head, records in portions:
                for record in records:
                    yield head, record


class FluxOf18Reader(InfluxqlReader):
    """An InfluxReader of 1.8: rows by Flux, all else by InfluxQL.

    Its Flux reads every point to find the first, the last, or what there is; InfluxQL looks it up.
    """

    def __init__(self, client: FluxClient, influxql: InfluxqlAsker) -> None:
        """Ask through both."""
        super().__init__(influxql)
        self._flux = FluxReader(client)

    @override
    def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        return self._flux.rows(selection, stretch, fold)


def _series(found: Mapping[tuple[str, ...], Mapping[str, str]]) -> Iterator[StoredSeries]:
    for (measurement, device, sensor, field), told in found.items():
        if told.keys() == flux.SERIES_KINDS.keys():
            yield StoredSeries(
                measurement=measurement,
                device=device,
                sensor=sensor or None,
                field=field,
                first=milliseconds(told["first"]),
                last=milliseconds(told["last"]),
                rows=int(told["count"]),
            )
