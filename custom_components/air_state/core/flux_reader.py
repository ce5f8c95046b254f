"""History out of InfluxDB 2.x and 1.8+, asked by Flux."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing

from . import flux
from .annotated_csv import Head, milliseconds, read_portions, read_rows
from .models import Block, StoredSeries
from .ports import FluxClient
from .selection import Fold, Held, Newest, Selection, Stretch, means_of, own_of

_FIELD, _SENSOR, _TIME, _VALUE = "_field", "sensor", "_time", "_value"


class FluxReader:
    """An InfluxReader that speaks Flux."""

    def __init__(self, client: FluxClient) -> None:
        """Ask through `client`."""
        self._client = client

    async def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field. Raises InfluxError."""
        query = flux.rows_query(self._client.bucket, selection, stretch, fold)
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_rows(chunks, selection.fields, self._client.target.url)) as blocks,
        ):
            async for block in blocks:
                yield block

    async def first(self, selection: Selection, stretch: Stretch) -> int | None:
        """Return the first time that a field has a value at. Raises InfluxError."""
        query = flux.first_query(self._client.bucket, selection, stretch)
        async for head, record in self._records(query):
            return milliseconds(head.cell(record, _TIME))
        return None

    async def held(self, device: str, stretch: Stretch) -> Held:
        """Return what there is of a station. Raises InfluxError."""
        fields = await self._values(means_of(device), stretch, _FIELD)
        own: set[tuple[str, str]] = set()
        for sensor in await self._values(own_of(device), stretch, _SENSOR):
            names = await self._values(own_of(device, sensor), stretch, _FIELD)
            own |= {(sensor, field) for field in names}
        return Held(fields=frozenset(fields), own=frozenset(own))

    async def newest(self, selection: Selection, stretch: Stretch) -> list[Newest]:
        """Return the newest value of each field, and of each sensor. Raises InfluxError."""
        query = flux.last_query(self._client.bucket, selection, stretch)
        return [
            Newest(
                sensor=head.cell(record, _SENSOR) or None,
                field=head.cell(record, _FIELD),
                value=float(head.cell(record, _VALUE)),
                taken_at=milliseconds(head.cell(record, _TIME)),
            )
            async for head, record in self._records(query)
        ]

    async def series(self, stretch: Stretch) -> list[StoredSeries]:
        """Return every series of every station. Raises InfluxError."""
        query = flux.series_query(self._client.bucket, stretch)
        found: dict[tuple[str, ...], dict[str, str]] = {}
        async for head, record in self._records(query):
            key = tuple(
                head.cell(record, label) for label in ("_measurement", "device", _SENSOR, _FIELD)
            )
            kind = head.cell(record, "result")
            told = _VALUE if kind == "count" else _TIME
            found.setdefault(key, {})[kind] = head.cell(record, told)
        return list(_series(found))

    async def _values(self, selection: Selection, stretch: Stretch, tag: str) -> set[str]:
        query = flux.tags_query(self._client.bucket, selection, stretch, tag)
        return {head.cell(record, _VALUE) async for head, record in self._records(query)}

    async def _records(self, query: str) -> AsyncGenerator[tuple[Head, list[str]]]:
        async with (
            self._client.ask(query) as chunks,
            aclosing(read_portions(chunks, self._client.target.url)) as portions,
        ):
            async for head, records in portions:
                for record in records:
                    yield head, record


def _series(found: Mapping[tuple[str, ...], Mapping[str, str]]) -> Iterator[StoredSeries]:
    for (measurement, device, sensor, field), told in found.items():
        if told.keys() == set(flux.SERIES_KINDS):
            yield StoredSeries(
                measurement=measurement,
                device=device,
                sensor=sensor or None,
                field=field,
                first=milliseconds(told["first"]),
                last=milliseconds(told["last"]),
                rows=int(told["count"]),
            )
