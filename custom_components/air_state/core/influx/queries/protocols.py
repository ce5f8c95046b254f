"""What asks an InfluxDB: the reader of one query language, and the client that carries queries."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ...domain.models import Block, StoredSeries
from ..target import InfluxTarget
from .selection import Fold, Held, Newest, Selection, Stretch


class InfluxReader(Protocol):
    """Asks an InfluxDB in one of its languages; each method raises InfluxError."""

    def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows, a column for each field of the selection."""

    async def first(self, selection: Selection, stretch: Stretch) -> int | None:
        """Return the first time (UTC ms) that any of the fields has a value at."""

    async def held(self, device: str, stretch: Stretch) -> Held:
        """Return what there is of a station, by its tag."""

    async def newest(self, selection: Selection, stretch: Stretch) -> list[Newest]:
        """Return the newest value of each field, and of each sensor."""

    async def series(self, stretch: Stretch) -> list[StoredSeries]:
        """Return every series of every station."""


class FluxClient(Protocol):
    """What carries Flux to a server."""

    target: InfluxTarget
    bucket: str

    def ask(
        self, query: str, *, extern: dict[str, object] | None = None, patience: float = ...
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return an answer in annotated CSV that streams."""


class InfluxqlAsker(Protocol):
    """What carries InfluxQL to a server."""

    target: InfluxTarget

    def ask(
        self,
        query: str,
        *,
        parameters: str = "",
        epoch: str = "ms",
        rows_at_once: int = ...,
        patience: float = ...,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return an answer in JSON that streams."""
