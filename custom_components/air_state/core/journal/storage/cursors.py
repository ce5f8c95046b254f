"""Cursors: up to which row each sink has the journal."""

import sqlite3
from pathlib import Path

from .sqlite import journal_errors, number


class CursorTable:
    """The cursor of each sink, a row's time in UTC ms; every method raises JournalError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use the connection to the journal at `path`."""
        self._connection = connection
        self._path = path

    def get(self, sink: str) -> int | None:
        """Return the sink's cursor, None if it has none."""
        with journal_errors(self._path):
            found = self._connection.execute(
                "SELECT taken_at FROM cursors WHERE sink = ?", (sink,)
            ).fetchone()
        return None if found is None else int(found[0])

    def setdefault(self, sink: str, start: int = 0) -> int:
        """Return the sink's cursor; one that has none gets `start`."""
        with journal_errors(self._path):
            self._connection.execute("INSERT OR IGNORE INTO cursors VALUES (?, ?)", (sink, start))
            return number(self._connection, "SELECT taken_at FROM cursors WHERE sink = ?", sink)

    def advance(self, sink: str, cursor: int) -> None:
        """Move the sink's cursor forward; an earlier one than it has changes nothing."""
        with journal_errors(self._path):
            self._connection.execute(
                "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (sink)"
                " DO UPDATE SET taken_at = excluded.taken_at WHERE excluded.taken_at > taken_at",
                (sink, cursor),
            )

    def rewind(self, sink: str, cursor: int) -> None:
        """Set the sink's cursor, even to an earlier time than it has."""
        with journal_errors(self._path):
            self._connection.execute("REPLACE INTO cursors VALUES (?, ?)", (sink, cursor))

    def rewind_all(self, cursor: int) -> None:
        """Move every later cursor back to `cursor`."""
        with journal_errors(self._path):
            self._connection.execute("UPDATE cursors SET taken_at = min(taken_at, ?)", (cursor,))

    def earliest(self, default: int) -> int:
        """Return the earliest cursor, `default` if there is none."""
        with journal_errors(self._path):
            return number(
                self._connection, "SELECT coalesce(min(taken_at), ?) FROM cursors", default
            )
