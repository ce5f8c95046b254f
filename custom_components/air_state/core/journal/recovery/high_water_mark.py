"""The high-water mark: how many rows a journal had, in a small file beside it.

It reveals missing rows. SQLite takes a log that was cut off for a shorter one, and creates a new
file where there is none. The mark is written after commits that are safe from a power cut, a few
times at first and then every ten minutes: to write it with each commit would double what is
written to flash.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..storage.file import Journal
from ..storage.paths import mark_path

_MAX_FILE_BYTES = 1_000
_INTERVAL_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HighWaterMark:
    """How many rows there were, and when the newest was taken (UTC ms)."""

    rows: int
    newest: int


def read_mark(path: Path) -> HighWaterMark | None:
    """Return the mark of the journal at `path`, None if there is none that can be read."""
    try:
        with mark_path(path).open("rb") as file:
            found = json.loads(file.read(_MAX_FILE_BYTES))
        rows, newest = found["rows"], found["newest"]
    except OSError, ValueError, KeyError, TypeError:
        return None
    if not (isinstance(rows, int) and isinstance(newest, int)):
        return None
    return HighWaterMark(rows=rows, newest=newest)


def write_mark(path: Path, mark: HighWaterMark) -> None:
    """Write the mark of the journal at `path`, if the disk allows it."""
    target = mark_path(path)
    temporary = target.with_suffix(".mark-new")
    with suppress(OSError):
        temporary.write_text(json.dumps(asdict(mark)), "ascii")
        temporary.replace(target)


class MarkSchedule:
    """Tells when the mark is due: after the 1st, 2nd, 4th, 8th … commit, and every ten minutes."""

    def __init__(self) -> None:
        """Start before the first commit."""
        self._commits = 0
        self._due_commit = 1
        self._due_at = 0.0

    def commit_made(self, at: float) -> bool:
        """Count a commit made at `at` (monotonic seconds); return whether the mark is due."""
        self._commits += 1
        if self._commits < self._due_commit and at < self._due_at:
            return False
        self._due_commit = max(self._due_commit, self._commits * 2)
        self._due_at = at + _INTERVAL_SECONDS
        return True


class MarkKeeper:
    """Counts the rows of an open journal, and keeps its mark; for the journal's thread."""

    def __init__(self, path: Path) -> None:
        """Keep the mark of the journal at `path`."""
        self._path = path
        self._rows = 0
        self._schedule = MarkSchedule()

    def opened(self, journal: Journal) -> None:
        """Start with the number of rows: the mark's if it is up to date. Raises JournalError."""
        mark = read_mark(self._path)
        self._schedule = MarkSchedule()
        if mark is not None and mark.newest == journal.newest:
            self._rows = mark.rows
        else:
            self._rows = journal.snapshots.count_after(-1)
        self.write(journal)

    def appended(self, count: int) -> None:
        """Count rows that were appended."""
        self._rows += count

    def synced(self, journal: Journal, at: float) -> None:
        """Write the mark if it is due after a synced commit at `at` (monotonic seconds)."""
        if self._schedule.commit_made(at):
            self.write(journal)

    def pruned(self, journal: Journal, count: int) -> None:
        """Count rows that were deleted, and write the mark. Raises JournalError."""
        self._rows -= count
        if journal.snapshots.count_after(-1, max_count=1):
            self.write(journal)
        else:  # an old mark would say that the rows are missing
            self._rows = 0
            write_mark(self._path, HighWaterMark(rows=0, newest=0))

    def write(self, journal: Journal) -> None:
        """Write the mark, unless there are no rows."""
        if self._rows:
            write_mark(self._path, HighWaterMark(rows=self._rows, newest=journal.newest))
