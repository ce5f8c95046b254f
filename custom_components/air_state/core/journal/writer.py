"""The writer of a journal: takes snapshots at once, and writes them in a thread of its own.

Snapshots wait in memory until they are committed (`writing/schedule.py` says when). Those that
cannot be written stay in memory, up to a limit, and are written when the disk allows it again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..domain.errors import JournalDamagedError, JournalError, JournalUnavailableError
from ..domain.models import ReadingKey, Snapshot
from ..domain.ports import Clock
from .status import JournalInfo, JournalStatus, StatusPublisher
from .storage.file import Journal
from .writing.available_rows import AvailableRows
from .writing.committer import Committer
from .writing.rows_notifier import RowsNotifier
from .writing.schedule import CommitSchedule
from .writing.snapshot_queue import SnapshotQueue
from .writing.thread import JournalThread


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLimits:
    """How much a journal keeps: days, and bytes."""

    days: int
    max_bytes: int


class JournalWriter:
    """Writes one journal, from `open` to `close`."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        limits: JournalLimits,
        on_change: Callable[[JournalStatus], None],
    ) -> None:
        """Prepare a writer for the file at `path`.

        `on_change` is called in the event loop with the first status and with each that differs.
        """
        self.path = path
        self._limits = limits
        self._thread = JournalThread(path)
        self._queue = SnapshotQueue()
        self._notifier = RowsNotifier()
        self._schedule = CommitSchedule(clock)
        self._publisher = StatusPublisher(on_change, self._report_listener_error)
        self._committer = Committer(
            path, self._queue, clock=clock, on_removed=self._notifier.announce_removed
        )
        self._wake = asyncio.Event()
        self._not_paused = asyncio.Event()
        self._not_paused.set()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def status(self) -> JournalStatus:
        """Return how the journal is doing."""
        return self._publisher.status

    @property
    def pending(self) -> int:
        """Return how many snapshots wait to be committed."""
        return len(self._queue)

    async def open(self) -> frozenset[ReadingKey]:
        """Open the file and return the readings that it has; none if it cannot be opened."""
        known: frozenset[ReadingKey] = frozenset()

        def load() -> None:
            nonlocal known
            known = self._committer.require().snapshots.readings_with_values()

        await self._attempt(load)
        return known

    def add(self, snapshot: Snapshot) -> None:
        """Add a snapshot to those that wait to be written; this returns at once."""
        self._queue.add(snapshot)
        self._notifier.count_added()
        if self._committer.write_failed:
            self._notifier.announce_all()
        self._wake.set()

    def set_rows_listener(self, on_rows: Callable[[int], None]) -> None:
        """Call `on_rows` in the event loop with the number of rows that became available.

        Rows are available when they are committed, or when the disk has refused them. With a
        listener, rows are committed at most a second after they came; this does not sync more
        often.
        """
        self._notifier.set_listener(on_rows)

    def set_cursor(self, sink: str, cursor: int) -> None:
        """Set up to where (UTC ms) `sink` has every row; this is written with the next rows.

        A commit of its own for each cursor would double what is written to flash.
        """
        self._committer.set_cursor(sink, cursor)

    async def run(self) -> None:
        """Write what is added and prune what is old, until `close` cancels this task."""
        self._task = asyncio.current_task()
        while not self._is_closed:
            # Even while a station is away, rows become too old and the clock has to be read.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._schedule.max_idle_seconds)
            while (delay := self._schedule.seconds_to_commit(eager=self._is_eager)) > 0:
                self._wake.clear()
                with suppress(TimeoutError):  # a snapshot may bring the commit forward
                    await asyncio.wait_for(self._wake.wait(), delay)
            await self._not_paused.wait()
            self._wake.clear()
            sync = self._schedule.is_sync_due()
            succeeded = await self._attempt(partial(self._committer.write, durable=sync))
            self._schedule.committed(synced=sync, succeeded=succeeded)
            paused = not self._not_paused.is_set()
            if succeeded and not paused and self._schedule.is_prune_due():
                await self._prune_portion()
            if self._queue or (succeeded and self._committer.unsynced):
                self._wake.set()

    @property
    def _is_eager(self) -> bool:
        """Return whether somebody waits for rows that are not committed."""
        return self._notifier.has_listener and bool(self._queue)

    async def _prune_portion(self) -> None:
        """Delete one portion of old rows; the next is due after the next commit, else later."""
        more = False

        def prune() -> None:
            nonlocal more
            limits = self._limits
            result = self._committer.prune(days=limits.days, max_bytes=limits.max_bytes)
            more = result.deleted > 0

        await self._attempt(prune)
        if more:
            self._wake.set()
        else:
            self._schedule.pruned(doubted=self._committer.clock_jump is not None)

    async def flush(self) -> None:
        """Commit what waits now, if the disk allows it, so that readers see it.

        The sync is left to the next commit, so that frequent questions do not wear out the flash.
        """
        idle = self._is_closed or not self._not_paused.is_set()
        if (
            self._queue
            and not idle
            and await self._attempt(partial(self._committer.write, durable=False))
        ):
            self._wake.set()

    async def info(self) -> JournalInfo:
        """Return figures about the journal. Raises JournalError."""
        return await self._thread.run(lambda: _info(self._committer.require()))

    async def execute[T](self, job: Callable[[Journal], T], *, writes: bool = False) -> T:
        """Call `job` with the open journal, in its thread, and return what it returns.

        A job that `writes` waits until a backup is over. Raises JournalError; a damaged file is
        set aside before that.
        """
        if writes:
            await self._not_paused.wait()
        return await self._run_and_check(lambda: job(self._committer.require()))

    async def read_rows[T](self, job: Callable[[AvailableRows], T]) -> T:
        """Call `job` with all rows, including those that the disk refuses; return its result.

        Raises as `execute` does.
        """
        return await self._run_and_check(lambda: job(self._committer.available_rows()))

    async def _run_and_check[T](self, job: Callable[[], T]) -> T:
        """Run `job` in the thread; check the file if it finds damage."""
        try:
            return await self._thread.run(job)
        except JournalDamagedError:
            await self.check_file()
            raise

    async def pause(self) -> None:
        """Move everything into the file for a backup, and write nothing until `resume`.

        Raises JournalError.
        """
        self._not_paused.clear()
        await self._attempt(self._committer.write)
        await self._thread.run(lambda: self._committer.require().checkpoint())

    def resume(self) -> None:
        """Continue to write after a backup."""
        self._not_paused.set()

    async def accept_wall_clock(self) -> None:
        """Trust the wall clock, and soon delete what is too old by it. Raises JournalError."""
        await self._thread.run(self._committer.accept_wall_clock)
        self._schedule.prune_soon()
        self._committer.unsynced = True  # so that a commit comes soon, and pruning with it
        self._wake.set()

    async def check_file(self) -> None:
        """Check the file after a failed read, and set it aside if it is damaged."""
        if not self._is_closed:
            await self._attempt(self._committer.reopen)

    async def close(self) -> int:
        """Write what waits and close the file; return how many snapshots the disk did not take.

        Further calls do nothing.
        """
        if self._is_closed:
            return 0
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._committer.has_work:
            await self._attempt(partial(self._committer.write, partially=True))
        try:
            await self._thread.run(self._committer.finish)
        finally:
            await self._thread.shut_down()
        return len(self._queue)

    def unwritten(self) -> Sequence[Snapshot]:
        """Return, after `close`, what the disk did not take, with the times of its rows."""
        return self._committer.unwritten()

    async def _attempt(self, job: Callable[[], object]) -> bool:
        """Run `job` in the thread, publish the status after it, return whether it succeeded."""
        problem: JournalError | None = None
        try:
            await self._thread.run(job)
        except JournalDamagedError:
            problem = await self._reopen()
        except JournalError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whatever it is, writing has to go on
            problem = JournalUnavailableError(path=self.path, reason=repr(error))
        if self._committer.write_failed:
            self._notifier.announce_all()
        self._publisher.publish(
            JournalStatus(
                problem=problem,
                damage=self._committer.damage,
                dropped_snapshots=self._committer.dropped_snapshots,
                deleted_unmirrored=self._committer.deleted_unmirrored,
                clock_behind_until=self._committer.clock_behind_until,
                clock_jump=self._committer.clock_jump,
            )
        )
        return problem is None

    async def _reopen(self) -> JournalError | None:
        """Check the file and set it aside if it is damaged; return what is still wrong."""
        try:
            await self._thread.run(self._committer.reopen)
        except JournalError as error:
            return error
        return None

    def _report_listener_error(self, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"Status of {self.path.name} not taken", "exception": error}
        )


def _info(journal: Journal) -> JournalInfo:
    """Return figures about the open journal."""
    return JournalInfo(
        size=journal.size(),
        newest=journal.newest,
        readings=len(journal.snapshots.columns),
        deleted_unmirrored=journal.counters.deleted_unmirrored(),
    )
