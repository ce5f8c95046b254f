"""Sends the outbox to the sink, batch by batch, and keeps the cursor between the two."""

from bisect import bisect_right
from contextlib import suppress
from dataclasses import replace

from ..domain.errors import JournalError, JournalUnavailableError
from ..influx.errors import InfluxError, InfluxLostError
from .delivery import Delivery
from .outbox import Batch
from .parts import MirrorParts
from .read_back import ReadBackCheck


class Sender:
    """Sends rows that the sink does not have yet.

    The cursor is the time (UTC ms) of the last settled row: each of its lines is stored or a dead
    letter.
    """

    def __init__(self, parts: MirrorParts, read_back: ReadBackCheck | None) -> None:
        """Send with `parts`; without `read_back`, what the sink accepts counts as stored."""
        self.cursor: int | None = None  # None until the journal is read for the first time
        self._outbox = parts.outbox
        self._sink = parts.sink
        self._dead_letters = parts.dead_letters
        self._status = parts.status
        self._clock = parts.clock
        self._lock = parts.lock
        self._read_back = read_back
        self._put_aside_to = 0  # refused lines up to then (UTC ms) become dead letters at once

    @property
    def sink_loses_rows(self) -> bool:
        """Return whether accepted rows were lost, and none has been read back since."""
        return self._read_back is not None and self._read_back.sink_loses_rows

    async def send_batch(self) -> bool:
        """Send one batch; return whether there may be more to send now.

        Raises InfluxError and JournalError. The cursor moves over the lines settled before that.
        """
        async with self._lock:
            cursor = await self._open() if self.cursor is None else self.cursor
            stop = self._put_aside_to + 1 if cursor < self._put_aside_to else None
            batch = await self._outbox.read_batch(cursor, stop=stop)
            if stop is not None and not batch.has_more:
                batch = replace(batch, last=max(batch.last, self._put_aside_to))
            delivery = Delivery(self._sink, batch.lines, self._clock, keep_refused=stop is None)
            error = await delivery.attempt()
            await self._settle(batch, delivery, cursor)
            if error is not None:
                raise error
            return batch.has_more or stop is not None

    async def put_refused_aside(self) -> None:
        """Let refused lines of the rows that exist now become dead letters, even all of them.

        Raises JournalError.
        """
        self._put_aside_to = await self._outbox.newest()

    async def rewind(self, cursor: int) -> None:
        """Send everything after `cursor` (UTC ms) again. Raises JournalError."""
        async with self._lock:
            if self.cursor is not None:
                cursor = min(cursor, self.cursor)  # another rewind may have gone back further
            self.cursor = cursor  # before it is stored, which a full disk may prevent
            with suppress(JournalUnavailableError):
                await self._outbox.rewind(cursor)
            await self._report_cursor(cursor)

    def seconds_until_check(self) -> float | None:
        """Return how many seconds are left until `check_stored` is due, None if it is not."""
        return None if self._read_back is None else self._read_back.seconds_until_due()

    async def check_stored(self) -> None:
        """Read back what the sink accepted, if that is due.

        If rows are lost, they are sent again: the cursor is moved back and InfluxLostError raised.
        Raises JournalError as well.
        """
        if self._read_back is None or self._read_back.seconds_until_due() != 0:
            return
        result = await self._read_back.check()
        self._store_cursor()
        if result.emptied:
            status = self._status.current
            self._status.report(replace(status, emptied=status.emptied + 1))
        if result.lost_after is None:
            return
        before = self._status.current.backlog
        await self.rewind(result.lost_after)
        raise InfluxLostError(rows=self._status.current.backlog - before)

    async def note_problem(self, error: InfluxError | JournalError) -> None:
        """Report why sending stopped, and count again how many rows are left to send."""
        if self._read_back is not None:
            self._read_back.check_soon()
        backlog = self._status.current.backlog
        if self.cursor is not None:
            with suppress(JournalError):  # keep the number if the journal cannot be read
                backlog = await self._outbox.count(self.cursor)
        self._status.report(replace(self._status.current, problem=error, backlog=backlog))

    async def _open(self) -> int:
        """Return the cursor that the journal stores. Raises JournalError."""
        cursor = await self._outbox.open()
        await self._dead_letters.update_status()
        await self._report_cursor(cursor)
        self.cursor = cursor
        if self._read_back is not None:
            self._read_back.start(cursor)
        return cursor

    async def _report_cursor(self, cursor: int) -> None:
        """Report how far the sink is. Raises JournalError."""
        backlog = await self._outbox.count(cursor)
        mirrored_to = cursor if cursor > self._outbox.since else None
        status = self._status.current
        self._status.report(replace(status, backlog=backlog, mirrored_to=mirrored_to))

    def _store_cursor(self) -> None:
        """Let the journal store from where to go on after a restart."""
        if self.cursor is None:
            return
        if self._read_back is None:
            self._outbox.advance(self.cursor)
        elif not self._read_back.sink_loses_rows:
            self._outbox.advance(self._read_back.safe_cursor(self.cursor))

    async def _settle(self, batch: Batch, delivery: Delivery, cursor: int) -> None:
        """Put dead letters aside, then move the cursor over all settled lines."""
        await self._dead_letters.add(delivery.dead_letters)
        if self._read_back is not None and delivery.last_mean_at is not None:
            self._read_back.accepted(delivery.last_mean_at)
        lines, settled = batch.lines, delivery.settled
        is_complete = settled == len(lines.lines)
        settled_to = batch.last if is_complete else lines.line_times[settled] - 1
        rows = bisect_right(lines.row_times, settled_to)
        if settled_to > cursor:
            self.cursor = settled_to
            self._store_cursor()
        # Lines of another measurement may be stored beyond the settled ones; they do not count yet.
        stored = min(delivery.stored_to, settled)
        status = self._status.current
        self._status.report(
            replace(
                status,
                reached=status.reached or delivery.stored_to > 0,
                refused=delivery.refused_lines,
                backlog=(
                    0 if is_complete and not batch.has_more else max(0, status.backlog - rows)
                ),
                mirrored_to=lines.line_times[stored - 1] if stored else status.mirrored_to,
            )
        )
