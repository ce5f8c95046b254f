"""Takes back what can still be read of a journal that was set aside, row by row.

Rows lie in the order of their times in one B-tree. Where one of its pages is damaged, SQLite reads
up to there; then the first time behind it that can be read is looked for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalError, JournalUnavailableError
from ...domain.models import DeadLetter, JournalRows, ReadingKey
from ..storage import schema
from ..storage.file import LATEST, Journal
from ..storage.paths import delete_journal, is_empty, set_aside, wal_path
from ..storage.sqlite import journal_errors
from .high_water_mark import HighWaterMark, read_mark, write_mark
from .write_ahead_log import lacks_commits

_PORTION = 2_000  # rows
_MAX_PROBES = 5_000  # for times that can be read, in all of a file
_HPA_VERSION = 4

type _Row = tuple[int, *tuple[float | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the old file, the reading that it holds, and whether it may be in Pa."""

    name: str
    key: ReadingKey
    pascal: bool


def restore(journal: Journal, aside: Path, *, after: int = 0, safe: bool = True) -> int:
    """Put into `journal` what can be read of the one at `aside`; return how many rows.

    Those taken after that time (UTC ms) that it does not have. What the disk does not take stays
    where it is. `safe` is as in `Journal.restore`.
    """
    restored = 0
    if is_empty(aside):  # SQLite would delete the log beside it
        return 0
    with suppress(JournalError), journal_errors(aside), closing(_open(aside)) as old:
        for portion in _Walk(old, _columns(old)).portions(after):
            restored += journal.restore(portion, safe=safe)
    return restored


def _open(path: Path) -> sqlite3.Connection:
    """Open a file without changing it."""
    # Without a log SQLite would begin one beside it.
    mode = "immutable=1" if is_empty(wal_path(path)) else "mode=ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None
    )
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)  # noqa: FBT003
    return connection


def _columns(connection: sqlite3.Connection) -> list[_Column]:
    """Return the columns that there are; without `readings` their names tell what they hold."""
    names = [row[1] for row in connection.execute("PRAGMA table_info(snapshots)")]
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known: dict[str, ReadingKey] = {}
    with suppress(sqlite3.Error, UnicodeDecodeError):
        known = {name: key for key, name in schema.load_columns(connection).items()}
    found = []
    for name in names:
        sensor, dot, parameter = name.partition(".")
        key = known.get(name) or (ReadingKey(sensor, parameter) if dot else None)
        if key is not None:
            pascal = 0 < version < _HPA_VERSION and schema.is_pressure(key)
            found.append(_Column(name=name, key=key, pascal=pascal))
    return found


class _Walk:
    """A walk over the rows of a file that may be damaged, the oldest first."""

    def __init__(self, connection: sqlite3.Connection, columns: list[_Column]) -> None:
        names = "".join(f", {schema.quoted(column.name)}" for column in columns)
        self._sql = (
            f"SELECT taken_at{names} FROM snapshots"  # noqa: S608 - quoted
            " WHERE taken_at > ? ORDER BY taken_at LIMIT ?"
        )
        self._connection = connection
        self._columns = columns
        self._probes = _MAX_PROBES

    def portions(self, after: int) -> Iterator[JournalRows]:
        """Yield what can be read and was taken after that time (UTC ms), a portion at a time."""
        at: int | None = after
        while at is not None:
            rows, damaged = self._read(at, _PORTION)
            if rows:
                at = rows[-1][0]
                yield _rows(rows, self._columns)
            elif not damaged:
                return
            if damaged:
                at = self._behind(at)

    def _behind(self, at: int) -> int | None:
        """Return the nearest time from which on rows can be read again, None if there is none.

        First any, by steps that double, and then the nearest by halves.
        """
        bad, step = at, 1
        while self._fails(bad + step):
            bad, step = bad + step, step * 2
            if bad + step > LATEST or not self._probes:
                return None
        good = bad + step
        while good - bad > 1 and self._probes:
            middle = (bad + good) // 2
            bad, good = (middle, good) if self._fails(middle) else (bad, middle)
        return good

    def _fails(self, at: int) -> bool:
        """Return whether the row after that time cannot be read."""
        self._probes -= 1
        _, damaged = self._read(at, 1)
        return damaged

    def _read(self, at: int, limit: int) -> tuple[list[_Row], bool]:
        """Return rows after a time, up to where damage is met, and whether it was."""
        rows: list[_Row] = []
        try:
            for row in self._connection.execute(self._sql, (at, limit)):
                if not (rows[-1][0] if rows else at) < row[0] <= LATEST:
                    return rows, True
                rows.append(row)
        except sqlite3.Error, UnicodeDecodeError:
            return rows, True
        return rows, False


def _rows(rows: list[_Row], columns: list[_Column]) -> JournalRows:
    """Return rows in the present units; what is no number any more is left out."""
    pascal = [number for number, column in enumerate(columns, 1) if column.pascal]
    made = []
    for row in rows:
        good = row
        if not all(value is None or type(value) is float for value in row[1:]):
            values = [value if isinstance(value, float) else None for value in row[1:]]
            good = (row[0], *values)
        if pascal:
            changed = list(good[1:])
            for number in pascal:
                if (value := changed[number - 1]) is not None:
                    changed[number - 1] = schema.as_hpa(value)
            good = (row[0], *changed)
        made.append(good)
    return JournalRows(keys=tuple(column.key for column in columns), rows=made)


def _restore_sinks(journal: Journal, old: sqlite3.Connection) -> None:
    """Take cursors and dead letters along."""
    for sink, taken_at in old.execute("SELECT sink, taken_at FROM cursors").fetchall():
        if isinstance(sink, str) and 0 <= taken_at <= LATEST:
            journal.sinks.advance(sink, taken_at)
            journal.stamp_after(taken_at)
    letters = old.execute("SELECT sink, taken_at, line, reason, refused_at FROM dead_letters")
    for portion in batched(letters, _PORTION, strict=False):
        for sink, taken_at, line, reason, refused_at in portion:
            letter = DeadLetter(taken_at=taken_at, line=line, reason=reason, refused_at=refused_at)
            journal.sinks.add_dead_letters(sink, [letter])


def _restore_state(journal: Journal, aside: Path) -> None:
    """Take along cursors, dead letters, what was lost and which time is believed.

    A doubt about the clock must not end by damage.
    """
    if is_empty(aside):
        return
    with suppress(JournalError), journal_errors(aside), closing(_open(aside)) as old:
        with suppress(JournalError, sqlite3.Error):
            _restore_sinks(journal, old)
        found = {name: schema.load_counter(old, name) for name in schema.COUNTERS}
        journal.keep_counters(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLoss:
    """That rows of a journal are missing, or that it was damaged.

    What was left of a damaged one was set aside at `aside`, None if there was nothing to set aside.
    `kept` rows are there; at least `known` were there once, up to `newest` (UTC ms), as far as
    anything tells.
    """

    aside: Path | None
    kept: int
    known: int
    newest: int | None


def open_journal(path: Path, now: int) -> tuple[Journal, JournalLoss | None]:
    """Open a journal; one that is damaged is set aside, and what can be read of it taken back.

    `now` (UTC ms) goes into names. Raises JournalUnavailableError and JournalVersionError.
    """
    mark = read_mark(path)
    with journal_errors(path):
        damaged = lacks_commits(path) or _log_is_alone(path)
    if not damaged:
        try:
            journal = _opened(path)
        except JournalDamagedError:
            pass
        else:
            if mark is None or journal.newest >= mark.newest:
                return journal, None
            kept = journal.count_after(-1)
            known = max(mark.rows, kept + 1)
            return journal, JournalLoss(aside=None, kept=kept, known=known, newest=mark.newest)
    kept = _rebuild(path)
    aside = set_aside(path, now)
    with journal_errors(path), suppress(FileNotFoundError):
        _beside(path).replace(path)
    journal = Journal(path)
    if mark is None:
        return journal, JournalLoss(aside=aside, kept=kept, known=kept, newest=None)
    return journal, JournalLoss(
        aside=aside, kept=kept, known=max(mark.rows, kept), newest=mark.newest
    )


def _rebuild(path: Path) -> int:
    """Put what can be read of a damaged journal into a file beside it; return how many rows.

    So a process that dies meanwhile begins anew with all that there is.
    """
    fresh = _beside(path)
    delete_journal(fresh)
    try:
        with closing(Journal(fresh)) as journal:
            kept = restore(journal, path, safe=False)
            _restore_state(journal, path)
            journal.checkpoint()
    except JournalUnavailableError:  # a full disk: the damaged one stays until there is room
        delete_journal(fresh)
        raise
    except JournalError:  # all is in what is set aside
        delete_journal(fresh)
        return 0
    return kept


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.recovering{path.suffix}")  # whose mark is another


def _opened(path: Path) -> Journal:
    """Open a journal, if need be in the way that a full disk allows. Raises as `Journal`."""
    try:
        return Journal(path)
    except JournalUnavailableError:
        if path.is_file():
            with suppress(JournalUnavailableError):
                return Journal(path, alone=True)
        raise


def _log_is_alone(path: Path) -> bool:
    """Return whether there is a log without its journal: SQLite would delete it. Raises OSError."""
    return is_empty(path) and not is_empty(wal_path(path))


def remove_future_rows(path: Path, now: int) -> tuple[Path, int]:
    """Take rows of after `now` (UTC ms) out of a journal that nobody has open.

    Return where a copy with all of them is, and how many they are. Raises JournalError.
    """
    with closing(Journal(path)) as journal:
        found = journal.drop_future(now)
        write_mark(path, HighWaterMark(rows=journal.count_after(-1), newest=journal.newest))
    return found


def restore_future_rows(path: Path, copy: Path, after: int) -> int:
    """Put back rows after that time (UTC ms) that `remove_future_rows` removed; return how many.

    Sinks get them once more. Raises JournalError.
    """
    with journal_errors(copy, opening=True), closing(_open(copy)) as old:
        found = "SELECT count(*) FROM snapshots WHERE taken_at > ?"
        (expected,) = old.execute(found, (after,)).fetchone()
    with closing(Journal(path)) as journal:
        count = restore(journal, copy, after=after)
        if journal.count_after(after) < expected:
            raise JournalUnavailableError(path=path, reason="not all of the copy could be put back")
        journal.go_back(after)
        write_mark(path, HighWaterMark(rows=journal.count_after(-1), newest=journal.newest))
    return count
