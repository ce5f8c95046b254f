"""What happens in the journal's thread: opening the file, writing what waits, mending, pruning.

What cannot be written stays in memory, up to a bound, and is written when the disk allows it again.
Until then sinks get it from memory: a full disk is no reason for an InfluxDB to wait.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ...domain.errors import (
    JournalDamagedError,
    JournalError,
    JournalRefusalError,
    JournalUnavailableError,
)
from ...domain.models import Snapshot
from ...domain.ports import Clock
from ..recovery.high_water_mark import HighWaterMark, MarkSchedule, read_mark, write_mark
from ..recovery.salvage import JournalLoss, open_journal
from ..storage.file import Journal, PruneResult
from .clock import DAY, ClockJump, JournalClock
from .snapshot_queue import AvailableRows, SnapshotQueue

CLOCK_TOLERANCE = 60_000  # ms that the newest row may be ahead of the clock
_SHARING_SECONDS = 60.0  # between tries to let others read, which checks the file each time
MAX_PENDING = 5_000  # snapshots held in memory while the disk refuses; about 10 MB


class Committer:
    """Owns the open file and takes from the queue; for the journal's thread alone.

    The event loop may read `refusing`, `dropped`, `lost`, `ahead`, `doubt`, `loss` and `unsynced`,
    and calls `set_cursor`.
    """

    def __init__(
        self, path: Path, waiting: SnapshotQueue, *, clock: Clock, on_gone: Callable[[int], None]
    ) -> None:
        """Write what is `waiting` into the file at `path`.

        `on_gone` is called with how many snapshots have ever left the queue.
        """
        self._path = path
        self._waiting = waiting
        self._clock = clock
        self._journal_clock = JournalClock(clock)
        self.doubt: ClockJump | None = None
        self._on_gone = on_gone
        self._gone = 0
        self._journal: Journal | None = None
        self._newest: int | None = None  # of the file, None before it was ever open
        self._last_stamp = 0
        self._cursors: Mapping[str, int] = {}  # replaced, never changed: two threads have it
        self._saved_cursors: Mapping[str, int] = {}
        self.refusing = False  # the disk did not take what was to be written last
        self.unsynced = False
        self.dropped = 0
        self.lost = 0
        self.ahead: int | None = None
        self.loss: JournalLoss | None = None
        self._rows = 0
        self._marks = MarkSchedule()

    def set_cursor(self, sink: str, cursor: int) -> None:
        """Take that `sink` has every row up to `cursor`; it is written with the next rows."""
        self._cursors = {**self._cursors, sink: cursor}

    @property
    def due(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self._waiting) or self.unsynced or self._cursors != self._saved_cursors

    def require(self) -> Journal:
        """Return the open journal, opened anew if it was closed or its file replaced.

        A file that turns out to be damaged makes way for a new one. Raises JournalError.
        """
        if self._journal is None or not self._journal.in_place():
            self.close()
            self._journal, loss = open_journal(self._path, self._clock.now())
            self.loss = loss or self.loss
            self._count(self._journal)
            self._look(self._journal)
            self._saved_cursors = {}  # a new file does not have them
            if self._journal_clock.believed is None:
                self._journal_clock.start(*self._journal.clock())
            self._keep_clock(self._journal)
        return self._journal

    def _count(self, journal: Journal) -> None:
        """Find out how many rows there are, from the mark where that is of the newest row."""
        mark = read_mark(self._path)
        known = mark is not None and mark.newest == journal.newest
        self._marks = MarkSchedule()
        self._next_sharing = 0.0
        self._rows = mark.rows if known and mark is not None else journal.count_after(-1)
        self._mark(journal)

    def _mark(self, journal: Journal) -> None:
        if self._rows:
            write_mark(self._path, HighWaterMark(rows=self._rows, newest=journal.newest))

    def _keep_clock(self, journal: Journal) -> None:
        """Keep which time is believed, if the disk lets it; a little too early does no harm."""
        with suppress(JournalUnavailableError):
            believed = self._journal_clock.believed
            journal.keep_clock(believed, self._journal_clock.doubted_from)

    def reopen(self) -> None:
        """Open the file anew, which checks all of it and sets it aside if it is damaged."""
        self.close()
        self.require()

    def close(self) -> None:
        """Close the file if it is open."""
        if self._journal is not None:
            with suppress(JournalError):
                self._journal.close()
            self._journal = None

    def finish(self) -> None:
        """Keep what is only in memory, and close the file."""
        if self._journal is not None:
            self._journal_clock.go_on()
            with suppress(JournalError):
                self._keep_clock(self._journal)
            self._mark(self._journal)
        self.close()

    def all_rows(self) -> AvailableRows:
        """Return all rows that sinks may have. Raises JournalError."""
        journal, problem = None, None
        try:
            journal = self.require()
        except JournalUnavailableError as error:
            if self._newest is None or not self.refusing:
                raise
            problem = error
        newest = (self._newest or 0) if journal is None else journal.newest
        waiting = self._stamp() if self.refusing else ()
        return AvailableRows(journal, waiting, newest=newest, problem=problem)

    def write(self, *, durable: bool = True, piecemeal: bool = False) -> None:
        """Write what waits; what cannot be written stays, as far as memory goes.

        With `piecemeal`, as many of the oldest are written as the disk takes. Raises JournalError.
        """
        try:
            self._write(durable=durable, piecemeal=piecemeal)
        except Exception:
            self.refusing = True
            self._drop(len(self._waiting) - MAX_PENDING)
            raise
        self.refusing = False
        self._after_commit(durable=durable)

    def _write(self, *, durable: bool, piecemeal: bool) -> None:
        self.require()
        batch = self._stamp()
        try:
            self._append(batch, durable=durable)
        except Exception as error:
            if not _is_refusal(error):
                if piecemeal:
                    self._write_halves(batch)
                raise
            if not self._write_singly(batch):
                raise
        else:
            self._forget(len(batch))

    def _after_commit(self, *, durable: bool) -> None:
        """Note what follows; what fails here costs no row, and none is written twice."""
        journal = self.require()
        self._look(journal)
        self.ahead = _ahead(journal.newest, self._waiting.clock_said)
        if durable and self._marks.due(self._clock.monotonic()):
            self._mark(journal)
        if journal.alone and self._clock.monotonic() >= self._next_sharing:
            self._next_sharing = self._clock.monotonic() + _SHARING_SECONDS
            self.reopen()  # the disk takes again, and others want to read

    def unwritten(self) -> Sequence[Snapshot]:
        """Return what still waits, under the times of its rows."""
        return self._stamp()

    def _stamp(self) -> Sequence[Snapshot]:
        """Return what waits, under times that are later than all before and any cursor.

        Before the file was ever open nobody knows what these are.
        """
        if self._newest is None:
            return self._waiting.drain()
        if self._journal is not None:
            self._last_stamp = max(self._last_stamp, self._journal.last_stamp)
        return self._waiting.stamp(max([self._last_stamp, *self._cursors.values()]))

    def _write_singly(self, batch: Sequence[Snapshot]) -> bool:
        """Write what can be written where some of it cannot; return whether anything could.

        If nothing can be, nothing is dropped: it need not be the rows.
        """
        done = refused = 0
        try:
            for snapshot in batch:
                try:
                    self._append([snapshot], durable=False)
                except Exception as error:
                    if not _is_refusal(error):
                        raise
                    refused += 1
                done += 1
        finally:
            if refused < done:
                self.dropped += refused
                self._forget(done)
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
                self._forget(size)
                batch = batch[size:]

    def _drop(self, count: int) -> None:
        """Give up the oldest, which memory cannot hold any longer."""
        if count > 0:
            self.dropped += count
            self._forget(count)

    def _forget(self, count: int) -> None:
        """Let go of the oldest, which are committed or given up."""
        self._waiting.take(count)
        self._gone += count
        self._on_gone(self._gone)

    def _append(self, batch: Sequence[Snapshot], *, durable: bool) -> None:
        """Append to the journal, to a new one if the present one turns out to be damaged."""
        try:
            self._sync(self.require(), batch, durable=durable)
        except JournalDamagedError:
            self.reopen()
            self._sync(self.require(), batch, durable=durable)

    def _sync(self, journal: Journal, batch: Sequence[Snapshot], *, durable: bool) -> None:
        """Append, or where there is nothing to append make durable what was not yet."""
        cursors = self._storable_cursors(batch[-1].taken_at if batch else journal.newest)
        if batch or cursors != self._saved_cursors:
            journal.append(batch, durable=durable, cursors=cursors, stamped=True)
        elif self.unsynced:
            journal.checkpoint()
        self.unsynced = not durable
        self._saved_cursors = cursors
        self._rows += len(batch)

    def _storable_cursors(self, last: int) -> Mapping[str, int]:
        """Return the cursors, while rows wait in memory none beyond the `last` row in the file.

        Rows that are put again after a reload must not lie before a cursor.
        """
        if not self._waiting:
            return self._cursors
        return {sink: min(cursor, last) for sink, cursor in self._cursors.items()}

    def _look(self, journal: Journal) -> None:
        """Note what has to be known when the file cannot be asked."""
        self.lost = journal.lost
        self._newest = journal.newest
        self._last_stamp = max(self._last_stamp, journal.last_stamp)

    def prune(self, *, days: int, max_bytes: int) -> PruneResult:
        """Remove one portion of what is over the limits. Raises JournalError."""
        journal = self.require()
        if (cursors := self._storable_cursors(journal.newest)) != self._saved_cursors:
            journal.append([], durable=False, cursors=cursors)  # they say what may leave
            self._saved_cursors = cursors
        now = self._journal_clock.now(days)
        self._keep_clock(journal)
        pruned = journal.prune(before=now - days * DAY, max_bytes=max_bytes)
        if self._journal_clock.doubted_from is None:
            self.doubt = None
        elif self.doubt is None:  # as it began: it is not told anew with every row that ages
            waiting = journal.count_before(self._clock.now() - days * DAY)
            self.doubt = self._journal_clock.doubt(waiting)
        self.lost = journal.lost
        if pruned.any:
            self._rows -= pruned.aged + pruned.oversize
            if journal.count_after(-1, most=1):
                self._mark(journal)
            else:  # all left by age: an old mark would say that they are missing
                self._rows = 0
                write_mark(self._path, HighWaterMark(rows=0, newest=0))
        return pruned

    def accept_wall_clock(self) -> None:
        """Measure age against the wall clock from now on. Raises JournalError."""
        self._journal_clock.trust()
        self._keep_clock(self.require())


def _is_refusal(error: Exception) -> bool:
    """Return whether an error may be of a row, and not of the disk or the file."""
    return isinstance(error, JournalRefusalError) or not isinstance(error, JournalError)


def _ahead(newest: int, taken_at: int) -> int | None:
    """Return what time the clock has to reach again, to the minute; None if it need not.

    `newest` is the time that the newest row was stamped with, `taken_at` what the clock said, 0 if
    nothing was put yet.
    """
    if not taken_at or newest - taken_at <= CLOCK_TOLERANCE:
        return None
    return newest // CLOCK_TOLERANCE * CLOCK_TOLERANCE
