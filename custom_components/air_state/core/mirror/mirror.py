"""The mirror: copies the journal to a sink, in order and without losing a row.

It sends as soon as there are rows; those that come during a request are sent with the next one. The
cursor moves over a row only after the sink stored its lines, or they became dead letters. After any
other failure the mirror tries again, with growing delays. A row may be sent more than once: it
overwrites itself.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from ..domain.errors import JournalError
from ..domain.models import DeadLetter
from ..domain.ports import Clock, Sink, SinkReader
from ..influx.errors import InfluxAwayError, InfluxError
from .backoff import Backoff
from .dead_letters import DeadLetters
from .delivery import unexpected_error
from .outbox import Outbox
from .parts import MirrorParts
from .read_back import ReadBackCheck
from .resender import ReplayResult, Resender
from .sender import Sender
from .status import MirrorStatus, StatusReporter


class Mirror:
    """Copies an outbox to a sink while `run` is running; `close` ends it."""

    def __init__(  # noqa: PLR0913 - what it connects, and jitter for tests
        self,
        outbox: Outbox,
        sink: Sink,
        *,
        clock: Clock,
        on_change: Callable[[MirrorStatus], None],
        reader: SinkReader | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; `on_change` is called in the event loop with every new status.

        Without a `reader`, what the sink accepts counts as stored.
        """
        self._status = StatusReporter(on_change)
        self._outbox = outbox
        self._sink = sink
        self._dead_letters = DeadLetters(outbox.dead_letters, self._status, reader)
        parts = MirrorParts(
            outbox=outbox,
            sink=sink,
            dead_letters=self._dead_letters,
            status=self._status,
            clock=clock,
            lock=asyncio.Lock(),
        )
        self._sender = Sender(parts, None if reader is None else ReadBackCheck(reader, clock))
        self._resender = Resender(parts)
        self._backoff = Backoff(jitter)
        self._wake = asyncio.Event()
        self._retry_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing_task: asyncio.Task[None] | None = None
        self._closing = False  # no more rows will come

    @property
    def status(self) -> MirrorStatus:
        """Return the current status."""
        return self._status.current

    async def run(self) -> None:
        """Copy until cancelled or closed."""
        self._task = asyncio.current_task()
        self._outbox.set_rows_listener(self._rows_available)
        self._wake.set()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._sender.seconds_until_check())
            self._wake.clear()
            self._retry_now.clear()
            delay = await self._send_all_batches()
            if self._closing and not self._wake.is_set():
                return
            if delay is not None:
                self._wake.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._retry_now.wait(), delay)

    async def close(self, seconds: float) -> None:
        """Send for at most so many seconds what is left, then close the sink.

        Calling this more than once does no harm.
        """
        if self._closing_task is None:
            self._closing_task = asyncio.create_task(self._close(seconds))
        await asyncio.shield(self._closing_task)

    async def _close(self, seconds: float) -> None:
        await self._outbox.flush()
        self._closing = True
        self._wake.set()
        self._retry_now.set()
        task = self._task
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if task is not None and not task.done():
                    await asyncio.wait([task])
                if task is None or task.cancelled():
                    await self._send_all_batches()
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])
        await self._sink.close()

    async def send_batch(self) -> bool:
        """Send one batch; return whether there may be more to send now.

        Raises InfluxError and JournalError.
        """
        return await self._sender.send_batch()

    async def try_now(self) -> None:
        """Send a batch now, and the rest if that works. Raises InfluxError and JournalError."""
        await self._sender.send_batch()
        self.retry()

    def retry(self) -> None:
        """End the delay after a failure."""
        self._retry_now.set()

    async def put_refused_aside(self) -> None:
        """Put aside as dead letters whatever is refused of the rows that exist now.

        Raises JournalError.
        """
        await self._sender.put_refused_aside()
        self.retry()

    async def send_all(self) -> None:
        """Send all rows of the journal again. Raises JournalError."""
        await self._sender.rewind(self._outbox.since)
        self._wake.set()
        self.retry()

    async def replay(self, start: int, stop: int) -> ReplayResult:
        """Send the rows from `start` up to, not including, `stop` (UTC ms) again.

        Raises InfluxError, also if the sink refuses every line, and JournalError.
        """
        return await self._resender.replay(start, stop)

    async def resend_dead_letters(self) -> None:
        """Send every dead letter again; those that are refused again stay.

        Raises the last InfluxRefusalError if any stays, other InfluxErrors and JournalError.
        """
        await self._resender.resend_dead_letters()

    async def dead_letters(self, count: int) -> list[DeadLetter]:
        """Return about that many dead letters, the oldest first. Raises JournalError."""
        return await self._dead_letters.read(limit=count)

    async def delete_dead_letters(self) -> None:
        """Delete every dead letter. Raises JournalError."""
        await self._dead_letters.delete()

    async def _send_all_batches(self) -> float | None:
        """Send until nothing is left; return how many seconds to wait if something failed."""
        has_more = True
        while has_more:
            try:
                has_more = await self._sender.send_batch()
                if not has_more and not self._closing:
                    await self._sender.check_stored()
            except (InfluxError, JournalError) as error:
                return await self._failed(error)
            except Exception as error:  # noqa: BLE001 - the mirror goes on after any error
                return await self._failed(unexpected_error(error))
            if not self._sender.sink_loses_rows:
                self._backoff.succeeded()
                self._status.report(replace(self.status, problem=None))
        return None

    async def _failed(self, error: InfluxError | JournalError) -> float:
        """Report why the mirror waits, and return for how many seconds."""
        await self._sender.note_problem(error)
        retry_after = error.retry_after if isinstance(error, InfluxAwayError) else None
        return self._backoff.failed(retry_after=retry_after)

    def _rows_available(self, rows: int) -> None:
        """Count the rows that became available, and send them."""
        self._status.report(replace(self.status, backlog=self.status.backlog + rows))
        self._wake.set()
