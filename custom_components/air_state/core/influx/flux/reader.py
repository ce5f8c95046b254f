"""Reads histories from InfluxDB 2.x and 1.8+ in Flux."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import override

from ...domain.models import Block, StoredSeries
from ..errors import InfluxMalformedError, InfluxQueryError
from ..influxql.reader import InfluxqlReader
from ..queries.checks import ResultLimit, time_order_check
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
    NUMBER_TYPES,
    TableHeader,
    malformed_cell_error,
    parse_float,
    parse_int,
    parse_time,
    read_records,
)
from .rows import read_rows

_FIELD, _SENSOR, _TIME, _VALUE = "_field", "sensor", "_time", "_value"
_RESULT = "result"
_SERIES_KEY = ("_measurement", "device", _SENSOR, _FIELD)
_COLLISION = "schema collision"


class FluxReader:
    """An InfluxReader that speaks Flux."""

    def __init__(self, client: FluxClient) -> None:
        """Send queries through `client`."""
        self._client = client

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, with a column for each field or aggregate. Raises InfluxError."""
        try:
            async with aclosing(
                self._rows(selection, time_range, downsampling, mixed=False)
            ) as blocks:
                async for block in blocks:
                    yield block
        except InfluxQueryError as error:
            # Another writer has stored whole numbers. The error comes before the first row.
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
        labels = flux.row_labels(selection, downsampling)
        async with (
            self._client.query(query) as chunks,
            aclosing(read_rows(chunks, labels, self._client.target.url)) as blocks,
        ):
            check = time_order_check(time_range, downsampling, self._client.target.url)
            async for block in blocks:
                yield check(block)

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time at which a field has a value. Raises InfluxError."""
        query = flux.first_time_query(self._client.bucket, selection, time_range)
        async with aclosing(self._records(query)) as records:
            async for record in records:
                return record.parse(_TIME, parse_time)
        return None

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return which fields a station has. Raises InfluxError."""
        means = await self.latest_values(select_means(device), time_range)
        own = await self.latest_values(select_own_readings(device), time_range)
        return StoredFields(
            fields=frozenset(each.field for each in means),
            own_readings=frozenset((each.sensor or "", each.field) for each in own),
        )

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest number of each field and sensor. Raises InfluxError."""
        query = flux.latest_values_query(self._client.bucket, selection, time_range)
        async with aclosing(self._records(query)) as records:
            return [
                LatestValue(
                    sensor=record.header.cell(record.cells, _SENSOR) or None,
                    field=record.parse(_FIELD, str),
                    value=record.parse(_VALUE, parse_float),
                    taken_at=record.parse(_TIME, parse_time),
                )
                async for record in records
                if record.header.type_of(_VALUE) in NUMBER_TYPES
            ]

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        query = flux.series_query(self._client.bucket, time_range)
        values_by_series: dict[tuple[str, ...], dict[str, int]] = {}
        async with aclosing(self._records(query)) as records:
            async for record in records:
                key = tuple(record.header.cell(record.cells, label) for label in _SERIES_KEY)
                result = record.header.cell(record.cells, _RESULT)
                if (label := flux.SERIES_RESULTS.get(result)) is None:
                    raise record.malformed_error(_RESULT, result)
                parse = parse_int if result == "count" else parse_time
                values_by_series.setdefault(key, {})[result] = record.parse(label, parse)
        return list(_complete_series(values_by_series))

    async def _records(self, query: str) -> AsyncGenerator[_Record]:
        """Yield the records of an answer. Raises InfluxError, InfluxEndlessError for too many."""
        address = self._client.target.url
        limit = ResultLimit(address)
        async with (
            self._client.query(query) as chunks,
            aclosing(read_records(chunks, address)) as batches,
        ):
            async for header, records, first_number in batches:
                limit.add(len(records))
                for number, cells in enumerate(records, start=first_number):
                    yield _Record(header=header, cells=cells, number=number, address=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A record of an answer; `number` counts from the answer's start."""

    header: TableHeader
    cells: Sequence[str]
    number: int
    address: str

    def parse[T](self, label: str, parse: Callable[[str], T]) -> T:
        """Return the value of a cell. Raises InfluxMalformedError, also if there is no column."""
        text = self.header.cell(self.cells, label)
        if self.header.column_index(label) is None:
            raise self.malformed_error(label, text)
        try:
            return parse(text)
        except ValueError:
            raise self.malformed_error(label, text) from None

    def malformed_error(self, label: str, text: str) -> InfluxMalformedError:
        """Return the error for a cell that is not of its type."""
        return malformed_cell_error(self.address, self.number, label, text)


class Influx18Reader(InfluxqlReader):
    """An InfluxReader of 1.8: it asks for rows in Flux, for everything else in InfluxQL.

    For the first or last value, or the names of fields, 1.8's Flux reads every point. InfluxQL
    looks them up. It also computes several aggregates in one pass, where 1.8's Flux takes longer
    than for one after the other.
    """

    def __init__(self, client: FluxClient, influxql: InfluxqlClient) -> None:
        """Send queries in Flux through `client`, others through `influxql`."""
        super().__init__(influxql)
        self._flux = FluxReader(client)

    @override
    def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, with a column for each field or aggregate. Raises InfluxError."""
        if downsampling is not None and len(downsampling.aggregates) > 1:
            return super().rows(selection, time_range, downsampling)
        return self._flux.rows(selection, time_range, downsampling)


def _complete_series(
    values_by_series: Mapping[tuple[str, ...], Mapping[str, int]],
) -> Iterator[StoredSeries]:
    """Yield the series of which all results came."""
    for (measurement, device, sensor, field), values in values_by_series.items():
        if values.keys() == flux.SERIES_RESULTS.keys():
            yield StoredSeries(
                measurement=measurement,
                device=device,
                sensor=sensor or None,
                field=field,
                first=values["first"],
                last=values["last"],
                rows=values["count"],
            )
