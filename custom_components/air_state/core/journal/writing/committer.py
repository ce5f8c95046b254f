"""Committing: queued snapshots are written into the journal.

Snapshots that cannot be written stay in memory, up to a limit, and are written as soon as the disk
allows it. Until then sinks get them from memory: a full disk is no reason for an InfluxDB to wait.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...domain.errors import (
    JournalDamagedError,
    JournalError,
    JournalRefusalError,
    JournalUnavailableError,
)
from ...domain.models import Snapshot
from ...domain.ports import Clock
from ..recovery.high_water_mark import MarkKeeper
from ..recovery.rebuild import DamageReport
from ..storage.file import Journal, PruneResult
from .available_rows import AvailableRows
from .handle import JournalHandle
from .journal_clock import ClockJump
from .pruning import Pruner
from .snapshot_queue import SnapshotQueue

CLOCK_TOLERANCE = 60_000  # ms that the newest row may be ahead of the clock
MAX_PENDING = 5_000  # snapshots held in memory while the disk refuses; about 10 MB


class Committer:
    """Moves snapshots from the queue into the file; for the journal's thread.

    The event loop may read the attributes and `damage`, `clock_jump` and `has_work`, and call
    `set_cursor`.
    """

    def __init__(
        self, path: Path, queue: SnapshotQueue, *, clock: Clock, on_removed: Callable[[int], None]
    ) -> None:
        """Write what is in the `queue` into the file at `path`.

        `on_removed` is called with how many snapshots were ever removed from the queue.
        """
        self._queue = queue
        self._clock = clock
        self._on_removed = on_removed
        self._handle = JournalHandle(path, clock, self._opened)
        self._marks = MarkKeeper(path)
        self._pruner = Pruner(clock)
        self._removed = 0
        self._newest: int | None = None  # row of the file, None until it was opened once
        self._last_stamp = 0
        self._cursors: Mapping[str, int] = {}  # replaced, never changed: two threads read it
        self._saved_cursors: Mapping[str, int] = {}
        self.write_failed = False  # the last time
        self.unsynced = False  # rows were committed that a power cut may still lose
        self.dropped_snapshots = 0  # as in `JournalStatus`
        self.deleted_unmirrored = 0  # as in `JournalStatus`
        self.clock_behind_until: int | None = None  # as in `JournalStatus`

    @property
    def damage(self) -> DamageReport | None:
        """Return what was damaged or missing when the journal was opened, None if nothing."""
        return self._handle.damage

    @property
    def clock_jump(self) -> ClockJump | None:
        """Return why old rows are kept, None if they are not."""
        return self._pruner.clock_jump

    @property
    def has_work(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self._queue) or self.unsynced or self._cursors != self._saved_cursors

    def set_cursor(self, sink: str, cursor: int) -> None:
        """Set up to where (UTC ms) `sink` has every row; this is written with the next rows."""
        self._cursors = {**self._cursors, sink: cursor}

    def require(self) -> Journal:
        """Return the open journal, opened again if need be. Raises JournalError."""
        return self._handle.require()

    def reopen(self) -> None:
        """Check the file, and set it aside if it is damaged. Raises JournalError."""
        self._handle.reopen()

    def _opened(self, journal: Journal) -> None:
        """Take over what an opened file says. Raises JournalError."""
        self._marks.opened(journal)
        self._remember(journal)
        self._saved_cursors = {}  # a new file does not have them
        self._pruner.opened(journal)

    def _remember(self, journal: Journal) -> None:
        """Keep in memory what must be known when the file cannot be read."""
        self.deleted_unmirrored = journal.counters.deleted_unmirrored()
        self._newest = journal.newest
        self._last_stamp = max(self._last_stamp, journal.last_stamp)

    def finish(self) -> None:
        """Store what is only in memory, and close the file."""
        if (journal := self._handle.journal) is not None:
            self._pruner.closing(journal)
            self._marks.write(journal)
        self._handle.close()

    def available_rows(self) -> AvailableRows:
        """Return all rows that sinks can get. Raises JournalError."""
        journal, problem = None, None
        try:
            journal = self.require()
        except JournalUnavailableError as error:
            if self._newest is None or not self.write_failed:
                raise
            problem = error
        newest = (self._newest or 0) if journal is None else journal.newest
        waiting = self._stamp() if self.write_failed else ()
        return AvailableRows(journal, waiting, newest=newest, problem=problem)

    def write(self, *, durable: bool = True, partially: bool = False) -> None:
        """Write what is queued; what cannot be written stays queued, up to the limit.

        With `partially`, as many of the oldest are written as the disk takes. Raises JournalError.
        """
        try:
            self._write(durable=durable, partially=partially)
        except Exception:
            self.write_failed = True
            self._drop_oldest(len(self._queue) - MAX_PENDING)
            raise
        self.write_failed = False
        self._after_commit(durable=durable)

    def _write(self, *, durable: bool, partially: bool) -> None:
        self.require()
        batch = self._stamp()
        try:
            self._append(batch, durable=durable)
        except Exception as error:
            if not _may_be_the_row(error):
                if partially:
                    self._write_halves(batch)
                raise
            if not self._write_one_by_one(batch):
                raise
        else:
            self._remove_oldest(len(batch))

    def _after_commit(self, *, durable: bool) -> None:
        """Do what follows a commit; an error here neither loses a row nor writes one twice."""
        journal = self.require()
        self._remember(journal)
        self.clock_behind_until = _clock_behind_until(journal.newest, self._queue.latest_clock_time)
        if durable:
            self._marks.synced(journal, self._clock.monotonic())
        self._handle.reopen_for_readers()

    def unwritten(self) -> Sequence[Snapshot]:
        """Return what is still queued, with the times of its rows."""
        return self._stamp()

    def _stamp(self) -> Sequence[Snapshot]:
        """Return what is queued, with times later than all earlier rows and every cursor.

        Until the file was opened once these are unknown, and snapshots keep the clock's times.
        """
        if self._newest is None:
            return self._queue.waiting()
        if self._handle.journal is not None:
            self._last_stamp = max(self._last_stamp, self._handle.journal.last_stamp)
        return self._queue.stamp(max([self._last_stamp, *self._cursors.values()]))

    def _write_one_by_one(self, batch: Sequence[Snapshot]) -> bool:
        """Write the rows that can be written, drop the others, return whether any was written.

        If none can be written none is dropped: it may not be the rows' fault.
        """
        done = refused = 0
        try:
            for snapshot in batch:
                try:
                    self._append([snapshot], durable=False)
                except Exception as error:
                    if not _may_be_the_row(error):
                        raise
                    refused += 1
                done += 1
        finally:
            if refused < done:
                self.dropped_snapshots += refused
                self._remove_oldest(done)
        return refused < done

    def _write_halves(self, batch: Sequence[Snapshot]) -> None:
        """Write as many of the oldest as the disk takes."""
        size = len(batch) // 2
        while batch and size:
            try:
                self._append(batch[:size], durable=True)
            except JournalError:
                size //= 2
            else:
                self._remove_oldest(size)
                batch = batch[size:]

    def _drop_oldest(self, count: int) -> None:
        """Drop snapshots that memory cannot hold."""
        if count > 0:
            self.dropped_snapshots += count
            self._remove_oldest(count)

    def _remove_oldest(self, count: int) -> None:
        """Remove snapshots from the queue that are committed or dropped."""
        self._queue.remove_oldest(count)
        self._removed += count
        self._on_removed(self._removed)

    def _append(self, batch: Sequence[Snapshot], *, durable: bool) -> None:
        """Append to the journal, or to a new one if this one turns out to be damaged."""
        try:
            self._append_or_sync(self.require(), batch, durable=durable)
        except JournalDamagedError:
            self.reopen()
            self._append_or_sync(self.require(), batch, durable=durable)

    def _append_or_sync(
        self, journal: Journal, batch: Sequence[Snapshot], *, durable: bool
    ) -> None:
        """Append rows and cursors; if there are none, sync what was committed before."""
        cursors = self._storable_cursors(batch[-1].taken_at if batch else journal.newest)
        if batch or cursors != self._saved_cursors:
            journal.append(batch, durable=durable, cursors=cursors, stamped=True)
        elif self.unsynced:
            journal.checkpoint()
        self.unsynced = not durable
        self._saved_cursors = cursors
        self._marks.appended(len(batch))

    def _storable_cursors(self, last: int) -> Mapping[str, int]:
        """Return the cursors; none is beyond the file's `last` row while rows wait in memory.

        After a reload such rows are added again, and must not lie before a cursor.
        """
        if not self._queue:
            return self._cursors
        return {sink: min(cursor, last) for sink, cursor in self._cursors.items()}

    def prune(self, *, days: int, max_bytes: int) -> PruneResult:
        """Delete one portion of the rows over these limits. Raises JournalError."""
        journal = self.require()
        if (cursors := self._storable_cursors(journal.newest)) != self._saved_cursors:
            journal.append([], durable=False, cursors=cursors)  # they decide which rows may go
            self._saved_cursors = cursors
        result = self._pruner.prune(journal, days=days, max_bytes=max_bytes)
        self.deleted_unmirrored = journal.counters.deleted_unmirrored()
        if result.deleted:
            self._marks.pruned(journal, result.deleted)
        return result

    def accept_wall_clock(self) -> None:
        """Measure age by the wall clock from now on. Raises JournalError."""
        self._pruner.accept_wall_clock(self.require())


def _may_be_the_row(error: Exception) -> bool:
    """Return whether a row may be the cause of an error, rather than the disk or the file."""
    return isinstance(error, JournalRefusalError) or not isinstance(error, JournalError)


def _clock_behind_until(newest: int, clock_time: int) -> int | None:
    """Return the time that the clock has to reach again, to the minute; None if it need not.

    `newest` is the newest row's time, `clock_time` what the clock said then, 0 if there is none.
    """
    if not clock_time or newest - clock_time <= CLOCK_TOLERANCE:
        return None
    return newest // CLOCK_TOLERANCE * CLOCK_TOLERANCE
