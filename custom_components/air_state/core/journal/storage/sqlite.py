"""SQLite as the journal uses it: its errors as the journal's own, and whole transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...domain.errors import JournalDamagedError, JournalRefusalError, JournalUnavailableError

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# These come from the disk, not from the file: waiting or making room helps, a new file does not.
_TRANSIENT = frozenset(
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
    """Turn errors of SQLite and of the file system into errors of the journal at `path`.

    While `opening`, every error that does not come from the disk means damage, a missing table
    for example. Later only what SQLite itself calls damage does.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        damaged = code not in _TRANSIENT if opening else code in _DAMAGE
        if damaged:
            raise JournalDamagedError(path=path, reason=error) from error
        kind = JournalUnavailableError if code in _TRANSIENT else JournalRefusalError
        raise kind(path=path, reason=error) from error
    except UnicodeDecodeError as error:
        # SQLite read a text from a damaged page.
        raise JournalDamagedError(path=path, reason=error.reason) from error
    except (OverflowError, UnicodeEncodeError) as error:
        # SQLite cannot store this number or text.
        raise JournalRefusalError(path=path, reason=error) from error
    except OSError as error:
        raise JournalUnavailableError(path=path, reason=error.strerror or error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all statements of the block, or none if it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has already rolled back.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def number(connection: sqlite3.Connection, sql: str, *parameters: object) -> int:
    """Return the one number that the query `sql` results in."""
    value: int
    (value,) = connection.execute(sql, parameters).fetchone()
    return value


def forbid_double_quoted_text(connection: sqlite3.Connection) -> None:
    """Make SQLite reject a quoted name that is no column, rather than read it as a text."""
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)  # noqa: FBT003 - positional only
