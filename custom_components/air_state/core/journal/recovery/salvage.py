"""Salvaging what can still be read of a damaged journal, row by row.

Rows lie in the order of their times in one B-tree. SQLite reads them up to a damaged page; then the
first time after it that can be read is searched for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from ...domain.errors import JournalError
from ...domain.models import DeadLetter, JournalRows, ReadingKey
from ...domain.times import END_OF_YEAR_9999
from ..storage import schema
from ..storage.counters import load_counters
from ..storage.file import Journal
from ..storage.paths import is_empty, wal_path
from ..storage.sqlite import forbid_double_quoted_text, journal_errors

_PORTION_ROWS = 2_000
_MAX_PROBES = 5_000  # attempts in one file to read the row after some time
_HPA_VERSION = 4  # of the schema, the first with pressure in hPa

type _Row = tuple[int, *tuple[float | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the old file, the reading that it holds, and whether its values may be in Pa."""

    name: str
    key: ReadingKey
    in_pascal: bool


def salvage_rows(journal: Journal, old_path: Path, *, after: int = 0, synced: bool = True) -> int:
    """Insert into `journal` the rows of an old file that can be read; return how many.

    Only rows taken `after` that time (UTC ms) are read, and those that `journal` already has are
    skipped. When `journal` cannot take more, the rest stays in the old file. `synced` is as in
    `Journal.restore`.
    """
    count = 0
    if is_empty(old_path):  # SQLite would delete the log beside it
        return 0
    with (
        suppress(JournalError),
        journal_errors(old_path),
        closing(open_unchanged(old_path)) as old,
    ):
        for portion in _RowScanner(old, _load_columns(old)).portions(after):
            count += journal.restore(portion, synced=synced)
    return count


def salvage_state(journal: Journal, old_path: Path) -> None:
    """Copy cursors, dead letters and counters of an old file into `journal`, if they can be read.

    The clock's state is among the counters: damage must not end a doubt about the clock.
    """
    if is_empty(old_path):
        return
    with (
        suppress(JournalError),
        journal_errors(old_path),
        closing(open_unchanged(old_path)) as old,
    ):
        with suppress(JournalError, sqlite3.Error):
            _copy_sinks(journal, old)
        journal.counters.update(load_counters(old))


def open_unchanged(path: Path) -> sqlite3.Connection:
    """Return a connection to a file that reads it without changing it."""
    # Without a log SQLite would create one beside it.
    mode = "immutable=1" if is_empty(wal_path(path)) else "mode=ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None
    )
    forbid_double_quoted_text(connection)
    return connection


def _load_columns(connection: sqlite3.Connection) -> list[_Column]:
    """Return the file's columns; those that `readings` does not list are recognised by name."""
    names = [row[1] for row in connection.execute("PRAGMA table_info(snapshots)")]
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known: dict[str, ReadingKey] = {}
    with suppress(sqlite3.Error, UnicodeDecodeError):
        known = {name: key for key, name in schema.load_columns(connection).items()}
    columns = []
    for name in names:
        sensor, dot, parameter = name.partition(".")
        key = known.get(name) or (ReadingKey(sensor, parameter) if dot else None)
        if key is not None:
            in_pascal = 0 < version < _HPA_VERSION and schema.is_pressure(key)
            columns.append(_Column(name=name, key=key, in_pascal=in_pascal))
    return columns


class _RowScanner:
    """Reads the rows of a file that may be damaged, the oldest first."""

    def __init__(self, connection: sqlite3.Connection, columns: list[_Column]) -> None:
        names = "".join(f", {schema.quoted(column.name)}" for column in columns)
        self._sql = (
            f"SELECT taken_at{names} FROM snapshots"  # noqa: S608 - quoted
            " WHERE taken_at > ? ORDER BY taken_at LIMIT ?"
        )
        self._connection = connection
        self._columns = columns
        self._probes_left = _MAX_PROBES

    def portions(self, after: int) -> Iterator[JournalRows]:
        """Yield the rows taken after that time (UTC ms) that can be read, in portions."""
        at: int | None = after
        while at is not None:
            rows, damaged = self._read(at, _PORTION_ROWS)
            if rows:
                at = rows[-1][0]
                yield _repaired(rows, self._columns)
            elif not damaged:
                return
            if damaged:
                at = self._next_readable(at)

    def _next_readable(self, at: int) -> int | None:
        """Return the nearest time after which rows can be read again, None if there is none.

        Steps that double in length find some such time, and halving finds the nearest.
        """
        bad, step = at, 1
        while self._fails_after(bad + step):
            bad, step = bad + step, step * 2
            if bad + step > END_OF_YEAR_9999 or not self._probes_left:
                return None
        good = bad + step
        while good - bad > 1 and self._probes_left:
            middle = (bad + good) // 2
            bad, good = (middle, good) if self._fails_after(middle) else (bad, middle)
        return good

    def _fails_after(self, at: int) -> bool:
        """Return whether the row after that time cannot be read."""
        self._probes_left -= 1
        _, damaged = self._read(at, 1)
        return damaged

    def _read(self, at: int, limit: int) -> tuple[list[_Row], bool]:
        """Return the rows after a time up to any damage, and whether there was damage."""
        rows: list[_Row] = []
        try:
            for row in self._connection.execute(self._sql, (at, limit)):
                if not (rows[-1][0] if rows else at) < row[0] <= END_OF_YEAR_9999:
                    return rows, True
                rows.append(row)
        except sqlite3.Error, UnicodeDecodeError:
            return rows, True
        return rows, False


def _repaired(rows: list[_Row], columns: list[_Column]) -> JournalRows:
    """Return rows in the present units, without values that are no longer numbers."""
    in_pascal = [index for index, column in enumerate(columns, 1) if column.in_pascal]
    repaired = []
    for row in rows:
        good = row
        if not all(value is None or type(value) is float for value in row[1:]):
            values = [value if isinstance(value, float) else None for value in row[1:]]
            good = (row[0], *values)
        if in_pascal:
            converted = list(good[1:])
            for index in in_pascal:
                if (value := converted[index - 1]) is not None:
                    converted[index - 1] = schema.as_hpa(value)
            good = (row[0], *converted)
        repaired.append(good)
    return JournalRows(keys=tuple(column.key for column in columns), rows=repaired)


def _copy_sinks(journal: Journal, old: sqlite3.Connection) -> None:
    """Copy cursors and dead letters."""
    for sink, taken_at in old.execute("SELECT sink, taken_at FROM cursors").fetchall():
        if isinstance(sink, str) and 0 <= taken_at <= END_OF_YEAR_9999:
            journal.cursors.advance(sink, taken_at)
            journal.stamp_after(taken_at)
    found = old.execute("SELECT sink, taken_at, line, reason, refused_at FROM dead_letters")
    for portion in batched(found, _PORTION_ROWS, strict=False):
        for sink, taken_at, line, reason, refused_at in portion:
            dead_letter = DeadLetter(
                taken_at=taken_at, line=line, reason=reason, refused_at=refused_at
            )
            journal.dead_letters.add(sink, [dead_letter])
