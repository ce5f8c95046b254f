"""The journal's tables, and the migration of files of earlier versions.

Schema 4::

    snapshots     taken_at INTEGER PRIMARY KEY    UTC ms, strictly increasing
                  "dht22.temperature" REAL …      one column for each reading ever seen, in the
                                                  units of `domain/parameters.py`
    readings      name, sensor, parameter         which reading each column holds
                  first_seen                      UTC ms
    cursors       sink, taken_at                  the last snapshot that a sink has
    counters      name, value                     rows deleted unmirrored, times of the clock
    dead_letters  sink, taken_at, line            lines that a sink refuses for good,
                  reason, refused_at              why, and since when (UTC ms)

`taken_at` is the key itself, without a sequence number beside it. It only grows, so rows are
appended at the end of one B-tree, and time ranges need no second index (and its writes).
"""

import sqlite3
from collections.abc import Callable

from ...domain.models import ReadingKey
from ...domain.parameters import canonical_name

VERSION = 4
# "AirS": file(1) shows it, and it distinguishes a journal from other SQLite files.
APPLICATION_ID = 0x41697253
MAX_COLUMNS = 1_000  # SQLite itself allows 2,000 for a table

_TABLES = """
CREATE TABLE snapshots (taken_at INTEGER PRIMARY KEY) STRICT;
CREATE TABLE readings (
    name TEXT PRIMARY KEY,
    sensor TEXT NOT NULL,
    parameter TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    UNIQUE (sensor, parameter)
) STRICT;
CREATE TABLE cursors (sink TEXT PRIMARY KEY, taken_at INTEGER NOT NULL) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
_DEAD_LETTERS = """
CREATE TABLE dead_letters (
    sink TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    line TEXT NOT NULL,
    reason TEXT NOT NULL,
    refused_at INTEGER NOT NULL,
    PRIMARY KEY (sink, taken_at, line)
) STRICT, WITHOUT ROWID;
"""


def create(connection: sqlite3.Connection) -> None:
    """Create the present tables in an empty file, within the caller's transaction."""
    _run(connection, _TABLES + _DEAD_LETTERS)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of an earlier `version` to the present one, within the caller's transaction."""
    for step in range(version, VERSION):
        _MIGRATIONS[step](connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _from_1(connection: sqlite3.Connection) -> None:
    """Migrate from version 1, which had neither `first_seen` nor counters."""
    _run(
        connection,
        """
        ALTER TABLE readings ADD COLUMN first_seen INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        """,
    )
    for (name,) in connection.execute("SELECT name FROM readings").fetchall():
        connection.execute(
            "UPDATE readings SET first_seen = coalesce((SELECT min(taken_at) FROM snapshots"  # noqa: S608 - the name is quoted
            f" WHERE {quoted(name)} IS NOT NULL), 0) WHERE name = ?",
            (name,),
        )


def _from_2(connection: sqlite3.Connection) -> None:
    """Migrate from version 2, which had no dead letters."""
    _run(connection, _DEAD_LETTERS)


def _from_3(connection: sqlite3.Connection) -> None:
    """Migrate from version 3, which stored pressure in Pa, and accepted 30,000 to 110,000 Pa.

    Values outside that range are not in Pa and stay as they are: version 3 did not recognise a
    name such as "Pressure", whose values were sent in hPa. Dead letters stay as well, since they
    are lines in the unit of their bucket. No station sends six decimals of hPa. Rounding to them
    restores the number that was sent, without the errors of multiplying and dividing.
    """
    columns = [quoted(name) for key, name in load_columns(connection).items() if is_pressure(key)]
    if columns:
        assignments = ", ".join(
            f"{each} = CASE WHEN {each} BETWEEN 30000 AND 110000"
            f" THEN round({each} / 100, 6) ELSE {each} END"
            for each in columns
        )
        connection.execute(f"UPDATE snapshots SET {assignments}")  # noqa: S608 - quoted


_MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
}


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Execute statements one by one; executescript would commit the transaction around them."""
    for statement in script.split(";"):
        if statement.strip():
            connection.execute(statement)


def is_consistent(connection: sqlite3.Connection) -> bool:
    """Return whether all tables exist, and `readings` lists the columns of `snapshots`."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    columns = {row[1] for row in connection.execute("PRAGMA table_info(snapshots)")}
    expected = {"snapshots", "readings", "cursors", "counters", "dead_letters"}
    return expected <= tables and columns == {
        "taken_at",
        *load_columns(connection).values(),
    }


def load_columns(connection: sqlite3.Connection) -> dict[ReadingKey, str]:
    """Return the name of each reading's column."""
    rows = connection.execute("SELECT sensor, parameter, name FROM readings")
    return {ReadingKey(sensor, parameter): name for sensor, parameter, name in rows}


def add_column(
    connection: sqlite3.Connection, key: ReadingKey, taken: dict[ReadingKey, str], seen: int
) -> str:
    """Add a column for a reading first `seen` then (UTC ms), and return its name.

    That is the key, with a number where the name is among those `taken`: SQLite's names ignore
    case, wire keys do not.
    """
    used = {"taken_at", *(name.lower() for name in taken.values())}
    name, number = str(key), 2
    while name.lower() in used:
        name, number = f"{key} ({number})", number + 1
    connection.execute(f"ALTER TABLE snapshots ADD COLUMN {quoted(name)} REAL")
    connection.execute(
        "INSERT INTO readings (name, sensor, parameter, first_seen) VALUES (?, ?, ?, ?)",
        (name, key.sensor, key.parameter, seen),
    )
    return name


def is_pressure(key: ReadingKey) -> bool:
    """Return whether a reading is a pressure, however its name is written."""
    return canonical_name(key.parameter) in {"pressure", "seaLevelPressure"}


def as_hpa(pascal: float) -> float:
    """Return a pressure that version 3 stored in the present unit; see `_from_3`."""
    return round(pascal / 100, 6) if 30_000 <= pascal <= 110_000 else pascal  # noqa: PLR2004 - Pa


def quoted(name: str) -> str:
    """Return the name of a column as an SQL identifier; names are printable."""
    return '"' + name.replace('"', '""') + '"'
