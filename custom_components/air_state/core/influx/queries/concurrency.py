"""At most so many questions of a station at once; the rest wait their turn.

A turn is for asking, not for passing on: whoever takes an answer slowly does not hold one. So the
rows of a slice are taken into memory before they are passed on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from ...domain.models import Block, StoredSeries
from .circuit_breaker import CircuitBreaker
from .protocols import InfluxReader
from .selection import Downsampling, LatestValue, Selection, StoredFields, TimeRange

MAX_CONCURRENT = 2

type QueryLimiter = asyncio.Semaphore


def query_limiter() -> QueryLimiter:
    """Return the turns of one station."""
    return asyncio.Semaphore(MAX_CONCURRENT)


class LimitedReader:
    """An InfluxReader that waits its turn, and notes in `breaker` whether there is an answer."""

    def __init__(
        self, reader: InfluxReader, own: QueryLimiter, breaker: CircuitBreaker | None = None
    ) -> None:
        """Ask `reader` in its turn."""
        self._reader = reader
        self._limiter = own
        self._breaker = breaker or CircuitBreaker()

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait for a turn. Raises InfluxTimeoutError if those before waited in vain."""
        check = self._breaker.watch()
        async with self._limiter:
            check()
            with self._breaker.noticing():
                yield

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows when all of them are there."""
        async with (
            self._turn(),
            aclosing(self._reader.rows(selection, time_range, downsampling)) as blocks,
        ):
            found, left = deque[Block](), time_range.limit
            async for block in blocks:
                found.append(block if left is None else block.slice(0, left))
                left = None if left is None else left - len(found[-1].times)
                if left == 0:
                    break  # a server that does not keep to it must not fill the memory
        while found:
            yield found.popleft()  # each is let go when it is passed on

    async def first(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time that any of the fields has a value at."""
        async with self._turn():
            return await self._reader.first(selection, time_range)

    async def held(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return what there is of a station."""
        async with self._turn():
            return await self._reader.held(device, time_range)

    async def newest(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field, and of each sensor."""
        async with self._turn():
            return await self._reader.newest(selection, time_range)

    async def series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station."""
        async with self._turn():
            return await self._reader.series(time_range)
