"""Opening a journal that may be damaged: it is set aside, and a new one is built from its rows.

Damage that shows later is reported by `storage/sqlite.py`; `writer.py` then opens the file again.
"""

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalError, JournalUnavailableError
from ..storage.file import Journal
from ..storage.paths import delete_journal, is_empty, set_aside, wal_path
from ..storage.sqlite import journal_errors
from .high_water_mark import read_mark
from .salvage import salvage_rows, salvage_state
from .write_ahead_log import lacks_commits


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageReport:
    """A journal was damaged, or lacks rows.

    `file` is where the damaged file is now, None if the file was intact and only lacks rows. The
    journal has `kept` rows. It once had at least `known` rows, the newest of them taken at `newest`
    (UTC ms), None if nothing says so.
    """

    file: Path | None
    kept: int
    known: int
    newest: int | None


def open_journal(path: Path, now: int) -> tuple[Journal, DamageReport | None]:
    """Return the open journal, and what was found damaged or missing, None if nothing.

    A damaged file is set aside under a name with the time `now` (UTC ms), and its readable rows go
    into a new one. Raises JournalUnavailableError and JournalVersionError.
    """
    mark = read_mark(path)
    with journal_errors(path):
        damaged = lacks_commits(path) or _wal_without_journal(path)
    if not damaged:
        try:
            journal = _open_shared_or_exclusive(path)
        except JournalDamagedError:
            pass
        else:
            if mark is None or journal.newest >= mark.newest:
                return journal, None
            kept = journal.snapshots.count_after(-1)
            known = max(mark.rows, kept + 1)
            return journal, DamageReport(file=None, kept=kept, known=known, newest=mark.newest)
    kept = _rebuild(path)
    file = set_aside(path, now)
    with journal_errors(path), suppress(FileNotFoundError):
        _rebuilt_path(path).replace(path)
    journal = Journal(path)
    if mark is None:
        return journal, DamageReport(file=file, kept=kept, known=kept, newest=None)
    known = max(mark.rows, kept)
    return journal, DamageReport(file=file, kept=kept, known=known, newest=mark.newest)


def _open_shared_or_exclusive(path: Path) -> Journal:
    """Return the open journal, for this process alone if the disk is full. Raises as `Journal`."""
    try:
        return Journal(path)
    except JournalUnavailableError:
        if path.is_file():
            with suppress(JournalUnavailableError):
                return Journal(path, exclusive=True)
        raise


def _wal_without_journal(path: Path) -> bool:
    """Return whether only the log is left, which SQLite would delete. Raises OSError."""
    return is_empty(path) and not is_empty(wal_path(path))


def _rebuild(path: Path) -> int:
    """Copy what can be read of a damaged journal into a new file beside it; return how many rows.

    If the process dies meanwhile, the damaged file is still complete and this starts again. Raises
    JournalUnavailableError.
    """
    rebuilt = _rebuilt_path(path)
    delete_journal(rebuilt)
    try:
        with closing(Journal(rebuilt)) as journal:
            kept = salvage_rows(journal, path, synced=False)
            salvage_state(journal, path)
            journal.checkpoint()
    except JournalUnavailableError:  # a full disk: the damaged file stays until there is room
        delete_journal(rebuilt)
        raise
    except JournalError:  # everything is in the file that is set aside
        delete_journal(rebuilt)
        return 0
    return kept


def _rebuilt_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.recovering{path.suffix}")  # its mark has another name too
