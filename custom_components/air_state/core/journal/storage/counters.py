"""Numbers that a journal keeps beside its rows: rows deleted unmirrored, times of its clock."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .sqlite import journal_errors, transaction

# Names in the table, which files of today hold.
_DELETED_UNMIRRORED = "lost"
_TRUSTED_TIME = "clock_believed"
_DOUBTED_SINCE = "clock_doubted_from"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """The time (UTC ms) that the journal's clock trusted last; see `writing/journal_clock.py`.

    `doubted_since` is the time it trusted when it began to doubt the wall clock, None if it does
    not.
    """

    trusted: int | None
    doubted_since: int | None


class CounterTable:
    """The counters of a journal; every method raises JournalError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use the connection to the journal at `path`."""
        self._connection = connection
        self._path = path

    def deleted_unmirrored(self) -> int:
        """Return how many rows and dead letters were ever deleted before every sink had them."""
        with journal_errors(self._path):
            return _get(self._connection, _DELETED_UNMIRRORED) or 0

    def clock_state(self) -> ClockState:
        """Return the clock's state as it was stored last."""
        with journal_errors(self._path):
            return ClockState(
                trusted=_get(self._connection, _TRUSTED_TIME),
                doubted_since=_get(self._connection, _DOUBTED_SINCE),
            )

    def save_clock_state(self, state: ClockState) -> None:
        """Store the clock's state."""
        self.update({_TRUSTED_TIME: state.trusted, _DOUBTED_SINCE: state.doubted_since})

    def update(self, counters: Mapping[str, int | None]) -> None:
        """Set these counters, by their names in the table; None deletes one."""
        with journal_errors(self._path), transaction(self._connection):
            for name, value in counters.items():
                _set(self._connection, name, value)


def load_counters(connection: sqlite3.Connection) -> dict[str, int | None]:
    """Return every counter by its name in the table, None where there is none."""
    return {
        name: _get(connection, name)
        for name in (_DELETED_UNMIRRORED, _TRUSTED_TIME, _DOUBTED_SINCE)
    }


def add_deleted_unmirrored(connection: sqlite3.Connection, count: int) -> None:
    """Add to the count of rows and dead letters deleted unmirrored, within a transaction."""
    connection.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name)"
        " DO UPDATE SET value = value + excluded.value",
        (_DELETED_UNMIRRORED, count),
    )


def set_back_clock(connection: sqlite3.Connection, now: int) -> None:
    """Make `now` (UTC ms) the time that is trusted, within the caller's transaction."""
    _set(connection, _TRUSTED_TIME, now)
    _set(connection, _DOUBTED_SINCE, None)


def _get(connection: sqlite3.Connection, name: str) -> int | None:
    found = connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return None if found is None else int(found[0])


def _set(connection: sqlite3.Connection, name: str, value: int | None) -> None:
    if value is None:
        connection.execute("DELETE FROM counters WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))
