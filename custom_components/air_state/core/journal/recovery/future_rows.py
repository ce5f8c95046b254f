"""Rows that a wrong clock stamped with times in the future: moving them out, and back in.

Nobody else may have the journal open meanwhile.
"""

from contextlib import closing
from pathlib import Path

from ...domain.errors import JournalUnavailableError
from ..storage.file import Journal
from ..storage.sqlite import journal_errors, number
from .high_water_mark import HighWaterMark, write_mark
from .salvage import open_unchanged, salvage_rows


def remove_future_rows(path: Path, now: int) -> tuple[Path, int]:
    """Remove the rows taken after `now` (UTC ms) from the journal, after copying all of it.

    Return the path of the copy, and how many rows were removed. Raises JournalError.
    """
    with closing(Journal(path)) as journal:
        copy, count = journal.move_future_rows(now)
        _update_mark(journal)
    return copy, count


def restore_future_rows(path: Path, copy: Path, after: int) -> int:
    """Put back the rows of a copy that were taken after that time (UTC ms); return how many.

    Sinks get them once more. Raises JournalError.
    """
    with journal_errors(copy, opening=True), closing(open_unchanged(copy)) as old:
        expected = number(old, "SELECT count(*) FROM snapshots WHERE taken_at > ?", after)
    with closing(Journal(path)) as journal:
        count = salvage_rows(journal, copy, after=after)
        if journal.snapshots.count_after(after) < expected:
            raise JournalUnavailableError(path=path, reason="not all of the copy could be put back")
        journal.cursors.rewind_all(after)
        _update_mark(journal)
    return count


def _update_mark(journal: Journal) -> None:
    rows = journal.snapshots.count_after(-1)
    write_mark(journal.path, HighWaterMark(rows=rows, newest=journal.newest))
