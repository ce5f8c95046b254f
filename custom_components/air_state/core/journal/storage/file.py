"""The journal: every snapshot, in one SQLite file for each station.

What it promises: a committed row survives the death of the process, and a power cut once `append`
has returned with `durable`; a file that is no intact journal is set aside, never deleted; a file
of a newer version is left alone. Methods block on the disk and are not safe to call from two
threads at once: `journal/writer.py` sees to both.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalVersionError
from ...domain.models import JournalRows, ReadingKey, Snapshot
from . import schema
from .cursors import Cursors
from .paths import unused_path, wal_path
from .sqlite import journal_errors, transaction

_BUSY_SECONDS = 5.0
_HEADER = 100  # bytes at the start of every SQLite file
_PRUNE_ROWS = 5_000  # deleted in one transaction, so that appends get their turn
_VACUUM_PAGES = 500
_PORTION_ROWS = 500
LATEST = 253_402_300_799_999  # the end of the year 9999, in ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """What one call of `prune` removed: rows by age and by size, and of those the unmirrored."""

    aged: int = 0
    oversize: int = 0
    lost: int = 0

    @property
    def any(self) -> bool:
        """Return whether there may be more to remove."""
        return bool(self.aged or self.oversize)


class Journal:
    """One open journal file."""

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        """Open the file at `path`, made if it is not there.

        `alone`, without anybody else reading, it can be opened on a full disk. Raises
        JournalUnavailableError, JournalDamagedError and JournalVersionError.
        """
        self.path = path
        self.alone = alone
        self._doubtful = False
        self._full: bool | None = None
        self._least_stamp = 0
        self._prepared: tuple[tuple[str, tuple[ReadingKey, ...]], str] = (("", ()), "")
        with journal_errors(path, opening=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._require_whole()
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                # A name that is no column must not pass for a text.
                self._connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)  # noqa: FBT003
                if alone:  # SQLite needs no room for an index of the log then
                    self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
            self._file = path.stat()
        self.sinks = Cursors(self._connection, path)

    def _require_whole(self) -> None:
        """Raise JournalDamagedError for a file that was cut off where SQLite would not notice.

        It takes one of a few bytes for empty, and zeros for what is missing of the last page. The
        size in the header (SQLite's file format, 1.3) holds while there is no write-ahead log.
        """
        if not self.path.exists() or (size := self.path.stat().st_size) == 0:
            return
        with self.path.open("rb") as file:
            header = file.read(_HEADER)
        log = wal_path(self.path)
        page, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
        if len(header) < _HEADER or (size < page * pages and not log.exists()):
            raise JournalDamagedError(path=self.path, reason=f"cut off after {size} bytes")

    def _prepare(self) -> None:
        """Set the connection up, check the file and bring it to the present version."""
        connection = self._connection
        version = self._value("PRAGMA user_version")
        if version > schema.VERSION:
            raise JournalVersionError(path=self.path, found=version, known=schema.VERSION)
        if self._value("SELECT count(*) FROM sqlite_schema") == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        elif (
            not 0 < version <= schema.VERSION
            or self._value("PRAGMA application_id") != schema.APPLICATION_ID
        ):
            raise JournalDamagedError(path=self.path, reason="not a journal of Air State")
        connection.execute("PRAGMA journal_mode = WAL")
        (findings,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if findings != "ok":
            raise JournalDamagedError(path=self.path, reason=findings)
        if version == 0:
            with transaction(connection):
                schema.create(connection)
        elif version < schema.VERSION:
            with transaction(connection):
                schema.migrate(connection, version)
            # The log may hold every page of the file now.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._load()
        if not schema.is_consistent(connection) or self._last_stamp > LATEST:
            raise JournalDamagedError(path=self.path, reason="its tables contradict each other")

    def _load(self) -> None:
        """Read what is kept in memory: columns, the newest row's time, and what must be later.

        A sink's cursor may be later than the newest row, when rows have left by age: a row that
        is stamped before it would never reach the sink.
        """
        self._columns = schema.load_columns(self._connection)
        self._newest = self._value("SELECT coalesce(max(taken_at), 0) FROM snapshots")
        cursor = self._value("SELECT coalesce(max(taken_at), 0) FROM cursors")
        self._last_stamp = max(self._newest, cursor, self._least_stamp)

    @property
    def columns(self) -> dict[ReadingKey, str]:
        """Return the column of each reading that the journal holds."""
        return dict(self._columns)

    def present(self) -> frozenset[ReadingKey]:
        """Return the readings of which the journal still holds a value. Raises JournalError."""
        found = "SELECT EXISTS (SELECT 1 FROM snapshots WHERE {} IS NOT NULL)"
        with journal_errors(self.path):
            return frozenset(
                key
                for key, name in self._columns.items()
                if self._value(found.format(schema.quoted(name)))
            )

    @property
    def newest(self) -> int:
        """Return when the newest row was taken (UTC ms), 0 if there is none."""
        return self._newest

    @property
    def last_stamp(self) -> int:
        """Return the time (UTC ms) that the next row has to be later than."""
        return self._last_stamp

    def stamp_after(self, cursor: int) -> None:
        """Stamp no further row at or before `cursor` (UTC ms): a sink would pass it over."""
        self._least_stamp = max(self._least_stamp, cursor)
        self._last_stamp = max(self._last_stamp, cursor)

    def in_place(self) -> bool:
        """Return whether the open file is still the one that stands at the path.

        SQLite goes on writing into a file that was deleted, and all of it would be gone. Nor can
        it be relied on when even what is kept in memory of it could not be read again.
        """
        try:
            return not self._doubtful and os.path.samestat(self._file, self.path.stat())
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
        """Write the snapshots in one transaction, all or none, and with them sinks' `cursors`.

        With `durable` they are on the disk when this returns; without, in the operating system's
        hands. A snapshot that is not later than the newest row and any cursor, because the clock
        was set back, is stamped 1 ms after them; those that are `stamped` so far need only be later
        than the newest row, since a sink may have had them from memory. Raises JournalError.
        """
        with journal_errors(self.path):
            self._synchronize(full=durable)
            try:
                with transaction(self._connection):
                    for sink, cursor in (cursors or {}).items():
                        self.sinks.advance(sink, cursor)
                        self._last_stamp = max(self._last_stamp, cursor)
                    for snapshot in snapshots:
                        self._write(snapshot, self._newest if stamped else self._last_stamp)
            except BaseException:
                self._prepared = (("", ()), "")
                self._doubtful = True
                self._load()
                self._doubtful = False
                raise

    def _synchronize(self, *, full: bool) -> None:
        """Set whether commits wait for the disk."""
        if full is not self._full:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._full = full

    def _write(self, snapshot: Snapshot, last: int) -> None:
        """Insert one row later than `last`."""
        self._newest = max(snapshot.taken_at, last + 1)
        self._last_stamp = max(self._last_stamp, self._newest)
        self._insert(snapshot, self._newest)

    def _insert(self, snapshot: Snapshot, taken_at: int) -> None:
        """Insert one row."""
        keys = tuple(key for key in snapshot.readings if self._has(key, taken_at))
        values = (taken_at, *(snapshot.readings[key] for key in keys))
        self._connection.execute(self._statement("INSERT", keys), values)

    def _has(self, key: ReadingKey, seen: int) -> bool:
        """Return whether there is a column for the reading; where it is new, it is added."""
        if key not in self._columns and len(self._columns) < schema.MAX_COLUMNS:
            self._columns[key] = schema.add_column(self._connection, key, self._columns, seen)
        return key in self._columns

    def _statement(self, verb: str, keys: tuple[ReadingKey, ...]) -> str:
        """Return what inserts these readings; one station sends nearly always the same."""
        if self._prepared[0] != (verb, keys):
            names = "".join(f", {schema.quoted(self._columns[key])}" for key in keys)
            marks = ", ?" * len(keys)
            self._prepared = (
                (verb, keys),
                f"{verb} INTO snapshots (taken_at{names}) VALUES (?{marks})",
            )
        return self._prepared[1]

    def rows_after(
        self, cursor: int, limit: int, *, stop: int = LATEST + 1
    ) -> Iterator[JournalRows]:
        """Yield up to `limit` rows after `cursor` and before `stop` (UTC ms), the oldest first.

        They come in portions. Raises JournalError.
        """
        keys = tuple(self._columns)
        names = "".join(f", {schema.quoted(self._columns[key])}" for key in keys)
        with journal_errors(self.path):
            found = self._connection.execute(
                f"SELECT taken_at{names} FROM snapshots"  # noqa: S608 - quoted
                " WHERE taken_at > ? AND taken_at < ? ORDER BY taken_at LIMIT ?",
                (cursor, stop, limit),
            )
            while rows := found.fetchmany(_PORTION_ROWS):
                yield JournalRows(keys=keys, rows=rows)

    def count_after(self, cursor: int, *, most: int = -1) -> int:
        """Return how many rows were taken after `cursor` (UTC ms). Raises JournalError."""
        found = "SELECT count(*) FROM (SELECT 1 FROM snapshots WHERE taken_at > ? LIMIT ?)"
        with journal_errors(self.path):
            return self._value(found, cursor, most)

    def restore(self, found: JournalRows, *, safe: bool = True) -> int:
        """Insert rows of another journal under their own times; return how many were not there.

        Not `safe`, a power cut may damage the file: until `checkpoint`, which mends that. Raises
        JournalError.
        """
        with journal_errors(self.path):
            self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if safe else 'OFF'}")
            self._full = None
            try:
                with transaction(self._connection):
                    first = found.rows[0][0] if found.rows else 0
                    kept = [
                        (n, key) for n, key in enumerate(found.keys, 1) if self._has(key, first)
                    ]
                    keys = tuple(key for _, key in kept)
                    before = self._connection.total_changes
                    self._connection.executemany(
                        self._statement("INSERT OR IGNORE", keys),
                        ((row[0], *(row[number] for number, _ in kept)) for row in found.rows),
                    )
                    return self._connection.total_changes - before
            finally:
                self._prepared = (("", ()), "")
                self._load()

    def count_before(self, moment: int) -> int:
        """Return how many rows were taken before that time (UTC ms). Raises JournalError."""
        with journal_errors(self.path):
            return self._value("SELECT count(*) FROM snapshots WHERE taken_at < ?", moment)

    @property
    def lost(self) -> int:
        """Return how many rows and dead letters ever left before every sink had them."""
        with journal_errors(self.path):
            return schema.load_counter(self._connection, schema.LOST) or 0

    def clock(self) -> tuple[int | None, int | None]:
        """Return which time was believed last, and from when on the clock was doubted (UTC ms).

        Where nothing was kept, the newest row's time was believed. Raises JournalError.
        """
        with journal_errors(self.path):
            believed = schema.load_counter(self._connection, schema.BELIEVED)
            doubted = schema.load_counter(self._connection, schema.DOUBTED_FROM)
        return believed or self._newest or None, doubted

    def keep_clock(self, believed: int | None, doubted_from: int | None) -> None:
        """Keep what `clock` returns. Raises JournalError."""
        self.keep_counters({schema.BELIEVED: believed, schema.DOUBTED_FROM: doubted_from})

    def keep_counters(self, counters: Mapping[str, int | None]) -> None:
        """Keep what another journal had counted. Raises JournalError."""
        with journal_errors(self.path), transaction(self._connection):
            for name, value in counters.items():
                schema.set_counter(self._connection, name, value)

    def size(self) -> int:
        """Return the bytes in use, without pages that are free to be filled again."""
        with journal_errors(self.path):
            pages = self._value("PRAGMA page_count") - self._value("PRAGMA freelist_count")
            return pages * self._value("PRAGMA page_size")

    def prune(self, *, before: int, max_bytes: int) -> PruneResult:
        """Remove one portion of rows older than `before` (UTC ms), or of the oldest if too large.

        Rows that a sink does not have yet leave only by size, and are counted as lost. Call it
        again while the result says that there may be more. Raises JournalError.
        """
        with journal_errors(self.path):
            mirrored = self._value("SELECT coalesce(min(taken_at), ?) FROM cursors", 2**63 - 1)
            with transaction(self._connection):
                aged = self._delete(before=min(before, mirrored + 1))
                pruned = PruneResult(aged=aged)
                if not aged and self.size() > max_bytes:
                    lost = self._count_oldest(after=mirrored)
                    pruned = PruneResult(oversize=self._delete(before=2**63 - 1), lost=lost)
                    schema.count_lost(self._connection, lost)
            if pruned.any:
                self._connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        return pruned

    def _delete(self, *, before: int) -> int:
        """Delete the oldest rows taken before that time, at most one portion; return how many."""
        return self._connection.execute(
            "DELETE FROM snapshots WHERE taken_at IN"
            " (SELECT taken_at FROM snapshots WHERE taken_at < ? ORDER BY taken_at LIMIT ?)",
            (before, _PRUNE_ROWS),
        ).rowcount

    def _count_oldest(self, *, after: int) -> int:
        """Return how many rows of the oldest portion were taken after that time."""
        return self._value(
            "SELECT count(*) FROM (SELECT taken_at FROM snapshots ORDER BY taken_at LIMIT ?)"
            " WHERE taken_at > ?",
            _PRUNE_ROWS,
            after,
        )

    def go_back(self, moment: int) -> None:
        """Let sinks have again what was taken after that time (UTC ms). Raises JournalError."""
        with journal_errors(self.path):
            self._connection.execute("UPDATE cursors SET taken_at = min(taken_at, ?)", (moment,))

    def drop_future(self, now: int) -> tuple[Path, int]:
        """Remove rows of after `now` (UTC ms), which a wrong clock stamped; say where and how many.

        A copy of the whole journal is put beside it first. Raises JournalError.
        """
        with journal_errors(self.path):
            copy = unused_path(self.path, "ahead", now)
            with closing(sqlite3.connect(copy)) as target:
                self._connection.backup(target)
            with transaction(self._connection):
                self._connection.execute("UPDATE cursors SET taken_at = min(taken_at, ?)", (now,))
                schema.set_counter(self._connection, schema.BELIEVED, now)
                schema.set_counter(self._connection, schema.DOUBTED_FROM, None)
                count = self._connection.execute(
                    "DELETE FROM snapshots WHERE taken_at > ?", (now,)
                ).rowcount
            self._load()
        return copy, count

    def checkpoint(self) -> None:
        """Move everything, safe from a power cut, into the main file. Raises JournalError."""
        with journal_errors(self.path):
            self._synchronize(full=True)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; nothing is pending between calls. Raises JournalError."""
        with journal_errors(self.path):
            self._connection.close()

    def _value(self, sql: str, *parameters: object) -> int:
        """Return the one number that `sql` gives."""
        value: int
        (value,) = self._connection.execute(sql, parameters).fetchone()
        return value
