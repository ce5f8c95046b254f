"""What the journal knows of its sinks: up to where each has it, and what each refuses."""

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from ...domain.models import DeadLetter
from .schema import count_lost
from .sqlite import journal_errors, transaction

MAX_DEAD_LETTERS = 100_000  # for each sink; about 40 MB


class Cursors:
    """Cursors and dead letters, by the sink's name; every method raises JournalError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use the journal's connection to the file at `path`."""
        self._connection = connection
        self._path = path

    def cursor(self, sink: str, *, start: int = 0) -> int:
        """Return up to where `sink` has the journal (UTC ms), at first `start`; makes it known."""
        with journal_errors(self._path):
            self._connection.execute("INSERT OR IGNORE INTO cursors VALUES (?, ?)", (sink, start))
            return self._number("SELECT taken_at FROM cursors WHERE sink = ?", sink)

    def known(self, sink: str) -> int | None:
        """Return up to where `sink` has the journal (UTC ms), None if it is not known."""
        with journal_errors(self._path):
            found = self._connection.execute(
                "SELECT taken_at FROM cursors WHERE sink = ?", (sink,)
            ).fetchone()
        return None if found is None else int(found[0])

    def advance(self, sink: str, cursor: int) -> None:
        """Note that `sink` has every row up to `cursor`, which never goes back."""
        with journal_errors(self._path):
            self._connection.execute(
                "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (sink)"
                " DO UPDATE SET taken_at = excluded.taken_at WHERE excluded.taken_at > taken_at",
                (sink, cursor),
            )

    def rewind(self, sink: str, cursor: int) -> None:
        """Take that `sink` has rows up to `cursor` only, which may be earlier than was noted."""
        with journal_errors(self._path):
            self._connection.execute("REPLACE INTO cursors VALUES (?, ?)", (sink, cursor))

    def keep(self, sinks: Collection[str]) -> None:
        """Drop all sinks but these, so that rows no longer wait for them."""
        with journal_errors(self._path), transaction(self._connection):
            known = self._connection.execute(
                "SELECT sink FROM cursors UNION SELECT sink FROM dead_letters"
            ).fetchall()
            for (sink,) in known:
                if sink not in sinks:
                    self._connection.execute("DELETE FROM cursors WHERE sink = ?", (sink,))
                    self._connection.execute("DELETE FROM dead_letters WHERE sink = ?", (sink,))

    def add_dead_letters(self, sink: str, letters: Sequence[DeadLetter]) -> None:
        """Keep dead letters; where the oldest have to leave for them, count those as lost."""
        with journal_errors(self._path), transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET reason = excluded.reason, refused_at = excluded.refused_at",
                [(sink, e.taken_at, e.line, e.reason, e.refused_at) for e in letters],
            )
            left = self._connection.execute(
                "DELETE FROM dead_letters WHERE sink = ? AND (taken_at, line) IN"
                " (SELECT taken_at, line FROM dead_letters WHERE sink = ?"
                " ORDER BY taken_at DESC, line DESC LIMIT -1 OFFSET ?)",
                (sink, sink, MAX_DEAD_LETTERS),
            ).rowcount
            count_lost(self._connection, left)

    def dead_letters(self, sink: str, *, after: int, limit: int) -> list[DeadLetter]:
        """Return up to `limit` dead letters of rows taken after that time, the oldest first.

        All letters of a row come together, even if that makes a few more.
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

    def count_dead_letters(self, sink: str) -> int:
        """Return how many dead letters the sink has."""
        with journal_errors(self._path):
            return self._number("SELECT count(*) FROM dead_letters WHERE sink = ?", sink)

    def last_refusal(self, sink: str) -> str:
        """Return why the sink refused the last of its dead letters, empty if it has none."""
        with journal_errors(self._path):
            found = self._connection.execute(
                "SELECT reason FROM dead_letters WHERE sink = ?"
                " ORDER BY refused_at DESC, taken_at DESC LIMIT 1",
                (sink,),
            ).fetchone()
        return str(found[0]) if found else ""

    def discard_dead_letters(self, sink: str, letters: Sequence[DeadLetter] | None = None) -> None:
        """Drop these dead letters, or all of the sink."""
        with journal_errors(self._path), transaction(self._connection):
            if letters is None:
                self._connection.execute("DELETE FROM dead_letters WHERE sink = ?", (sink,))
            else:
                self._connection.executemany(
                    "DELETE FROM dead_letters WHERE sink = ? AND taken_at = ? AND line = ?",
                    [(sink, each.taken_at, each.line) for each in letters],
                )

    def _number(self, sql: str, *parameters: object) -> int:
        """Return the one number that `sql` gives."""
        value: int
        (value,) = self._connection.execute(sql, parameters).fetchone()
        return value
