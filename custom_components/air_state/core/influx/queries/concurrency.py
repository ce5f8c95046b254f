"""A limit to the queries of a station that run at once; more of them wait.

The limit is for the server: a query counts until its answer is read, not while a slow caller takes
the rows. So the rows of a slice are read into memory before any of them is handed on.
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
    """Return the limiter that all queries of one station share."""
    return asyncio.Semaphore(MAX_CONCURRENT)


class LimitedReader:
    """An InfluxReader around another one, with the limit of `limiter`.

    It records in `breaker` whether the server answers. Each method raises InfluxError.
    """

    def __init__(
        self, reader: InfluxReader, limiter: QueryLimiter, breaker: CircuitBreaker | None = None
    ) -> None:
        """Read through `reader`."""
        self._reader = reader
        self._limiter = limiter
        self._breaker = breaker or CircuitBreaker()

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        """Wait until the body may run. Raises InfluxTimeoutError if a query before it timed out."""
        check = self._breaker.guard()
        async with self._limiter:
            check()
            with self._breaker.recording():
                yield

    async def rows(
        self, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
    ) -> AsyncGenerator[Block]:
        """Yield rows once all of them are read."""
        async with (
            self._slot(),
            aclosing(self._reader.rows(selection, time_range, downsampling)) as answer,
        ):
            blocks, rows_left = deque[Block](), time_range.limit
            async for block in answer:
                blocks.append(block if rows_left is None else block.slice(0, rows_left))
                rows_left = None if rows_left is None else rows_left - len(blocks[-1].times)
                if rows_left == 0:
                    break  # a server that ignores the limit must not fill the memory
        while blocks:
            yield blocks.popleft()  # frees each block once it is handed on

    async def first_time(self, selection: Selection, time_range: TimeRange) -> int | None:
        """Return the first time at which any of the fields has a value."""
        async with self._slot():
            return await self._reader.first_time(selection, time_range)

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        """Return which fields a station has."""
        async with self._slot():
            return await self._reader.stored_fields(device, time_range)

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        """Return the newest value of each field and sensor."""
        async with self._slot():
            return await self._reader.latest_values(selection, time_range)

    async def all_series(self, time_range: TimeRange) -> list[StoredSeries]:
        """Return every series of every station."""
        async with self._slot():
            return await self._reader.all_series(time_range)
