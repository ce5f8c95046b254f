"""Dead letters: lines that a sink refuses for good, with the reason of each."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ...domain.models import DeadLetter
from .counters import add_deleted_unmirrored
from .sqlite import journal_errors, number, transaction

MAX_DEAD_LETTERS = 100_000  # for each sink; about 40 MB


class DeadLetterTable:
    """The dead letters of each sink; every method raises JournalError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use the connection to the journal at `path`."""
        self._connection = connection
        self._path = path

    def add(self, sink: str, dead_letters: Sequence[DeadLetter]) -> None:
        """Store dead letters. The oldest are deleted to make room, and counted."""
        with journal_errors(self._path), transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET reason = excluded.reason, refused_at = excluded.refused_at",
                [(sink, e.taken_at, e.line, e.reason, e.refused_at) for e in dead_letters],
            )
            deleted = self._connection.execute(
                "DELETE FROM dead_letters WHERE sink = ? AND (taken_at, line) IN"
                " (SELECT taken_at, line FROM dead_letters WHERE sink = ?"
                " ORDER BY taken_at DESC, line DESC LIMIT -1 OFFSET ?)",
                (sink, sink, MAX_DEAD_LETTERS),
            ).rowcount
            add_deleted_unmirrored(self._connection, deleted)

    def list_after(self, sink: str, after: int, *, limit: int) -> list[DeadLetter]:
        """Return up to `limit` dead letters of rows taken after that time (UTC ms), oldest first.

        The dead letters of one row come together, even if that makes a few more.
        """
        with journal_errors(self._path):
            rows = self._connection.execute(
                "SELECT taken_at, line, reason, refused_at FROM dead_letters"
                " WHERE sink = ?1 AND taken_at > ?2 AND taken_at <= coalesce((SELECT taken_at"
                "  FROM dead_letters WHERE sink = ?1 AND taken_at > ?2"
                "  ORDER BY taken_at LIMIT 1 OFFSET ?3), 9223372036854775807)"
                " ORDER BY taken_at, line",
                (sink, after, limit - 1),
            ).fetchall()
        return [
            DeadLetter(taken_at=taken_at, line=line, reason=reason, refused_at=refused_at)
            for taken_at, line, reason, refused_at in rows
        ]

    def count(self, sink: str) -> int:
        """Return how many dead letters the sink has."""
        with journal_errors(self._path):
            return number(
                self._connection, "SELECT count(*) FROM dead_letters WHERE sink = ?", sink
            )

    def latest_reason(self, sink: str) -> str:
        """Return why the sink refused the latest of its dead letters, "" if it has none."""
        with journal_errors(self._path):
            found = self._connection.execute(
                "SELECT reason FROM dead_letters WHERE sink = ?"
                " ORDER BY refused_at DESC, taken_at DESC LIMIT 1",
                (sink,),
            ).fetchone()
        return str(found[0]) if found else ""

    def delete(self, sink: str, dead_letters: Sequence[DeadLetter] | None = None) -> None:
        """Delete these dead letters of the sink, or all with None."""
        with journal_errors(self._path), transaction(self._connection):
            if dead_letters is None:
                self._connection.execute("DELETE FROM dead_letters WHERE sink = ?", (sink,))
            else:
                self._connection.executemany(
                    "DELETE FROM dead_letters WHERE sink = ? AND taken_at = ? AND line = ?",
                    [(sink, each.taken_at, each.line) for each in dead_letters],
                )
