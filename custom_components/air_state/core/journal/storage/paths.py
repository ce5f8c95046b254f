"""Where the files of a journal are, and how they are set aside and deleted.

A journal is one SQLite file. SQLite keeps its write-ahead log and that log's index beside it, Air
State a small file with the high-water mark.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from .sqlite import journal_errors

_WAL, _INDEX = "-wal", "-shm"
# The write-ahead log first: the main file must never stand without its last rows.
_SUFFIXES = (_WAL, _INDEX, "")


def wal_path(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of the journal at `path`."""
    return path.with_name(path.name + _WAL)


def wal_index_path(path: Path) -> Path:
    """Return where SQLite keeps the index of that log."""
    return path.with_name(path.name + _INDEX)


def mark_path(path: Path) -> Path:
    """Return where the high-water mark of the journal at `path` is kept."""
    return path.with_suffix(".mark")


def is_empty(path: Path) -> bool:
    """Return whether the file is missing or has no bytes. Raises OSError."""
    return not path.exists() or path.stat().st_size == 0


def unused_path(path: Path, word: str, now: int) -> Path:
    """Return a path beside the journal that no file has yet.

    Its name contains `word` and the time `now` (UTC ms).
    """
    stamp = datetime.fromtimestamp(now // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    unused, number = path.with_name(f"{path.stem}.{word}-{stamp}{path.suffix}"), 2
    while any(unused.with_name(unused.name + suffix).exists() for suffix in _SUFFIXES):
        name = f"{path.stem}.{word}-{stamp}-{number}{path.suffix}"
        unused, number = path.with_name(name), number + 1
    return unused


def set_aside(path: Path, now: int) -> Path:
    """Rename a damaged journal, and what SQLite keeps beside it; return the new path.

    The new name contains the time `now` (UTC ms). Raises JournalUnavailableError.
    """
    with journal_errors(path):
        aside = unused_path(path, "damaged", now)
        for suffix in _SUFFIXES:
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def delete_journal(path: Path) -> None:
    """Delete the journal at `path` with the files beside it; those that were set aside stay."""
    mark_path(path).unlink(missing_ok=True)
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
