"""The connection that writes a journal's file: it is created, checked and migrated on opening.

What happens to a damaged file is decided in `recovery/rebuild.py`.
"""

import sqlite3
from pathlib import Path

from . import checks, schema
from .sqlite import forbid_double_quoted_text, transaction

_BUSY_SECONDS = 5.0


def open_connection(path: Path, *, exclusive: bool) -> sqlite3.Connection:
    """Return a connection that may write, to a file that is intact and of the present version.

    The file is created if there is none. `exclusive` keeps out everyone else, and needs no room
    on the disk for an index of the write-ahead log. Raises JournalDamagedError,
    JournalVersionError, OSError and sqlite3.Error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    checks.require_full_length(path)
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


def _check_and_migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Check the file; create its tables if it is new, migrate them if they are older."""
    version = checks.require_journal(connection, path)
    if not checks.has_tables(connection):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    checks.require_intact_pages(connection, path)
    if version == 0:
        with transaction(connection):
            schema.create(connection)
    elif version < schema.VERSION:
        with transaction(connection):
            schema.migrate(connection, version)
        # The log may hold every page of the file now.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    checks.require_consistent_tables(connection, path)
