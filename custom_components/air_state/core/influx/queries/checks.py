"""Limits and order that every answer has to keep, whatever the server sends."""

from collections.abc import Callable
from itertools import pairwise

from ...domain.models import Block
from ..errors import InfluxEndlessError, InfluxMalformedError
from .selection import Fold, Stretch

MOST_SERIES = 20_000  # that one answer may tell of; a station has some dozens


class Count:
    """Counts what an answer tells of, so that an endless one does not fill the memory."""

    def __init__(self, address: str) -> None:
        """Count what `address` answers."""
        self._address = address
        self._left = MOST_SERIES

    def add(self, count: int) -> None:
        """Take so many more. Raises InfluxEndlessError."""
        self._left -= count
        if self._left < 0:
            raise InfluxEndlessError(address=self._address, most=f"{MOST_SERIES:,} series")


def in_order(stretch: Stretch, fold: Fold | None, address: str) -> Callable[[Block], Block]:
    """Return what lets blocks through whose times are in order and within what was asked for.

    Whoever goes on from the last row would else go round in circles. Windows differ by their
    times, and the first may begin before the stretch; points of others may share a millisecond.
    It raises InfluxMalformedError.
    """
    last, step = (stretch.start, 0) if fold is None else (stretch.start - fold.step, 1)

    def check(block: Block) -> Block:
        nonlocal last
        times = block.times
        if not times:
            return block
        later = all(time >= before + step for before, time in pairwise((last, *times)))
        if not later or times[-1] >= stretch.stop:
            raise InfluxMalformedError(
                address=address, place=f"times from {times[0]} to {times[-1]} (ms)"
            )
        last = times[-1]
        return block

    return check
