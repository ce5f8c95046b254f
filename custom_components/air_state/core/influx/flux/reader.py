"""History out of InfluxDB 2.x and 1.8+, asked by Flux."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import override

from ...domain.models import Block, StoredSeries
from ..errors import InfluxMalformedError, InfluxQueryError
from ..influxql.reader import InfluxqlReader
from ..queries.checks import Count, in_order
from ..queries.protocols import FluxClient, InfluxqlClient
from ..queries.selection import (
    Downsampling,
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
    select_means,
    select_own_readings,
)
from . import query_text as flux
from .annotated_csv import (
    Head,
    decimal,
    malformed,
    milliseconds,
    read_portions,
    whole,
)
from .rows import read_rows

_FIELD, _SENSOR, _TIME, _VALUE = "_field", "sensor", "_time", "_value"
_RESULT = "result"
_SERIES_KEY = ("_measurement", "device", _SENSOR, _FIELD)
_NUMBERS = frozenset({"double", "long", "unsignedLong"})
_COLLISION = "schema collision"


class FluxReader:
    """An InfluxReader that speaks Flux."""

    def __init__(self, client: FluxClient) -> None:
        """Ask through `client`."""
        self._client = client

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        try:
            async with aclosing(
                self._rows(selection, time_range, downsampling, mixed=False)
            ) as blocks:
                async for block in blocks:
                    yield block
        except InfluxQueryError as error:
            # Somebody else has written whole numbers: that is found out before the first row.
            if _COLLISION not in error.details["reason"]:
                raise
        else:
            return
        async with aclosing(self._rows(selection, time_range, downsampling, mixed=True)) as blocks:
            async for block in blocks:
                yield block

    async def _rows(
        self,
        selection: Selection,
        time_range: TimeRange,
        downsampling: Downsampling | None,
        *,
        mixed: bool,
    ) -> AsyncGenerator[Block]:
        query = flux.rows_query(
            self._client.bucket, selection, time_range, downsampling, mixed=mixed
        )
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_rows(chunks, selection.fields, self._client.target.url)) as blocks,
        ):
            check = in_order(time_range, downsampling, self._client.target.url)
            async for block in blocks:
                yield check(block)

    async def first(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time that a field has a value at. Raises InfluxError."""
        query = flux.first_query(self._client.bucket, selection, time_range)
        async with aclosing(self._records(query)) as records:
            async for record in records:
                return record.read(_TIME, milliseconds)
        return None

    async def held(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return what there is of a station. Raises InfluxError."""
        means = await self.newest(select_means(device), time_range)
        own = await self.newest(select_own_readings(device), time_range)
        return StoredFields(
            fields=frozenset(each.field for each in means),
            own=frozenset((each.sensor or "", each.field) for each in own),
        )

    async def newest(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest number of each field, and of each sensor. Raises InfluxError."""
        query = flux.last_query(self._client.bucket, selection, time_range)
        async with aclosing(self._records(query)) as records:
            return [
                LatestValue(
                    sensor=record.head.cell(record.cells, _SENSOR) or None,
                    field=record.read(_FIELD, str),
                    value=record.read(_VALUE, decimal),
                    taken_at=record.read(_TIME, milliseconds),
                )
                async for record in records
                if record.head.type_of(_VALUE) in _NUMBERS
            ]

    async def series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        query = flux.series_query(self._client.bucket, time_range)
        found: dict[tuple[str, ...], dict[str, int]] = {}
        async with aclosing(self._records(query)) as records:
            async for record in records:
                key = tuple(record.head.cell(record.cells, label) for label in _SERIES_KEY)
                kind = record.head.cell(record.cells, _RESULT)
                if (label := flux.SERIES_KINDS.get(kind)) is None:
                    raise record.malformed(_RESULT, kind)
                read = whole if kind == "count" else milliseconds
                found.setdefault(key, {})[kind] = record.read(label, read)
        return list(_series(found))

    async def _records(self, query: str) -> AsyncGenerator[_Record]:
        """Yield records. Raises InfluxError, InfluxEndlessError for too many of them."""
        address = self._client.target.url
        count = Count(address)
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_portions(chunks, address)) as portions,
        ):
            async for head, records, number in portions:
                count.add(len(records))
                for place, cells in enumerate(records, start=number):
                    yield _Record(head=head, cells=cells, number=place, address=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """One record of an answer."""

    head: Head
    cells: Sequence[str]
    number: int
    address: str

    def read[T](self, label: str, read: Callable[[str], T]) -> T:
        """Return what a cell means. Raises InfluxMalformedError, also if there is none."""
        text = self.head.cell(self.cells, label)
        if self.head.place(label) is None:
            raise self.malformed(label, text)
        try:
            return read(text)
        except ValueError:
            raise self.malformed(label, text) from None

    def malformed(self, label: str, text: str) -> InfluxMalformedError:
        """Return that a cell is not what it has to be."""
        return malformed(self.address, self.number, label, text)


class FluxOf18Reader(InfluxqlReader):
    """An InfluxReader of 1.8: rows by Flux, all else by InfluxQL.

    Its Flux reads every point to find the first, the last, or what there is; InfluxQL looks it up.
    """

    def __init__(self, client: FluxClient, influxql: InfluxqlClient) -> None:
        """Ask through both."""
        super().__init__(influxql)
        self._flux = FluxReader(client)

    @override
    def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        return self._flux.rows(selection, time_range, downsampling)


def _series(found: Mapping[tuple[str, ...], Mapping[str, int]]) -> Iterator[StoredSeries]:
    for (measurement, device, sensor, field), told in found.items():
        if told.keys() == flux.SERIES_KINDS.keys():
            yield StoredSeries(
                measurement=measurement,
                device=device,
                sensor=sensor or None,
                field=field,
                first=told["first"],
                last=told["last"],
                rows=told["count"],
            )
