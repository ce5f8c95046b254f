"""Where an answer may be cut into pages or slices: never between rows of one millisecond.

Air State writes at most one row a millisecond. The points of other writers may lie closer, and
times here are whole milliseconds. If an answer were cut between two such points, the next page,
which starts at a time, would repeat some of them or never get past them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from .models import Block


class WholeMilliseconds:
    """Passes rows on once all rows of their millisecond have come."""

    def __init__(self) -> None:
        """Start with no rows."""
        self.held: Block | None = None  # rows of the newest millisecond

    def push(self, block: Block) -> Iterator[Block]:
        """Take rows that come after those before; yield the rows of finished milliseconds."""
        if not block.times:
            return
        if self.held is not None:
            same = bisect_right(block.times, self.held.times[0])
            if same:
                self.held = _joined(self.held, block.slice(0, same))
                block = block.slice(same, len(block.times))
            if not block.times:
                return
            yield self.held
        last = bisect_left(block.times, block.times[-1])
        self.held = block.slice(last, len(block.times))
        if last:
            yield block.slice(0, last)

    def rest(self) -> Iterator[Block]:
        """Yield the rows of the newest millisecond, since no more rows come."""
        if self.held is not None:
            held, self.held = self.held, None
            yield held


def rows_within_limit(block: Block, limit: int) -> int:
    """Return how many rows of a block, at most `limit`, fill whole milliseconds."""
    limit = max(0, limit)
    return (
        len(block.times)
        if limit >= len(block.times)
        else bisect_left(block.times, block.times[limit])
    )


def _joined(first: Block, second: Block) -> Block:
    """Return the rows of both blocks."""
    return Block(
        times=[*first.times, *second.times],
        columns=tuple([*a, *b] for a, b in zip(first.columns, second.columns, strict=True)),
    )
