"""The table of snapshots: one row for each poll, one column for each reading ever seen."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ...domain.models import JournalRows, ReadingKey, Snapshot
from ...domain.times import END_OF_YEAR_9999
from . import schema
from .sqlite import journal_errors, number, transaction

_FETCH_ROWS = 500  # at once
_DELETE_ROWS = 5_000  # in one transaction, so that appending gets its turn


class SnapshotTable:
    """The rows of a journal, by their times (UTC ms); every method raises JournalError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use the connection to the journal at `path`."""
        self._connection = connection
        self._path = path
        # One station nearly always sends the same readings, so the statement is kept.
        self._insert_keys: tuple[ReadingKey, ...] | None = None
        self._insert_sql = ""
        self.reload_columns()

    def reload_columns(self) -> None:
        """Read again which columns exist, after a transaction was rolled back."""
        self._columns = schema.load_columns(self._connection)
        self._insert_keys = None

    @property
    def columns(self) -> dict[ReadingKey, str]:
        """Return the name of each reading's column; raises nothing."""
        return dict(self._columns)

    def readings_with_values(self) -> frozenset[ReadingKey]:
        """Return the readings of which at least one row holds a value."""
        sql = "SELECT EXISTS (SELECT 1 FROM snapshots WHERE {} IS NOT NULL)"
        with journal_errors(self._path):
            return frozenset(
                key
                for key, name in self._columns.items()
                if number(self._connection, sql.format(schema.quoted(name)))
            )

    def insert(self, snapshot: Snapshot, taken_at: int) -> None:
        """Insert a row with that time, within the caller's transaction and for it to handle errors.

        Columns are added for readings that are new.
        """
        keys = tuple(key for key in snapshot.readings if self._has_column(key, taken_at))
        if keys != self._insert_keys:
            self._insert_keys, self._insert_sql = keys, self._insert_statement("INSERT", keys)
        values = (taken_at, *(snapshot.readings[key] for key in keys))
        self._connection.execute(self._insert_sql, values)

    def insert_missing(self, found: JournalRows) -> int:
        """Insert rows whose times the table does not have; return how many they are."""
        first = found.rows[0][0] if found.rows else 0
        with journal_errors(self._path), transaction(self._connection):
            stored = [
                (n, key) for n, key in enumerate(found.keys, 1) if self._has_column(key, first)
            ]
            before = self._connection.total_changes
            self._connection.executemany(
                self._insert_statement("INSERT OR IGNORE", tuple(key for _, key in stored)),
                ((row[0], *(row[n] for n, _ in stored)) for row in found.rows),
            )
            return self._connection.total_changes - before

    def _has_column(self, key: ReadingKey, seen: int) -> bool:
        """Return whether the reading has a column, after adding one if there is room for it."""
        if key not in self._columns and len(self._columns) < schema.MAX_COLUMNS:
            self._columns[key] = schema.add_column(self._connection, key, self._columns, seen)
        return key in self._columns

    def _insert_statement(self, verb: str, keys: tuple[ReadingKey, ...]) -> str:
        names = "".join(f", {schema.quoted(self._columns[key])}" for key in keys)
        return f"{verb} INTO snapshots (taken_at{names}) VALUES (?{', ?' * len(keys)})"

    def rows_after(
        self, cursor: int, limit: int, *, stop: int = END_OF_YEAR_9999 + 1
    ) -> Iterator[JournalRows]:
        """Yield up to `limit` rows after `cursor` and before `stop`, oldest first, in portions."""
        keys = tuple(self._columns)
        names = "".join(f", {schema.quoted(self._columns[key])}" for key in keys)
        with journal_errors(self._path):
            found = self._connection.execute(
                f"SELECT taken_at{names} FROM snapshots"  # noqa: S608 - quoted
                " WHERE taken_at > ? AND taken_at < ? ORDER BY taken_at LIMIT ?",
                (cursor, stop, limit),
            )
            while rows := found.fetchmany(_FETCH_ROWS):
                yield JournalRows(keys=keys, rows=rows)

    def count_after(self, cursor: int, *, max_count: int = -1) -> int:
        """Return how many rows are later than `cursor`; counting stops at `max_count`."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM snapshots WHERE taken_at > ? LIMIT ?)"
        with journal_errors(self._path):
            return number(self._connection, sql, cursor, max_count)

    def count_before(self, moment: int) -> int:
        """Return how many rows are earlier than that time."""
        with journal_errors(self._path):
            return number(
                self._connection, "SELECT count(*) FROM snapshots WHERE taken_at < ?", moment
            )

    def delete_oldest(self, *, before: int) -> int:
        """Delete the oldest rows earlier than that time, at most 5,000; return how many."""
        with journal_errors(self._path):
            return self._connection.execute(
                "DELETE FROM snapshots WHERE taken_at IN"
                " (SELECT taken_at FROM snapshots WHERE taken_at < ? ORDER BY taken_at LIMIT ?)",
                (before, _DELETE_ROWS),
            ).rowcount

    def count_oldest(self, *, after: int) -> int:
        """Return how many of the oldest 5,000 rows are later than that time."""
        with journal_errors(self._path):
            return number(
                self._connection,
                "SELECT count(*) FROM (SELECT taken_at FROM snapshots ORDER BY taken_at LIMIT ?)"
                " WHERE taken_at > ?",
                _DELETE_ROWS,
                after,
            )

    def delete_after(self, moment: int) -> int:
        """Delete the rows that are later than that time; return how many."""
        with journal_errors(self._path):
            return self._connection.execute(
                "DELETE FROM snapshots WHERE taken_at > ?", (moment,)
            ).rowcount
