"""What the core needs from outside, and what its parts promise each other."""

from collections.abc import Collection
from typing import Protocol

from .models import HistoryQuery, Latest, ReadingKey, Series, Table


class Clock(Protocol):
    """The time, from somewhere that tests can set."""

    def now(self) -> int:
        """Return the UTC time in ms since 1970; it may jump."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; it never jumps."""


class HistorySource(Protocol):
    """A place that history can be asked from."""

    async def known(self) -> Collection[ReadingKey]:
        """Return every reading that the source holds."""

    async def history(self, query: HistoryQuery) -> Table:
        """Return the rows that `query` asks for."""

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one."""


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
