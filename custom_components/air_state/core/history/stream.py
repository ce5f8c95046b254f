"""An answer of any size, as a stream of rows."""

from bisect import bisect_right
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from ..domain.models import Block, HistoryQuery
from ..domain.page_breaks import WholeMilliseconds, rows_within_limit
from ..domain.ports import HistorySource
from .sources import ResolvedSource


class HistoryStream:
    """The rows that answer a query.

    `next_start` is known when all blocks are read: the time (UTC ms) of the first row after the
    limit, None if the limit cut nothing off.
    """

    def __init__(
        self, query: HistoryQuery, resolved: ResolvedSource, source: HistorySource
    ) -> None:
        """Read the rows of `query` from `source`, which is the one that was resolved."""
        self.query = query
        self.source = resolved.source
        self.problem = resolved.problem
        self.next_start: int | None = None
        self._source = source

    async def blocks(self) -> AsyncGenerator[Block]:
        """Yield the rows; no block is empty. Raises InfluxError and JournalError.

        Rows of one millisecond are never on two pages, so a page may be shorter than the limit. A
        millisecond with more rows than the limit makes a longer page.
        """
        limit = self.query.limit
        if limit is None:
            async with aclosing(self._source.blocks(self.query)) as blocks:
                async for block in blocks:
                    yield block
            return
        rows, last = 0, self.query.start
        query = replace(self.query, limit=limit + 1)  # one more row shows whether any follow
        async with aclosing(self._whole_milliseconds(query)) as blocks:
            async for block in blocks:
                count = rows_within_limit(block, limit - rows)
                if not count:
                    if rows:
                        self.next_start = block.times[0]
                        return
                    count = bisect_right(block.times, block.times[0])
                yield block.slice(0, count)
                rows, last = rows + count, block.times[count - 1]
                if count < len(block.times):
                    self.next_start = block.times[count]
                    return
        # Longer than the limit by one millisecond's rows: whether others follow is not known yet.
        if rows > limit and last + 1 < self.query.stop:
            extent = await self._source.extent(self.query.series, last + 1, self.query.stop)
            self.next_start = None if extent is None else extent[0]

    async def _whole_milliseconds(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield blocks such that no two hold rows of the same millisecond."""
        whole = WholeMilliseconds()
        async with aclosing(self._source.blocks(query)) as blocks:
            async for block in blocks:
                for each in whole.push(block):
                    yield each
        for each in whole.rest():
            yield each
