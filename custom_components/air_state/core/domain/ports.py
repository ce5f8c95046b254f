"""The interfaces between the core's rooms, and to the world outside: clock, sources, sinks."""

from collections.abc import AsyncGenerator, Collection
from typing import Protocol

from .models import Block, HistoryQuery, Latest, Series, StoredSeries


class Clock(Protocol):
    """The time. Tests have clocks of their own."""

    def now(self) -> int:
        """Return the UTC time in ms since 1970. It may jump."""

    def monotonic(self) -> float:
        """Return seconds since a fixed moment. It never jumps."""


class HistorySource(Protocol):
    """A place that history can be read from."""

    def blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows that `query` asks for, in blocks of a few hundred kilobytes at most."""

    async def extent(
        self, series: Collection[Series], start: int, stop: int
    ) -> tuple[int, int] | None:
        """Return the times of the first and the last value, None if there is no value.

        All times are UTC ms. The range is from `start` up to, not including, `stop`.
        """

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one."""

    async def stored_series(self, start: int, stop: int) -> list[StoredSeries]:
        """Return the series with a value from `start` up to, not including, `stop` (UTC ms)."""


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
        """Write lines with times in ms, separated by newlines.

        When this returns, all lines are stored. Raises InfluxError; some may be stored then.
        """

    async def check(self) -> None:
        """Check that lines can be written and read, and leave none. Raises InfluxError."""

    async def close(self) -> None:
        """Close the connections."""
