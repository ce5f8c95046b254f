"""What queries an InfluxDB: a reader for each language, and the client that sends its queries."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ...domain.models import Block, StoredSeries
from ..target import InfluxTarget
from .selection import Downsampling, LatestValue, Selection, StoredFields, TimeRange


class InfluxReader(Protocol):
    """Reads an InfluxDB in one of its languages; each method raises InfluxError."""

    def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, with a column for each field of the selection, or each of its aggregates.

        All aggregates of a field come before those of the next.
        """

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time (UTC ms) at which any of the fields has a value."""

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return which fields a station has, by its tag."""

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field and sensor."""

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station."""


class FluxClient(Protocol):
    """Sends queries in Flux; `bucket` is the target as Flux names it."""

    target: InfluxTarget
    bucket: str

    def query(
        self, query: str, *, extern: dict[str, object] | None = None, timeout_seconds: float = ...
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer as a stream of annotated CSV."""


class InfluxqlClient(Protocol):
    """Sends queries in InfluxQL."""

    target: InfluxTarget

    def query(
        self,
        query: str,
        *,
        parameters: str = "",
        epoch: str = "ms",
        rows_per_chunk: int = ...,
        timeout_seconds: float = ...,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer as a stream of JSON objects."""
