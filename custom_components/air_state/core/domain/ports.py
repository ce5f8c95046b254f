"""What the core needs from outside, and what its parts promise each other."""

from collections.abc import AsyncGenerator, Collection
from typing import Protocol

from .models import Block, HistoryQuery, Latest, Series, StoredSeries


class Clock(Protocol):
    """The time, from somewhere that tests can set."""

    def now(self) -> int:
        """Return the UTC time in ms since 1970; it may jump."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; it never jumps."""


class HistorySource(Protocol):
    """A place that history can be asked from."""

    def blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows that `query` asks for, each block of a few hundred kilobytes at most."""

    async def extent(
        self, series: Collection[Series], start: int, stop: int
    ) -> tuple[int, int] | None:
        """Return the times of the first and last value between two times (UTC ms), None if none."""

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one."""

    async def stored(self, start: int, stop: int) -> list[StoredSeries]:
        """Return what the source holds between two times (UTC ms)."""


class SinkReader(Protocol):
    """Reads back one station's rows from where a sink wrote them.

    Ranges go from `start` up to, not including, `stop` (UTC ms). Each method raises InfluxError.
    """

    async def has_rows(self, start: int, stop: int) -> bool:
        """Return whether means of the station are stored in the range."""

    async def times(self, start: int, stop: int) -> Collection[int]:
        """Return the times (UTC ms) in the range at which means of the station are stored."""


class Sink(Protocol):
    """A place that a mirror writes to."""

    async def write(self, body: bytes) -> None:
        """Write lines, each but the last ended by a newline, with times in ms.

        When this returns all of them are stored; when it raises InfluxError some may be.
        """

    async def check(self) -> None:
        """Try whether lines could be written and read, without leaving any. Raises InfluxError."""

    async def close(self) -> None:
        """Let go of connections."""
