"""Checks that every answer to a query has to pass, whatever the server sends."""

from collections.abc import Callable
from itertools import pairwise

from ...domain.models import Block
from ..errors import InfluxEndlessError, InfluxMalformedError
from .selection import Downsampling, TimeRange

MAX_SERIES = 20_000  # in one answer; a station has some dozens


class ResultLimit:
    """Counts the series of an answer, so that an endless answer does not fill the memory."""

    def __init__(self, address: str) -> None:
        """Start an answer from `address`."""
        self._address = address
        self._left = MAX_SERIES

    def add(self, count: int) -> None:
        """Count more series. Raises InfluxEndlessError beyond `MAX_SERIES`."""
        self._left -= count
        if self._left < 0:
            raise InfluxEndlessError(address=self._address, most=f"{MAX_SERIES:,} series")


def time_order_check(
    time_range: TimeRange, downsampling: Downsampling | None, address: str
) -> Callable[[Block], Block]:
    """Return a function that returns each block of an answer if its times are in order.

    They have to be in the range as well: a query that goes on from the last row would else never
    come to an end. Windows need times that differ, and the first window may begin before the
    range. Without windows, points of other writers may share a millisecond. The function raises
    InfluxMalformedError.
    """
    last, min_step = (
        (time_range.start, 0) if downsampling is None else (time_range.start - downsampling.step, 1)
    )

    def check(block: Block) -> Block:
        nonlocal last
        times = block.times
        if not times:
            return block
        in_order = all(time >= before + min_step for before, time in pairwise((last, *times)))
        if not in_order or times[-1] >= time_range.stop:
            raise InfluxMalformedError(
                address=address, place=f"times from {times[0]} to {times[-1]} (ms)"
            )
        last = times[-1]
        return block

    return check
