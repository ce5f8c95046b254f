"""SQLite as the journal uses it: errors told apart, transactions that leave nothing half-done."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalRefusalError, JournalUnavailableError

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Of the disk rather than of the file: waiting or making room helps, setting the file aside not.
_PASSING = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


@contextmanager
def journal_errors(path: Path, *, opening: bool = False) -> Iterator[None]:
    """Raise what SQLite and the file system raise as errors of the journal.

    While `opening`, whatever is not of the disk is damage, such as a table that is not there;
    later only what SQLite itself calls damage is.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        damaged = code not in _PASSING if opening else code in _DAMAGE
        if damaged:
            raise JournalDamagedError(path=path, reason=error) from error
        kind = JournalUnavailableError if code in _PASSING else JournalRefusalError
        raise kind(path=path, reason=error) from error
    except UnicodeDecodeError as error:
        # Text that SQLite read out of a page that is none any more.
        raise JournalDamagedError(path=path, reason=error.reason) from error
    except (OverflowError, UnicodeEncodeError) as error:
        # A number or a text that SQLite cannot hold.
        raise JournalRefusalError(path=path, reason=error) from error
    except OSError as error:
        raise JournalUnavailableError(path=path, reason=error.strerror or error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens within, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
