"""Whether a sink still has what it took: now and then the newest row is read back.

What answers a write as InfluxDB does need not have stored anything, and what it had may be gone.
"""

import asyncio
from dataclasses import dataclass

from ..domain.ports import Clock, SinkReader
from ..influx.errors import InfluxError

LOOK_SECONDS = 600.0
PATIENCE_SECONDS = 10.0  # rows wait meanwhile
SETTLE_SECONDS = 10.0  # until what was taken can be read: Cloud puts it into a queue
_MISSES = 2  # in a row, before it is believed that a row is not there
_YOUNG = 1_800_000  # ms; no bucket keeps points for less than an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a look brought.

    `lost_after` is the time (UTC ms) after which nothing that was taken can be trusted to be
    there. `emptied` says that what was read back once is gone, while newer rows are there.
    """

    lost_after: int | None = None
    emptied: bool = False


class ReadBackCheck:
    """Looks whether rows that a sink took can be read back."""

    def __init__(self, reader: SinkReader, clock: Clock) -> None:
        """Read rows back by `reader`."""
        self.mistrusted = False  # from a loss until a row was read back again
        self._reader = reader
        self._clock = clock
        self._proven = 0  # up to then (UTC ms) the sink has everything, as far as is known
        self._anchor: int | None = None  # a row that was read back
        self._claim: int | None = None  # one that was taken, not read back yet
        self._claimed = 0.0
        self._newest = 0  # that was taken
        self._misses = 0
        self._next = 0.0

    def begin(self, cursor: int) -> None:
        """Take that the sink has everything up to `cursor` (UTC ms)."""
        self._proven = cursor

    def sure(self, cursor: int) -> int:
        """Return up to where (UTC ms) a start may go on, of a sink that says it has `cursor`.

        What it can be asked for and was not found yet is sent again.
        """
        asked = self._anchor is not None and self._claim is not None
        return min(cursor, self._proven) if asked else cursor

    def took(self, taken_at: int) -> None:
        """Note that the sink says that it has taken a row."""
        now = self._clock.monotonic()
        self._newest = max(self._newest, taken_at)
        if self._is_young(taken_at) and (
            self._claim is None or (not self._misses and now + SETTLE_SECONDS < self._next)
        ):
            self._claim, self._claimed = taken_at, now

    def doubt(self) -> None:
        """Look soon: something went wrong, and it may be another server that answers next."""
        self._next = 0.0

    def due_in(self) -> float | None:
        """Return in how many seconds to look, None while there is nothing to look for."""
        if self._claim is None:
            return None
        due = max(self._claimed + SETTLE_SECONDS, self._next)
        return max(0.0, due - self._clock.monotonic())

    async def look(self) -> Finding:
        """Look for the row that is to be read back; it has to be due."""
        claim, now = self._claim, self._clock.monotonic()
        if claim is None or not self._is_young(claim):
            self._claim, self._misses = None, 0
            return Finding()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if not await self._holds(claim):
                    return self._missed(now)
                anchor = self._anchor
                emptied = (
                    anchor is not None and self._is_young(anchor) and not await self._holds(anchor)
                )
        except InfluxError, TimeoutError:  # it cannot be asked now, which says nothing
            self._next = now + LOOK_SECONDS / 10
            return Finding()
        self._proven = self._anchor = claim
        # What was taken meanwhile is the next to be looked for.
        self._claim = self._newest if self._newest > claim else None
        self._claimed, self._misses, self.mistrusted = now, 0, False
        self._next = now + LOOK_SECONDS
        return Finding(emptied=emptied)

    def _missed(self, now: float) -> Finding:
        self._misses += 1
        if self._misses < _MISSES:
            self._next = now + SETTLE_SECONDS
            return Finding()
        self._claim = None  # whether the last row that was found is still there shows with the next
        self._newest = 0
        self._misses, self.mistrusted = 0, True
        self._next = 0.0
        return Finding(lost_after=self._proven)

    async def _holds(self, taken_at: int) -> bool:
        return await self._reader.has_rows(taken_at, taken_at + 1)

    def _is_young(self, taken_at: int) -> bool:
        return self._clock.now() - taken_at < _YOUNG
