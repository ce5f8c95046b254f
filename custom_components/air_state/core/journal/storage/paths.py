"""The files of a journal: set aside, deleted, and names for others beside it."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..recovery.high_water_mark import mark_path
from .sqlite import translating

# The write-ahead log first: the main file must never stand without its last rows.
_ENDINGS = ("-wal", "-shm", "")


def set_aside(path: Path, now: int) -> Path:
    """Rename a damaged journal and what SQLite keeps beside it; return the new path.

    `now` (UTC ms) goes into the name. Raises JournalUnavailableError.
    """
    with translating(path):
        aside = beside(path, "damaged", now)
        for ending in _ENDINGS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside


def beside(path: Path, word: str, now: int) -> Path:
    """Return a path beside the journal's that nothing has yet, with `word` and time in its name."""
    stamp = datetime.fromtimestamp(now // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    free, number = path.with_name(f"{path.stem}.{word}-{stamp}{path.suffix}"), 2
    while any(free.with_name(free.name + ending).exists() for ending in _ENDINGS):
        name = f"{path.stem}.{word}-{stamp}-{number}{path.suffix}"
        free, number = path.with_name(name), number + 1
    return free


def delete(path: Path) -> None:
    """Delete a journal and what SQLite keeps beside it; files set aside stay."""
    mark_path(path).unlink(missing_ok=True)
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
