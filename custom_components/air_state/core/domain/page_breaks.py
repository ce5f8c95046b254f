"""Rows of one millisecond stay together, wherever an answer is cut into pages or slices.

Air State writes one row a millisecond; other writers' points may lie closer. Whoever goes on from a
time would else get some of them twice, or for ever.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from .models import Block


class WholeMilliseconds:
    """Passes rows on, but for those of the last millisecond, of which there may be more."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.held: Block | None = None

    def push(self, block: Block) -> Iterator[Block]:
        """Take rows that come after those before; yield those whose millisecond is over."""
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
        """Yield what is held: there is no more."""
        if self.held is not None:
            held, self.held = self.held, None
            yield held


def rows_within_limit(block: Block, most: int) -> int:
    """Return how many of the first rows are at most so many and break no millisecond in two."""
    most = max(0, most)
    return (
        len(block.times)
        if most >= len(block.times)
        else bisect_left(block.times, block.times[most])
    )


def _joined(one: Block, other: Block) -> Block:
    return Block(
        times=[*one.times, *other.times],
        columns=tuple(
            [*mine, *yours] for mine, yours in zip(one.columns, other.columns, strict=True)
        ),
    )
