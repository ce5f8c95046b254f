"""The mirror: copies the journal into a sink, in order, none lost and none twice.

It sends as soon as there is something; while a request is under way rows gather. The cursor moves
only after the sink has taken the lines before it, or they are dead letters. What fails without the
lines' fault is tried again, later and later.
"""

import asyncio
import random
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ..domain.errors import AirStateError, JournalError, JournalUnavailableError
from ..domain.models import DeadLetter, Lines
from ..domain.ports import Clock, Sink, SinkReader
from ..influx.errors import InfluxAwayError, InfluxError, InfluxLostError, is_beyond_retention
from .backoff import Backoff
from .delivery import Delivery, unexpected
from .outbox import MAX_LINES, Batch, Outbox
from .read_back import ReadBackCheck

_REPLAY_STEP = MAX_LINES
_LOOK_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorStatus:
    """How the mirror is.

    `problem` is why it waits; `reached` whether the sink has taken anything since the start;
    `refused` how many lines it refuses while it takes none, which are kept. `backlog` counts rows
    of the journal that it does not have yet. `mirrored_to` is the time (UTC ms) of the newest row
    that it has, None before the first. `refusal` is why the last of the dead letters was refused.
    `emptied` counts how often rows that it had were found to be gone.
    """

    problem: AirStateError | None = None
    reached: bool = False
    refused: int = 0
    backlog: int = 0
    mirrored_to: int | None = None
    dead_letters: int = 0
    refusal: str = ""
    emptied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """What was sent again: rows, and of their lines those refused."""

    rows: int
    refused: int


class Mirror:
    """Copies what an outbox holds into a sink, from `open` to `close`."""

    def __init__(  # noqa: PLR0913 - the parts that it joins, and chance for tests
        self,
        outbox: Outbox,
        sink: Sink,
        *,
        clock: Clock,
        on_change: Callable[[MirrorStatus], None],
        reader: SinkReader | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; `on_change` is called in the event loop with every new status.

        Without a `reader` the sink is believed whatever it says.
        """
        self._outbox = outbox
        self._sink = sink
        self._clock = clock
        self._on_change = on_change
        self._reader = reader
        self._read_back = ReadBackCheck(reader, clock) if reader is not None else None
        self._backoff = Backoff(chance)
        self._status = MirrorStatus()
        self._cursor: int | None = None
        self._condemned_to = 0
        self._busy = asyncio.Lock()
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing_task: asyncio.Task[None] | None = None
        self._closing = False  # nothing is put any more: what there is now is all

    @property
    def status(self) -> MirrorStatus:
        """Return how the mirror is."""
        return self._status

    async def run(self) -> None:
        """Copy until cancelled or closed."""
        self._task = asyncio.current_task()
        self._outbox.tell_commits(self._committed)
        self._wake.set()
        while True:
            due = None if self._read_back is None else self._read_back.due_in()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), due)
            self._wake.clear()
            self._hurry.clear()
            delay = await self._drain()
            if self._closing and not self._wake.is_set():
                return
            if delay is not None:
                self._wake.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), delay)

    async def try_now(self) -> None:
        """Send a batch now, and go on if that works. Raises InfluxError and JournalError."""
        await self.step()
        self.retry()

    def retry(self) -> None:
        """Try again now instead of waiting any longer."""
        self._hurry.set()

    async def discard_refused(self) -> None:
        """Make dead letters of whatever is refused of the rows that there are now, even of all.

        Raises JournalError.
        """
        self._condemned_to = await self._outbox.newest()
        self.retry()

    async def close(self, seconds: float) -> None:
        """Send what can be sent within so many seconds, then let go of the sink.

        More than once does no harm.
        """
        if self._closing_task is None:
            self._closing_task = asyncio.create_task(self._close(seconds))
        await asyncio.shield(self._closing_task)

    async def _close(self, seconds: float) -> None:
        await self._outbox.flush()
        self._closing = True
        self._wake.set()
        self._hurry.set()
        task = self._task
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if task is not None and not task.done():
                    await asyncio.wait([task])
                if task is None or task.cancelled():
                    await self._drain()
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])
        await self._sink.close()

    async def replay(self, start: int, stop: int) -> ReplayResult:
        """Send the rows from `start` up to, not including, `stop` (UTC ms) once more.

        Raises InfluxError, also where every line is refused alike, and JournalError.
        """
        rows = refused = 0
        cursor, more = start - 1, True
        while more:
            batch = await self._outbox.batch(cursor, stop=stop)
            refused += await self._redeliver(batch.lines)
            rows += len(batch.lines.rows)
            cursor, more = batch.last, batch.more
        return ReplayResult(rows=rows, refused=refused)

    async def send_all(self) -> None:
        """Send everything that the journal holds once more. Raises JournalError."""
        await self._go_back(self._outbox.since)
        self._wake.set()
        self.retry()

    async def resend_dead_letters(self) -> None:
        """Send every dead letter once more; those still refused stay. Raises as `replay` does.

        If any stays, the last one's InfluxRefusalError is raised when all were tried.
        """
        after, refusal = -1, None
        while letters := await self._outbox.dead_letters(after=after, limit=_REPLAY_STEP):
            times = [each.taken_at for each in letters]
            lines = Lines(lines=[each.line for each in letters], times=times, rows=times)
            async with self._busy:
                delivery = Delivery(self._sink, lines, self._clock)
                error = await delivery.outcome()
                refused = await self._not_there(delivery.dead_letters)
                again = {(each.taken_at, each.line) for each in refused}
                tried = letters[: delivery.settled]
                await self._outbox.discard_dead_letters(
                    [each for each in tried if (each.taken_at, each.line) not in again]
                )
                await self._count_dead_letters()
            if error is not None:
                raise error
            refusal = (delivery.refusal if refused else None) or refusal
            after = times[-1]
        if refusal is not None:
            raise refusal

    async def dead_letters(self, count: int) -> list[DeadLetter]:
        """Return about that many dead letters, the oldest first. Raises JournalError."""
        return await self._outbox.dead_letters(after=-1, limit=count)

    async def discard_dead_letters(self) -> None:
        """Forget every dead letter. Raises JournalError."""
        await self._outbox.discard_dead_letters()
        await self._count_dead_letters()

    async def step(self) -> bool:
        """Send one batch; return whether there may be more to send now.

        Raises InfluxError and JournalError; what was settled before is noted all the same.
        """
        async with self._busy:
            cursor = await self._open() if self._cursor is None else self._cursor
            stop = self._condemned_to + 1 if cursor < self._condemned_to else None
            batch = await self._outbox.batch(cursor, stop=stop)
            if stop is not None and not batch.more:
                batch = replace(batch, last=max(batch.last, self._condemned_to))
            delivery = Delivery(self._sink, batch.lines, self._clock, keep_refused=stop is None)
            error = await delivery.outcome()
            await self._settle(batch, delivery, cursor)
            if error is not None:
                raise error
            return batch.more or stop is not None

    async def _drain(self) -> float | None:
        """Send all that there is; return how many seconds to wait after what stopped that."""
        more = True
        while more:
            try:
                more = await self.step()
                if not more:
                    await self._look()
            except (InfluxError, JournalError) as error:
                return await self._failed(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, mirroring has to go on
                return await self._failed(unexpected(error))
            if self._read_back is None or not self._read_back.mistrusted:
                self._backoff.succeeded()
                self._tell(replace(self._status, problem=None))
        return None

    async def _look(self) -> None:
        """Read back what was taken, where that is due.

        Raises InfluxLostError, when it has gone back to what is certain, and JournalError.
        """
        if self._closing or self._read_back is None or self._read_back.due_in() != 0:
            return
        finding = await self._read_back.look()
        self._note_cursor()
        if finding.emptied:
            self._tell(replace(self._status, emptied=self._status.emptied + 1))
        if finding.lost_after is None:
            return
        before = self._status.backlog
        await self._go_back(finding.lost_after)
        raise InfluxLostError(rows=self._status.backlog - before)

    def _note_cursor(self) -> None:
        """Let the journal know how far the sink surely is: from there the next start goes on."""
        if self._cursor is None:
            return
        if self._read_back is None:
            self._outbox.advance(self._cursor)
        elif not self._read_back.mistrusted:
            self._outbox.advance(self._read_back.sure(self._cursor))

    async def _go_back(self, cursor: int) -> None:
        """Send everything after `cursor` (UTC ms) again. Raises JournalError."""
        async with self._busy:
            if self._cursor is not None:
                cursor = min(cursor, self._cursor)  # it may have gone back further meanwhile
            self._cursor = cursor  # first: a full disk may refuse to note it
            with suppress(JournalUnavailableError):
                await self._outbox.rewind(cursor)
            backlog = await self._outbox.count(cursor)
            mirrored_to = cursor if cursor > self._outbox.since else None
            self._tell(replace(self._status, backlog=backlog, mirrored_to=mirrored_to))

    async def _failed(self, error: InfluxError | JournalError) -> float:
        """Note why the mirror waits, and return for how many seconds."""
        if self._read_back is not None:
            self._read_back.doubt()
        backlog = self._status.backlog
        if self._cursor is not None:
            with suppress(JournalError):  # rows may have left by the journal's size
                backlog = await self._outbox.count(self._cursor)
        self._tell(replace(self._status, problem=error, backlog=backlog))
        asked = error.retry_after if isinstance(error, InfluxAwayError) else None
        return self._backoff.failed(asked=asked)

    async def _open(self) -> int:
        """Find out where the sink stands. Raises JournalError."""
        cursor = await self._outbox.open()
        await self._count_dead_letters()
        backlog = await self._outbox.count(cursor)
        mirrored_to = cursor if cursor > self._outbox.since else None
        self._tell(replace(self._status, backlog=backlog, mirrored_to=mirrored_to))
        self._cursor = cursor
        if self._read_back is not None:
            self._read_back.begin(cursor)
        return cursor

    async def _settle(self, batch: Batch, delivery: Delivery, cursor: int) -> None:
        """Keep dead letters, then move the cursor over all lines that are settled."""
        await self._bury(delivery)
        if self._read_back is not None and delivery.readable is not None:
            self._read_back.took(delivery.readable)
        lines, done = batch.lines, delivery.settled
        complete = done == len(lines.lines)
        settled_to = batch.last if complete else lines.times[done] - 1
        rows = bisect_right(lines.rows, settled_to)
        taken = min(delivery.taken, done)  # of another measurement there may be more, out of turn
        if settled_to > cursor:
            self._cursor = settled_to
            self._note_cursor()
        self._tell(
            replace(
                self._status,
                reached=self._status.reached or delivery.taken > 0,
                refused=delivery.suspects,
                backlog=0 if complete and not batch.more else max(0, self._status.backlog - rows),
                mirrored_to=lines.times[taken - 1] if taken else self._status.mirrored_to,
            )
        )

    async def _redeliver(self, lines: Lines) -> int:
        """Send lines once more; return how many were refused. Raises as `replay` does."""
        async with self._busy:
            delivery = Delivery(self._sink, lines, self._clock)
            error = await delivery.outcome()
            refused = await self._bury(delivery)
        if error is not None:
            raise error
        return refused

    async def _bury(self, delivery: Delivery) -> int:
        """Keep the dead letters of a delivery, and return how many they are."""
        letters = await self._not_there(delivery.dead_letters)
        if letters or self._outbox.has_unwritten:
            await self._outbox.add_dead_letters(letters)
            await self._count_dead_letters()
        return len(letters)

    async def _not_there(self, letters: list[DeadLetter]) -> list[DeadLetter]:
        """Return the letters without those of rows that the sink has.

        At the edge of what a bucket keeps, a line may be stored with newer ones and refused without
        them, or refused when it is sent once more.
        """
        old = [each.taken_at for each in letters if is_beyond_retention(each.reason)]
        if self._reader is None or not old:
            return letters
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                there = await self._reader.times(min(old), max(old) + 1)
        except InfluxError, TimeoutError:  # whether it has them is not known
            return letters
        return [
            each
            for each in letters
            if each.taken_at not in there or not is_beyond_retention(each.reason)
        ]

    async def _count_dead_letters(self) -> None:
        count, reason = await self._outbox.count_dead_letters()
        # The status is taken as it is after the wait.
        self._tell(replace(self._status, dead_letters=count, refusal=reason))

    def _committed(self, rows: int) -> None:
        """Take that there are more rows."""
        self._tell(replace(self._status, backlog=self._status.backlog + rows))
        self._wake.set()

    def _tell(self, status: MirrorStatus) -> None:
        if status != self._status:
            self._status = status
            self._on_change(status)
