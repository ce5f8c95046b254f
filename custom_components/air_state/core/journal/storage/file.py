"""The journal: every snapshot of a station, in one SQLite file.

What it promises:

- A committed row survives the death of the process. It survives a power cut too, once `append`
  with `durable` has returned.
- A damaged file is never deleted, and a file of a newer version is left alone.

Methods block on the disk, and two threads must not call them at once; `journal/writer.py` takes
care of both.
"""

import os
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ...domain.errors import JournalDamagedError
from ...domain.models import JournalRows, Snapshot
from ...domain.times import END_OF_YEAR_9999
from .connection import open_connection
from .counters import CounterTable, add_deleted_unmirrored, set_back_clock
from .cursors import CursorTable
from .dead_letters import DeadLetterTable
from .paths import unused_path
from .snapshots import SnapshotTable
from .sqlite import journal_errors, number, transaction

_VACUUM_PAGES = 500  # at once
_AFTER_EVERY_ROW = 2**63 - 1  # ms; the largest integer that SQLite stores


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """How many rows one call of `prune` deleted: by age (`aged`) and by size (`oversize`).

    `unmirrored` is how many of the latter some sink did not have yet.
    """

    aged: int = 0
    oversize: int = 0
    unmirrored: int = 0

    @property
    def deleted(self) -> int:
        """Return how many rows were deleted; while it is more than 0 there may be more."""
        return self.aged + self.oversize


class Journal:
    """One open journal file, with its tables as attributes."""

    def __init__(self, path: Path, *, exclusive: bool = False) -> None:
        """Open the file at `path`; it is created if there is none.

        With `exclusive` nobody else can read the file, but it can be opened on a full disk.
        Raises JournalUnavailableError, JournalDamagedError and JournalVersionError.
        """
        self.path = path
        self.exclusive = exclusive
        self._load_failed = False
        self._full_sync: bool | None = None
        self._reserved = 0
        with journal_errors(path, opening=True):
            self._connection = open_connection(path, exclusive=exclusive)
            try:
                self.snapshots = SnapshotTable(self._connection, path)
                self._load_stamps()
                self._require_possible_stamps()
                self._file = path.stat()
            except BaseException:
                self._connection.close()
                raise
        self.cursors = CursorTable(self._connection, path)
        self.dead_letters = DeadLetterTable(self._connection, path)
        self.counters = CounterTable(self._connection, path)

    def _load_stamps(self) -> None:
        """Read the newest row's time, and the time that the next row has to be later than.

        A cursor may be later than the newest row, after rows were pruned. A row that is stamped
        before the cursor would never reach the sink.
        """
        self._newest = number(self._connection, "SELECT coalesce(max(taken_at), 0) FROM snapshots")
        cursor = number(self._connection, "SELECT coalesce(max(taken_at), 0) FROM cursors")
        self._last_stamp = max(self._newest, cursor, self._reserved)

    def _require_possible_stamps(self) -> None:
        """Raise JournalDamagedError if a row or a cursor is later than any clock can be."""
        if self._last_stamp > END_OF_YEAR_9999:
            raise JournalDamagedError(path=self.path, reason="its times are beyond the year 9999")

    @property
    def newest(self) -> int:
        """Return when the newest row was taken (UTC ms), 0 if there is none."""
        return self._newest

    @property
    def last_stamp(self) -> int:
        """Return the time (UTC ms) that the next row has to be later than."""
        return self._last_stamp

    def stamp_after(self, cursor: int) -> None:
        """Stamp all further rows later than `cursor` (UTC ms): a sink skips earlier ones."""
        self._reserved = max(self._reserved, cursor)
        self._last_stamp = max(self._last_stamp, cursor)

    def is_in_place(self) -> bool:
        """Return whether the open file is still the one at the path, and usable.

        SQLite goes on writing into a file that was deleted, and all of that would be lost. A file
        whose columns and times could not be read again after an error is not usable either.
        """
        try:
            return not self._load_failed and os.path.samestat(self._file, self.path.stat())
        except OSError:
            return False

    def append(
        self,
        snapshots: Sequence[Snapshot],
        *,
        durable: bool = True,
        cursors: Mapping[str, int] | None = None,
        stamped: bool = False,
    ) -> None:
        """Write the snapshots and the sinks' `cursors` in one transaction, all or none.

        With `durable` they are on the disk when this returns, without it the operating system has
        them. Where the clock was set back, a snapshot is stamped 1 ms after the newest row and
        every cursor. Snapshots that are already `stamped` need only be later than the newest row,
        since a sink may have got them from memory. Raises JournalError.
        """
        with journal_errors(self.path):
            self._synchronize(full=durable)
            try:
                with transaction(self._connection):
                    for sink, cursor in (cursors or {}).items():
                        self.cursors.advance(sink, cursor)
                        self._last_stamp = max(self._last_stamp, cursor)
                    for snapshot in snapshots:
                        last = self._newest if stamped else self._last_stamp
                        self._newest = max(snapshot.taken_at, last + 1)
                        self._last_stamp = max(self._last_stamp, self._newest)
                        self.snapshots.insert(snapshot, self._newest)
            except BaseException:
                self._reload()
                raise

    def _reload(self) -> None:
        """Read again what is kept in memory of the file."""
        self._load_failed = True
        self.snapshots.reload_columns()
        self._load_stamps()
        self._load_failed = False

    def _synchronize(self, *, full: bool) -> None:
        """Set whether commits wait until the disk has them."""
        if full is not self._full_sync:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._full_sync = full

    def restore(self, found: JournalRows, *, synced: bool = True) -> int:
        """Insert rows of another journal under their own times; return how many were missing.

        Without `synced` a power cut may damage the file, until `checkpoint` is called. Raises
        JournalError.
        """
        with journal_errors(self.path):
            self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if synced else 'OFF'}")
            self._full_sync = None
            try:
                return self.snapshots.insert_missing(found)
            finally:
                self.snapshots.reload_columns()
                self._load_stamps()

    def size(self) -> int:
        """Return the bytes in use; free pages, which are filled again, do not count."""
        with journal_errors(self.path):
            pages = number(self._connection, "PRAGMA page_count") - number(
                self._connection, "PRAGMA freelist_count"
            )
            return pages * number(self._connection, "PRAGMA page_size")

    def prune(self, *, before: int, max_bytes: int) -> PruneResult:
        """Delete rows taken before that time (UTC ms), or else the oldest if the file is too large.

        One call deletes at most 5,000 rows. Rows that a sink does not have yet are deleted by size
        only, and counted. Raises JournalError.
        """
        with journal_errors(self.path):
            mirrored = self.cursors.earliest(_AFTER_EVERY_ROW)
            with transaction(self._connection):
                aged = self.snapshots.delete_oldest(before=min(before, mirrored + 1))
                result = PruneResult(aged=aged)
                if not aged and self.size() > max_bytes:
                    unmirrored = self.snapshots.count_oldest(after=mirrored)
                    oversize = self.snapshots.delete_oldest(before=_AFTER_EVERY_ROW)
                    result = PruneResult(oversize=oversize, unmirrored=unmirrored)
                    add_deleted_unmirrored(self._connection, unmirrored)
            if result.deleted:
                self._connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        return result

    def keep_only_sinks(self, sinks: Collection[str]) -> None:
        """Delete cursors and dead letters of all other sinks, so that no row waits for them.

        Raises JournalError.
        """
        with journal_errors(self.path), transaction(self._connection):
            known = self._connection.execute(
                "SELECT sink FROM cursors UNION SELECT sink FROM dead_letters"
            ).fetchall()
            for (sink,) in known:
                if sink not in sinks:
                    self._connection.execute("DELETE FROM cursors WHERE sink = ?", (sink,))
                    self._connection.execute("DELETE FROM dead_letters WHERE sink = ?", (sink,))

    def move_future_rows(self, now: int) -> tuple[Path, int]:
        """Delete rows taken after `now` (UTC ms), which a wrong clock stamped.

        Before that the whole journal is copied. Return the copy's path, and how many rows were
        deleted. Raises JournalError.
        """
        with journal_errors(self.path):
            copy = unused_path(self.path, "ahead", now)
            with closing(sqlite3.connect(copy)) as target:
                self._connection.backup(target)
            with transaction(self._connection):
                self.cursors.rewind_all(now)
                set_back_clock(self._connection, now)
                count = self.snapshots.delete_after(now)
            self.snapshots.reload_columns()
            self._load_stamps()
        return copy, count

    def checkpoint(self) -> None:
        """Move everything into the main file, safe from a power cut. Raises JournalError."""
        with journal_errors(self.path):
            self._synchronize(full=True)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; nothing is pending between calls. Raises JournalError."""
        with journal_errors(self.path):
            self._connection.close()
