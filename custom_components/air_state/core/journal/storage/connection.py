"""Opening a journal's file: it is checked, and brought to the present version of the tables."""

import sqlite3
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalVersionError
from . import schema
from .paths import wal_path
from .sqlite import forbid_double_quoted_text, number, transaction

_BUSY_SECONDS = 5.0
_HEADER_SIZE = 100  # bytes at the start of every SQLite file


def open_connection(path: Path, *, exclusive: bool) -> sqlite3.Connection:
    """Return a connection that may write, to a file that is intact and of the present version.

    The file is created if there is none. `exclusive` keeps out everyone else, and needs no room
    on the disk for an index of the write-ahead log. Raises JournalDamagedError,
    JournalVersionError, OSError and sqlite3.Error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _require_full_length(path)
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        forbid_double_quoted_text(connection)
        if exclusive:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _check_and_migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_full_length(path: Path) -> None:
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


def _check_and_migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Check the file; create its tables if it is empty, migrate them if they are older."""
    version = number(connection, "PRAGMA user_version")
    if version > schema.VERSION:
        raise JournalVersionError(path=path, found=version, known=schema.VERSION)
    if number(connection, "SELECT count(*) FROM sqlite_schema") == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    elif (
        not 0 < version <= schema.VERSION
        or number(connection, "PRAGMA application_id") != schema.APPLICATION_ID
    ):
        raise JournalDamagedError(path=path, reason="not a journal of Air State")
    connection.execute("PRAGMA journal_mode = WAL")
    (findings,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if findings != "ok":
        raise JournalDamagedError(path=path, reason=findings)
    if version == 0:
        with transaction(connection):
            schema.create(connection)
    elif version < schema.VERSION:
        with transaction(connection):
            schema.migrate(connection, version)
        # The log may hold every page of the file now.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if not schema.is_consistent(connection):
        raise JournalDamagedError(path=path, reason="its tables contradict each other")
