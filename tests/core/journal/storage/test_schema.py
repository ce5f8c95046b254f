"""Files of other versions: migrated, or left alone."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    JournalUnavailableError,
    JournalVersionError,
)
from custom_components.air_state.core.domain.models import ReadingKey
from custom_components.air_state.core.journal.source import JournalHistory
from custom_components.air_state.core.journal.storage import schema as journal_schema
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from tests.core.journal.recovery.test_crash import CHECKOUT, CORE_ALONE
from tests.core.journal.snapshots import BMP, HUMIDITY, T0, read_after, snapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "journals").mkdir()
    return tmp_path / "journals" / "station.db"


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as plain:
        plain.execute(f"PRAGMA user_version = {journal_schema.VERSION + 1}")
    before = path.read_bytes()

    with pytest.raises(JournalVersionError) as caught:
        Journal(path)

    assert caught.value.details["found"] == str(journal_schema.VERSION + 1)
    assert caught.value.details["known"] == str(journal_schema.VERSION)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


VERSION_1 = f"""
PRAGMA application_id = {journal_schema.APPLICATION_ID};
PRAGMA user_version = 1;
CREATE TABLE snapshots (
    taken_at INTEGER PRIMARY KEY, "dht22.humidity" REAL, "bmp180.temperature" REAL
) STRICT;
CREATE TABLE readings (
    name TEXT PRIMARY KEY, sensor TEXT NOT NULL, parameter TEXT NOT NULL, UNIQUE (sensor, parameter)
) STRICT;
CREATE TABLE cursors (sink TEXT PRIMARY KEY, taken_at INTEGER NOT NULL) STRICT;
INSERT INTO readings VALUES ('dht22.humidity', 'dht22', 'humidity');
INSERT INTO readings VALUES ('bmp180.temperature', 'bmp180', 'temperature');
INSERT INTO snapshots VALUES ({T0}, 45.5, NULL), ({T0 + 1000}, 45.0, 21.5);
INSERT INTO cursors VALUES ('influx', {T0});
"""


def test_version_1_is_migrated(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)

    with closing(Journal(path)) as journal:
        journal.append([snapshot(2, dht22_humidity=44.0)])

        assert [(each.taken_at, each.readings) for each in read_after(journal, 0, 9)] == [
            (T0, {HUMIDITY: 45.5}),
            (T0 + 1000, {HUMIDITY: 45.0, BMP: 21.5}),
            (T0 + 2000, {HUMIDITY: 44.0}),
        ]
        assert (journal.cursors.setdefault("influx"), journal.counters.deleted_unmirrored()) == (
            T0,
            0,
        )
        assert journal.dead_letters.count("influx") == 0
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (journal_schema.VERSION,)
        seen = dict(plain.execute("SELECT name, first_seen FROM readings"))
        assert seen == {"dht22.humidity": T0, "bmp180.temperature": T0 + 1000}


def test_a_migration_that_breaks_off_leaves_the_old_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
    migrate = journal_schema.migrate

    def fail(connection: sqlite3.Connection, version: int) -> None:
        migrate(connection, version)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal_schema, "migrate", fail)
        with pytest.raises(KeyboardInterrupt):
            Journal(path)

    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (1,)
    with closing(Journal(path)) as journal:
        assert len(read_after(journal, 0, 9)) == 2


# As version 3 laid it: pressure in Pa, what stations sent in hPa multiplied by 100.
VERSION_3 = f"""
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA application_id = {journal_schema.APPLICATION_ID};
PRAGMA user_version = 3;
CREATE TABLE snapshots (taken_at INTEGER PRIMARY KEY, "bmp180.pressure" REAL,
    "bmp180.seaLevelPressure" REAL, "bmp180.temperature" REAL, "odd.PRESSURE" REAL,
    "x""y.pressure" REAL) STRICT;
CREATE TABLE readings (
    name TEXT PRIMARY KEY, sensor TEXT NOT NULL, parameter TEXT NOT NULL,
    first_seen INTEGER NOT NULL, UNIQUE (sensor, parameter)
) STRICT;
CREATE TABLE cursors (sink TEXT PRIMARY KEY, taken_at INTEGER NOT NULL) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE dead_letters (
    sink TEXT NOT NULL, taken_at INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL,
    refused_at INTEGER NOT NULL, PRIMARY KEY (sink, taken_at, line)
) STRICT, WITHOUT ROWID;
INSERT INTO readings VALUES ('bmp180.pressure', 'bmp180', 'pressure', {T0});
INSERT INTO readings VALUES ('bmp180.seaLevelPressure', 'bmp180', 'seaLevelPressure', {T0});
INSERT INTO readings VALUES ('bmp180.temperature', 'bmp180', 'temperature', {T0});
INSERT INTO readings VALUES ('odd.PRESSURE', 'odd', 'PRESSURE', {T0});
INSERT INTO readings VALUES ('x"y.pressure', 'x"y', 'pressure', {T0});
INSERT INTO cursors VALUES ('influx', {T0 + 1000});
INSERT INTO counters VALUES ('lost', 7);
INSERT INTO dead_letters VALUES ('influx', {T0}, 'm pressure=99842.0 {T0}', 'no', {T0});
INSERT INTO snapshots VALUES ({T0}, 99842.0, {1024.4 * 100!r}, 21.5, 50000.0, 30000.0);
INSERT INTO snapshots VALUES ({T0 + 1000}, {998.43 * 100!r}, NULL, 99842.0, NULL, 110000.0);
INSERT INTO snapshots VALUES ({T0 + 2000}, 101325.27, 998.42, NULL, NULL, NULL);
"""
P, SEA = ReadingKey("bmp180", "pressure"), ReadingKey("bmp180", "seaLevelPressure")
OTHER, ODD = ReadingKey('x"y', "pressure"), ReadingKey("odd", "PRESSURE")


@pytest.fixture
def version_3(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_3)
    return path


def test_pressure_of_version_3_becomes_hpa(version_3: Path) -> None:
    with closing(Journal(version_3)) as journal:
        assert [dict(each.readings) for each in read_after(journal, 0, 9)] == [
            {P: 998.42, SEA: 1024.4, BMP: 21.5, ODD: 500.0, OTHER: 300.0},
            {P: 998.43, BMP: 99842.0, OTHER: 1100.0},
            {P: 1013.2527, SEA: 998.42},
        ]
        assert (journal.cursors.setdefault("influx"), journal.counters.deleted_unmirrored()) == (
            T0 + 1000,
            7,
        )
        (letter,) = journal.dead_letters.list_after("influx", -1, limit=9)
        assert letter.line == f"m pressure=99842.0 {T0}"  # in the unit of its bucket
    with closing(Journal(version_3)) as journal:  # and not a second time
        assert read_after(journal, 0, 1)[0].readings[P] == 998.42


def test_every_pressure_that_was_sent_comes_back(version_3: Path) -> None:
    sent = [number / 100 for number in range(30_000, 110_001, 7)]
    with closing(sqlite3.connect(version_3)) as old:
        old.execute("DELETE FROM snapshots")
        old.executemany(
            'INSERT INTO snapshots (taken_at, "bmp180.pressure") VALUES (?, ?)',
            [(T0 + number, value * 100) for number, value in enumerate(sent)],
        )
        old.commit()
    with closing(Journal(version_3)) as journal:
        found = [each.readings[P] for each in read_after(journal, 0, 10**6)]
    assert found == sent


# Dies in the midst of the migration, after so many thousand steps of SQLite's machine.
DYING = f"""{CORE_ALONE}
import os, signal, sys
from pathlib import Path
from custom_components.air_state.core.journal.storage import schema
from custom_components.air_state.core.journal.storage.file import Journal

migrate, left = schema.migrate, int(sys.argv[2])

def die():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(connection, version):
    connection.set_progress_handler(die, 1000)
    migrate(connection, version)

schema.migrate = dying
Journal(Path(sys.argv[1])).close()
"""


@pytest.mark.parametrize("thousands", [1, 5, 50, 200, 400])
def test_a_death_in_the_midst_of_migrating_leaves_all_or_nothing(
    version_3: Path, thousands: int
) -> None:
    with closing(sqlite3.connect(version_3)) as old:
        old.execute("PRAGMA cache_size = 10")
        old.executemany(
            'INSERT INTO snapshots (taken_at, "bmp180.pressure") VALUES (?, 99842.0)',
            [(T0 + 10_000 + number,) for number in range(30_000)],
        )
        old.commit()
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(version_3), str(thousands)], cwd=CHECKOUT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(version_3)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (3,)
        pressures = plain.execute('SELECT DISTINCT "bmp180.pressure" FROM snapshots').fetchall()
        assert min(value for (value,) in pressures) > 30_000
    with closing(Journal(version_3)) as journal:
        found = {each.readings[P] for each in read_after(journal, 0, 10**6)}
    assert found == {998.42, 998.43, 1013.2527}


async def test_what_could_not_be_migrated_yet_is_not_read_in_other_units(
    version_3: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_connection: sqlite3.Connection, _version: int) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    writer = JournalWriter(
        version_3,
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )
    with monkeypatch.context() as patch:
        patch.setattr(journal_schema, "migrate", full)
        assert await writer.open() == frozenset()
        with pytest.raises(JournalUnavailableError):
            await JournalHistory(writer).known()

    assert P in await writer.open()
    assert P in await JournalHistory(writer).known()
    await writer.close()
