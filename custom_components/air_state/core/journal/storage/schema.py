"""The journal's tables, and how files of earlier versions become the present one.

Schema 4::

    snapshots  taken_at INTEGER PRIMARY KEY    UTC ms, strictly increasing
               "dht22.temperature" REAL …      one column for each reading ever seen, in the
                                               units of `domain/parameters.py`
    readings   name, sensor, parameter         what the columns hold
               first_seen                      UTC ms
    cursors    sink, taken_at                  the last snapshot that a sink has
    counters   name, value                     rows that left unmirrored, times of the
                                               clock (`journal/writing/clock.py`)
    dead_letters  sink, taken_at, line         lines that a sink refuses for good,
               reason, refused_at              why, and since when (UTC ms)

`taken_at` is the key itself rather than a column beside a sequence number: it only grows, so rows
are appended at the end of one B-tree, and ranges of time need no second index (and its writes).
"""

import sqlite3
from collections.abc import Callable

from ...domain.models import ReadingKey
from ...domain.parameters import canonical_name

VERSION = 4
# Shown by file(1) and told from other SQLite files by it: "AirS".
APPLICATION_ID = 0x41697253
LOST = "lost"  # a counter, and two that are times (UTC ms):
BELIEVED, DOUBTED_FROM = "clock_believed", "clock_doubted_from"
COUNTERS = (LOST, BELIEVED, DOUBTED_FROM)
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
    """Lay the tables of the present version into an empty file, inside a transaction."""
    _run(connection, _TABLES + _DEAD_LETTERS)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of an earlier `version` to the present one, inside a transaction."""
    for step in range(version, VERSION):
        _MIGRATIONS[step](connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _from_1(connection: sqlite3.Connection) -> None:
    """Version 1 neither knew when a reading was first seen nor counted lost rows."""
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
    """Version 2 knew no dead letters."""
    _run(connection, _DEAD_LETTERS)


def _from_3(connection: sqlite3.Connection) -> None:
    """Version 3 held pressure in Pa, and nothing but 30,000 to 110,000 Pa passed for pressure.

    So what is outside that range is no Pa and stays as it is, as where a name that version 3 did
    not know for pressure, such as "Pressure", was sent in hPa. Dead letters stay as well: they are
    lines in the unit of their bucket. Six decimals of hPa are more than any station sends; rounding
    to them leaves the number that was sent, without what multiplying and dividing add.
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
    """Return whether every table is there, and `readings` tells of the columns that there are."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    columns = {row[1] for row in connection.execute("PRAGMA table_info(snapshots)")}
    expected = {"snapshots", "readings", "cursors", "counters", "dead_letters"}
    return expected <= tables and columns == {
        "taken_at",
        *load_columns(connection).values(),
    }


def load_columns(connection: sqlite3.Connection) -> dict[ReadingKey, str]:
    """Return the column of each reading that the journal holds."""
    rows = connection.execute("SELECT sensor, parameter, name FROM readings")
    return {ReadingKey(sensor, parameter): name for sensor, parameter, name in rows}


def add_column(
    connection: sqlite3.Connection, key: ReadingKey, taken: dict[ReadingKey, str], seen: int
) -> str:
    """Add a reading's column and return its name: the key's own, or numbered where that is taken.

    SQLite's names ignore case, wire keys do not; ``taken_at`` is taken as well.
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


def count_lost(connection: sqlite3.Connection, count: int) -> None:
    """Add to the number of rows and lines that left before every sink had them."""
    connection.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name)"
        " DO UPDATE SET value = value + excluded.value",
        (LOST, count),
    )


def is_pressure(key: ReadingKey) -> bool:
    """Return whether a reading is a pressure, however its name is written."""
    return canonical_name(key.parameter) in {"pressure", "seaLevelPressure"}


def as_hpa(pascal: float) -> float:
    """Return what version 3 held as pressure in the present unit; see `_from_3`."""
    return round(pascal / 100, 6) if 30_000 <= pascal <= 110_000 else pascal  # noqa: PLR2004 - Pa


def load_counter(connection: sqlite3.Connection, name: str) -> int | None:
    """Return a number that is kept under that name, None if none is."""
    found = connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return None if found is None else int(found[0])


def set_counter(connection: sqlite3.Connection, name: str, value: int | None) -> None:
    """Keep a number under that name; None to keep none."""
    if value is None:
        connection.execute("DELETE FROM counters WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))


def quoted(name: str) -> str:
    """Return a name as an SQL identifier; names hold printable characters only."""
    return '"' + name.replace('"', '""') + '"'
