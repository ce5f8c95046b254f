"""The journal's own thread: takes snapshots without making anybody wait, and heals.

Snapshots wait in memory until they are committed, at once when the last commit is 5 s ago, else
in a group: a commit of its own writes 4.5 kB for a row of 110 B, and flash wears out. What cannot
be written stays in memory, up to a bound, and is written when the disk allows it again.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..domain.errors import JournalDamagedError, JournalError, JournalUnavailableError
from ..domain.models import ReadingKey, Snapshot
from ..domain.ports import Clock
from .recovery.salvage import JournalLoss
from .storage.file import Journal
from .writing.clock import ClockJump
from .writing.committer import Committer
from .writing.snapshot_queue import AvailableRows, SnapshotQueue

GROUP_SECONDS = 5.0
EAGER_SECONDS = 1.0  # between commits without a sync, while somebody waits for rows
RETRY_SECONDS = 30.0
PRUNE_SECONDS = 3_600.0
DOUBT_SECONDS = 60.0  # between looks whether the clock was put right


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLimits:
    """How much the journal keeps: days, and bytes."""

    days: int
    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How the journal is.

    `problem` is why it cannot be written at the moment; `loss` what was amiss when the
    file was opened; `dropped` counts snapshots that memory could not hold any longer; `lost` what
    ever left for want of room before every sink had it. `ahead` is the time (UTC ms) that the clock
    has to reach again where it was set back by more than a minute, else None.
    `doubt` is why rows wait to leave by age, where the clock went too far ahead, else None.
    """

    problem: JournalError | None = None
    loss: JournalLoss | None = None
    dropped: int = 0
    lost: int = 0
    ahead: int | None = None
    doubt: ClockJump | None = None

    def differs_from(self, other: JournalStatus) -> bool:
        """Return whether this says something else; two errors of the same text do not."""
        return replace(self, problem=None) != replace(other, problem=None) or str(
            self.problem
        ) != str(other.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalInfo:
    """Figures about the journal for diagnostics; times in UTC ms, sizes in bytes."""

    size: int
    newest: int
    readings: int
    lost: int


class JournalWriter:
    """The one that writes a journal, from `open` to `close`."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        limits: JournalLimits,
        on_change: Callable[[JournalStatus], None],
    ) -> None:
        """Prepare a writer for the file at `path`.

        `on_change` is called in the event loop with the first status and each that differs.
        """
        self.path = path
        self._clock = clock
        self._limits = limits
        self._on_change = on_change
        self._status = JournalStatus()
        self._told: JournalStatus | None = None
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="air_state journal")
        self._waiting = SnapshotQueue()
        self._wake = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._shut = False
        self._next_commit = 0.0  # without a sync
        self._next_sync = 0.0
        self._next_prune = 0.0
        self._on_commit: Callable[[int], None] | None = None
        self._put = self._told_rows = 0  # ever, and up to which `_on_commit` knows of them
        self._committer = Committer(path, self._waiting, clock=clock, on_gone=self._gone)

    @property
    def status(self) -> JournalStatus:
        """Return how the journal is."""
        return self._status

    @property
    def pending(self) -> int:
        """Return how many snapshots wait to be committed."""
        return len(self._waiting)

    async def open(self) -> frozenset[ReadingKey]:
        """Open the file and return the readings that it holds; none if it cannot be opened."""
        known: frozenset[ReadingKey] = frozenset()

        def look() -> None:
            nonlocal known
            known = self._committer.require().present()

        await self._attempt(look)
        return known

    def add(self, snapshot: Snapshot) -> None:
        """Take a snapshot; returns at once."""
        self._waiting.add(snapshot)
        self._put += 1
        if self._committer.refusing:
            self._tell_rows(self._put)
        self._wake.set()

    def set_rows_listener(self, on_commit: Callable[[int], None]) -> None:
        """Call `on_commit` in the event loop with the number of rows that can be had from now on.

        That is when they are committed, or the disk has refused them.

        From now on rows are committed after a second, if polls are that frequent, so that they
        can be had soon; that does not sync more often.
        """
        self._on_commit = on_commit

    def set_cursor(self, sink: str, cursor: int) -> None:
        """Take that `sink` has every row up to `cursor`; it is written with the next rows.

        A commit for each cursor would double what is written to flash.
        """
        self._committer.set_cursor(sink, cursor)

    async def run(self) -> None:
        """Write what is put and prune what is old, until cancelled by `close`."""
        self._task = asyncio.current_task()
        while not self._closed:
            # Rows leave by age while a station is away, too, and the clock is looked at.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PRUNE_SECONDS)
            while (delay := self._next_write() - self._clock.monotonic()) > 0:
                self._wake.clear()
                with suppress(TimeoutError):  # what is put meanwhile may bring it forward
                    await asyncio.wait_for(self._wake.wait(), delay)
            await self._released.wait()
            self._wake.clear()
            sync = self._clock.monotonic() >= self._next_sync
            done = await self._attempt(partial(self._committer.write, durable=sync))
            now = self._clock.monotonic()
            self._next_commit = now + (EAGER_SECONDS if done else RETRY_SECONDS)
            if sync:
                self._next_sync = now + (GROUP_SECONDS if done else RETRY_SECONDS)
            held = not self._released.is_set()
            if done and not held and self._clock.monotonic() >= self._next_prune:
                await self._prune_portion()
            if self._waiting or (done and self._committer.unsynced):
                self._wake.set()

    def _next_write(self) -> float:
        """Return when to write next what waits, or what waits to be synced."""
        eager = self._on_commit is not None and self._waiting
        return min(self._next_commit, self._next_sync) if eager else self._next_sync

    def _gone(self, count: int) -> None:
        """Take, in the thread, that so many snapshots have ever left the queue."""
        self._loop.call_soon_threadsafe(self._tell_rows, count)

    def _tell_rows(self, up_to: int) -> None:
        """Say how many rows can be had that could not be before, of all that were ever put."""
        new, self._told_rows = up_to - self._told_rows, max(up_to, self._told_rows)
        if new > 0 and self._on_commit is not None:
            self._loop.call_soon(self._on_commit, new)  # whose errors are not of the journal

    async def flush(self) -> None:
        """Write what waits now, if the disk lets it, so that readers see it.

        This leaves the sync to the next commit: however often somebody asks, the flash is spared.
        """
        resting = self._closed or not self._released.is_set()
        if (
            self._waiting
            and not resting
            and await self._attempt(partial(self._committer.write, durable=False))
        ):
            self._wake.set()

    async def info(self) -> JournalInfo:
        """Return figures about the journal. Raises JournalError."""
        return await self._in_thread(lambda: _facts(self._committer.require()))

    async def execute[T](self, job: Callable[[Journal], T], *, writes: bool = False) -> T:
        """Return what `job` finds out or does in the open journal, in its thread.

        One that `writes` waits for the end of a backup. Raises JournalError; a damaged file is set
        aside first.
        """
        if writes:
            await self._released.wait()
        return await self._suspecting(lambda: job(self._committer.require()))

    async def read_rows[T](self, job: Callable[[AvailableRows], T]) -> T:
        """Return what `job` finds among the rows, those included that the disk refuses to take.

        Raises as `execute` does.
        """
        return await self._suspecting(lambda: job(self._committer.all_rows()))

    async def _suspecting[T](self, job: Callable[[], T]) -> T:
        try:
            return await self._in_thread(job)
        except JournalDamagedError:
            await self.check_file()
            raise

    async def pause(self) -> None:
        """Bring the file to rest for a backup: all in it, and nothing written until `resume`.

        Raises JournalError.
        """
        self._released.clear()
        await self._attempt(self._committer.write)
        await self._in_thread(lambda: self._committer.require().checkpoint())

    def resume(self) -> None:
        """Go on writing after a backup."""
        self._released.set()

    async def accept_wall_clock(self) -> None:
        """Take that the clock is right: what is too old by it leaves. Raises JournalError."""
        await self._in_thread(self._committer.accept_wall_clock)
        self._next_prune = 0.0
        self._committer.unsynced = True  # so that the next commit, and pruning with it, comes soon
        self._wake.set()

    async def check_file(self) -> None:
        """Check the file, and set it aside if it is damaged; somebody could not read it."""
        if not self._closed:
            await self._attempt(self._committer.reopen)

    async def close(self) -> int:
        """Write what waits and close the file; return how many snapshots the disk did not take.

        More than once does no harm.
        """
        if self._closed:
            return 0
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._committer.due:
            await self._attempt(partial(self._committer.write, piecemeal=True))
        try:
            await self._in_thread(self._committer.finish)
        finally:
            self._shut = True
            await self._loop.run_in_executor(None, self._thread.shutdown)
        return len(self._waiting)

    def unwritten(self) -> Sequence[Snapshot]:
        """Return, after `close`, what the disk did not take, under the times of its rows."""
        return self._committer.unwritten()

    async def _in_thread[T](self, job: Callable[[], T]) -> T:
        if self._shut:
            raise JournalUnavailableError(path=self.path, reason="closed")
        return await self._loop.run_in_executor(self._thread, job)

    async def _attempt(self, job: Callable[[], object]) -> bool:
        """Run `job` in the thread, publish the status that follows, return whether it worked."""
        problem: JournalError | None = None
        try:
            await self._in_thread(job)
        except JournalDamagedError:
            problem = await self._mend()
        except JournalError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - whatever it is, writing has to go on
            problem = JournalUnavailableError(path=self.path, reason=repr(error))
        if self._committer.refusing:
            self._tell_rows(self._put)
        self._status = JournalStatus(
            problem=problem,
            loss=self._committer.loss,
            dropped=self._committer.dropped,
            lost=self._committer.lost,
            ahead=self._committer.ahead,
            doubt=self._committer.doubt,
        )
        if self._told is None or self._status.differs_from(self._told):
            self._told = self._status
            try:
                self._on_change(self._status)
            except Exception as error:  # noqa: BLE001 - writing goes on; the loop's handler tells
                self._loop.call_exception_handler(
                    {"message": f"Status of {self.path.name} not taken", "exception": error}
                )
        return problem is None

    async def _mend(self) -> JournalError | None:
        """Check the file, set it aside if it is damaged; return what is still the matter."""
        try:
            await self._in_thread(self._committer.reopen)
        except JournalError as error:
            return error
        return None

    async def _prune_portion(self) -> None:
        """Remove one portion of old rows: the next one after the next commit, else in an hour."""
        more = False

        def prune() -> None:
            nonlocal more
            limits = self._limits
            more = self._committer.prune(days=limits.days, max_bytes=limits.max_bytes).any

        await self._attempt(prune)
        if more:
            self._wake.set()
        else:
            pause = PRUNE_SECONDS if self._committer.doubt is None else DOUBT_SECONDS
            self._next_prune = self._clock.monotonic() + pause


def _facts(journal: Journal) -> JournalInfo:
    """Return figures about the open journal."""
    return JournalInfo(
        size=journal.size(),
        newest=journal.newest,
        readings=len(journal.columns),
        lost=journal.lost,
    )
