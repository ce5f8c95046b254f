"""Checks whether a sink still has what it accepted: now and then the newest row is read back.

A server that answers like InfluxDB need not have stored anything, and stored rows may be deleted.
"""

import asyncio
from dataclasses import dataclass

from ..domain.ports import Clock, SinkReader
from ..influx.errors import InfluxError

INTERVAL_SECONDS = 600.0  # between two checks
TIMEOUT_SECONDS = 10.0  # sending waits during a check
SETTLE_SECONDS = 10.0  # from writing to reading: InfluxDB Cloud queues what it accepts
_MAX_MISSES = 2  # in a row, before a row counts as lost
_MAX_AGE = 1_800_000  # ms; no bucket keeps points for less than an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBackResult:
    """The result of a check.

    `lost_after` is the time (UTC ms) after which accepted rows may be missing, None if none is.
    `emptied` says that a row is gone that was read back before, while a newer one is there.
    """

    lost_after: int | None = None
    emptied: bool = False


class ReadBackCheck:
    """Reads back single rows that a sink accepted."""

    def __init__(self, reader: SinkReader, clock: Clock) -> None:
        """Read rows back with `reader`."""
        self.sink_loses_rows = False  # from a loss until a row is read back again
        self._reader = reader
        self._clock = clock
        self._confirmed_to = 0  # the sink has everything up to then (UTC ms), as far as is known
        # Rows by their times (UTC ms): read back last, to read back next, accepted last.
        self._found: int | None = None
        self._expected: int | None = None
        self._newest = 0
        self._expected_since = 0.0
        self._misses = 0
        self._next_check = 0.0

    def start(self, cursor: int) -> None:
        """Assume that the sink has everything up to `cursor` (UTC ms)."""
        self._confirmed_to = cursor

    def safe_cursor(self, cursor: int) -> int:
        """Return the time (UTC ms) to go on from after a restart, of a sink that is at `cursor`.

        Where reading back works, rows that have not been confirmed yet are sent again.
        """
        is_unconfirmed = self._found is not None and self._expected is not None
        return min(cursor, self._confirmed_to) if is_unconfirmed else cursor

    def accepted(self, taken_at: int) -> None:
        """Note that the sink accepted the row of that time (UTC ms)."""
        now = self._clock.monotonic()
        self._newest = max(self._newest, taken_at)
        # Do not change the expected row shortly before a check: that would delay the check.
        if self._is_recent(taken_at) and (
            self._expected is None or (not self._misses and now + SETTLE_SECONDS < self._next_check)
        ):
            self._expected, self._expected_since = taken_at, now

    def check_soon(self) -> None:
        """Make the next check due: after a failure another server may answer."""
        self._next_check = 0.0

    def seconds_until_due(self) -> float | None:
        """Return how many seconds are left until the next check, None if no row is expected."""
        if self._expected is None:
            return None
        due = max(self._expected_since + SETTLE_SECONDS, self._next_check)
        return max(0.0, due - self._clock.monotonic())

    async def check(self) -> ReadBackResult:
        """Look for the expected row; call this when a check is due.

        A sink that cannot be read counts neither for nor against the row.
        """
        expected, now = self._expected, self._clock.monotonic()
        if expected is None or not self._is_recent(expected):
            self._expected, self._misses = None, 0
            return ReadBackResult()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if not await self._is_stored(expected):
                    return self._missed(now)
                former = self._found
                emptied = (
                    former is not None
                    and self._is_recent(former)
                    and not await self._is_stored(former)
                )
        except InfluxError, TimeoutError:
            self._next_check = now + INTERVAL_SECONDS / 10
            return ReadBackResult()
        self._confirmed_to = self._found = expected
        # The next row to read back is the newest that was accepted during this check.
        self._expected = self._newest if self._newest > expected else None
        self._expected_since, self._misses, self.sink_loses_rows = now, 0, False
        self._next_check = now + INTERVAL_SECONDS
        return ReadBackResult(emptied=emptied)

    def _missed(self, now: float) -> ReadBackResult:
        """Return the result for a row that was not found: a loss if it was missed before."""
        self._misses += 1
        if self._misses < _MAX_MISSES:
            self._next_check = now + SETTLE_SECONDS
            return ReadBackResult()
        # `_found` stays: the next check looks for that row too, and so notices an emptied bucket.
        self._expected = None
        self._newest = 0
        self._misses, self.sink_loses_rows = 0, True
        self._next_check = 0.0
        return ReadBackResult(lost_after=self._confirmed_to)

    async def _is_stored(self, taken_at: int) -> bool:
        return await self._reader.has_rows(taken_at, taken_at + 1)

    def _is_recent(self, taken_at: int) -> bool:
        """Return whether every bucket would still keep a row of that time (UTC ms)."""
        return self._clock.now() - taken_at < _MAX_AGE
