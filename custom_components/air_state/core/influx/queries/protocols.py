"""What asks an InfluxDB: the reader of one query language, and the client that carries queries."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ...domain.models import Block, StoredSeries
from ..target import InfluxTarget
from .selection import Downsampling, LatestValue, Selection, StoredFields, TimeRange


class InfluxReader(Protocol):
    """Asks an InfluxDB in one of its languages; each method raises InfluxError."""

    def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field of the selection."""

    async def first(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time (UTC ms) that any of the fields has a value at."""

    async def held(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return what there is of a station, by its tag."""

    async def newest(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field, and of each sensor."""

    async def series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station."""


class FluxClient(Protocol):
    """What carries Flux to a server."""

    target: InfluxTarget
    bucket: str

    def ask(
        self, query: str, *, extern: dict[str, object] | None = None, timeout_seconds: float = ...
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return an answer in annotated CSV that streams."""


class InfluxqlClient(Protocol):
    """What carries InfluxQL to a server."""

    target: InfluxTarget

    def ask(
        self,
        query: str,
        *,
        parameters: str = "",
        epoch: str = "ms",
        rows_at_once: int = ...,
        timeout_seconds: float = ...,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return an answer in JSON that streams."""
