"""Checks of a journal's file when it is opened.

They raise JournalDamagedError for a damaged file, which `recovery/rebuild.py` then replaces.
"""

import sqlite3
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalVersionError
from . import schema
from .paths import wal_path
from .sqlite import number

_HEADER_SIZE = 100  # bytes at the start of every SQLite file


def require_full_length(path: Path) -> None:
    """Raise JournalDamagedError for a file that was cut off where SQLite would not notice.

    SQLite takes a file of a few bytes for empty, and reads zeros where the last page is cut off.
    The size in the header (SQLite's file format, 1.3) holds while there is no write-ahead log.
    """
    if not path.exists() or (size := path.stat().st_size) == 0:
        return
    with path.open("rb") as file:
        header = file.read(_HEADER_SIZE)
    page_size, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
    too_short = size < page_size * pages and not wal_path(path).exists()
    if len(header) < _HEADER_SIZE or too_short:
        raise JournalDamagedError(path=path, reason=f"cut off after {size} bytes")


def has_tables(connection: sqlite3.Connection) -> bool:
    """Return whether the file has any tables; a new one has none."""
    return number(connection, "SELECT count(*) FROM sqlite_schema") > 0


def require_journal(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the journal's tables, 0 for a new file.

    Raises JournalVersionError for a later version than the present one, and JournalDamagedError for
    a file that is no journal.
    """
    version = number(connection, "PRAGMA user_version")
    if version > schema.VERSION:
        raise JournalVersionError(path=path, found=version, known=schema.VERSION)
    if has_tables(connection) and (
        version <= 0 or number(connection, "PRAGMA application_id") != schema.APPLICATION_ID
    ):
        raise JournalDamagedError(path=path, reason="not a journal of Air State")
    return version


def require_intact_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Raise JournalDamagedError if SQLite finds a damaged page."""
    (findings,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if findings != "ok":
        raise JournalDamagedError(path=path, reason=findings)


def require_consistent_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Raise JournalDamagedError if the tables contradict each other."""
    if not schema.is_consistent(connection):
        raise JournalDamagedError(path=path, reason="its tables contradict each other")
