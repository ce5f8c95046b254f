"""What a journal held, in a small file beside it: so that it is noticed when rows are missing.

SQLite takes a log that was cut off for a shorter one, and makes a new file where there is none. The
mark is written after commits that are safe from a power cut, a few times at first and every ten
minutes then: written with each it would double what is written to flash.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..storage.paths import mark_path

_MAX_BYTES = 1_000
_EVERY_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HighWaterMark:
    """How many rows there were, and the newest one's time (UTC ms)."""

    rows: int
    newest: int


def read_mark(path: Path) -> HighWaterMark | None:
    """Return the mark of the journal at `path`, None if there is none that can be read."""
    try:
        with mark_path(path).open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
        rows, newest = found["rows"], found["newest"]
    except OSError, ValueError, KeyError, TypeError:
        return None
    if not (isinstance(rows, int) and isinstance(newest, int)):
        return None
    return HighWaterMark(rows=rows, newest=newest)


def write_mark(path: Path, mark: HighWaterMark) -> None:
    """Write the mark of the journal at `path`, if the disk lets it."""
    place = mark_path(path)
    fresh = place.with_suffix(".mark-new")
    with suppress(OSError):
        fresh.write_text(json.dumps(asdict(mark)), "ascii")
        fresh.replace(place)


class MarkSchedule:
    """Says when a mark is due: after the 1st, 2nd, 4th, 8th … commit, and every ten minutes."""

    def __init__(self) -> None:
        """Begin with the first commit."""
        self._commits = 0
        self._due_commit = 1
        self._due_at = 0.0

    def due(self, at: float) -> bool:
        """Return whether one is due with this commit, at `at` (seconds that never jump)."""
        self._commits += 1
        if self._commits < self._due_commit and at < self._due_at:
            return False
        self._due_commit = max(self._due_commit, self._commits * 2)
        self._due_at = at + _EVERY_SECONDS
        return True
