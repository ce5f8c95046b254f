"""Limits and order that every answer has to keep, whatever the server sends."""

from collections.abc import Callable
from itertools import pairwise

from ...domain.models import Block
from ..errors import InfluxEndlessError, InfluxMalformedError
from .selection import Downsampling, TimeRange

MAX_SERIES = 20_000  # that one answer may tell of; a station has some dozens


class Count:
    """Counts what an answer tells of, so that an endless one does not fill the memory."""

    def __init__(self, address: str) -> None:
        """Count what `address` answers."""
        self._address = address
        self._left = MAX_SERIES

    def add(self, count: int) -> None:
        """Take so many more. Raises InfluxEndlessError."""
        self._left -= count
        if self._left < 0:
            raise InfluxEndlessError(address=self._address, most=f"{MAX_SERIES:,} series")


def in_order(
    time_range: TimeRange, downsampling: Downsampling | None, address: str
) -> Callable[[Block], Block]:
    """Return what lets blocks through whose times are in order and within what was asked for.

    Whoever goes on from the last row would else go round in circles. Windows differ by their
    times, and the first may begin before the stretch; points of others may share a millisecond.
    It raises InfluxMalformedError.
    """
    last, step = (
        (time_range.start, 0) if downsampling is None else (time_range.start - downsampling.step, 1)
    )

    def check(block: Block) -> Block:
        nonlocal last
        times = block.times
        if not times:
            return block
        later = all(time >= before + step for before, time in pairwise((last, *times)))
        if not later or times[-1] >= time_range.stop:
            raise InfluxMalformedError(
                address=address, place=f"times from {times[0]} to {times[-1]} (ms)"
            )
        last = times[-1]
        return block

    return check
