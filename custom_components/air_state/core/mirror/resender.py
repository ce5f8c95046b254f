"""Sends rows and dead letters once more when the user asks for it."""

from dataclasses import dataclass

from ..domain.models import Lines
from .delivery import Delivery
from .outbox import MAX_LINES
from .parts import MirrorParts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """How many rows were sent again, and how many of their lines were refused."""

    rows: int
    refused: int


class Resender:
    """Sends what was sent before: points that InfluxDB already has are overwritten by equal ones.

    Methods raise InfluxError, also if the sink refuses every line, and JournalError.
    """

    def __init__(self, parts: MirrorParts) -> None:
        """Send with `parts`."""
        self._outbox = parts.outbox
        self._sink = parts.sink
        self._dead_letters = parts.dead_letters
        self._clock = parts.clock
        self._lock = parts.lock

    async def replay(self, start: int, stop: int) -> ReplayResult:
        """Send the rows from `start` up to, not including, `stop` (UTC ms)."""
        rows = refused = 0
        cursor, has_more = start - 1, True
        while has_more:
            batch = await self._outbox.read_batch(cursor, stop=stop)
            refused += await self._resend(batch.lines)
            rows += len(batch.lines.row_times)
            cursor, has_more = batch.last, batch.has_more
        return ReplayResult(rows=rows, refused=refused)

    async def _resend(self, lines: Lines) -> int:
        """Send lines, and return how many became dead letters."""
        async with self._lock:
            delivery = Delivery(self._sink, lines, self._clock)
            error = await delivery.attempt()
            refused = await self._dead_letters.add(delivery.dead_letters)
        if error is not None:
            raise error
        return refused

    async def resend_dead_letters(self) -> None:
        """Send every dead letter; those that are refused again stay.

        If any stays, the InfluxRefusalError of the last one is raised after all were sent.
        """
        after, refusal = -1, None
        while letters := await self._dead_letters.read(after=after, limit=MAX_LINES):
            times = [each.taken_at for each in letters]
            lines = Lines(lines=[each.line for each in letters], line_times=times, row_times=times)
            async with self._lock:
                delivery = Delivery(self._sink, lines, self._clock)
                error = await delivery.attempt()
                refused = await self._dead_letters.not_stored(delivery.dead_letters)
                staying = {(each.taken_at, each.line) for each in refused}
                settled = letters[: delivery.settled]
                await self._dead_letters.delete(
                    [each for each in settled if (each.taken_at, each.line) not in staying]
                )
            if error is not None:
                raise error
            refusal = (delivery.dead_letter_refusal if refused else None) or refusal
            after = times[-1]
        if refusal is not None:
            raise refusal
