"""The journal's file when all is well, and files that are no journal."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from custom_components.air_state.core.domain.errors import (
    JournalDamagedError,
    JournalUnavailableError,
)
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.storage import schema as journal_schema
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY, T0, read_after, snapshot

FOREVER = 2**62


def values(found: list[Snapshot]) -> list[tuple[int, dict[ReadingKey, float]]]:
    return [(each.taken_at, dict(each.readings)) for each in found]


def test_rows_come_back_as_they_were_written(path: Path) -> None:
    written = [snapshot(number) for number in range(5)]
    with closing(Journal(path)) as journal:
        journal.append(written[:2])
        journal.append(written[2:], durable=False)

    with closing(Journal(path)) as journal:
        assert values(read_after(journal, 0, 100)) == values(written)
        assert values(read_after(journal, T0 + 1000, 2)) == values(written[2:4])
        assert read_after(journal, T0 + 4000, 2) == []
        assert journal.newest == T0 + 4000
        assert set(journal.snapshots.columns) == {BMP, DHT, HUMIDITY}


def test_durable_commits_wait_for_the_disk(path: Path) -> None:
    """With a write-ahead log, FULL (2) syncs each commit and NORMAL (1) does not."""
    with closing(Journal(path)) as journal:

        def setting(name: str) -> object:
            return journal._connection.execute(f"PRAGMA {name}").fetchone()[0]

        assert setting("journal_mode") == "wal"
        for durable, expected in ((True, 2), (False, 1), (True, 2)):
            journal.append([snapshot(0)], durable=durable)
            assert setting("synchronous") == expected


def test_an_empty_journal(path: Path) -> None:
    with closing(Journal(path)) as journal:
        assert (
            journal.newest,
            journal.snapshots.columns,
            journal.counters.deleted_unmirrored(),
        ) == (0, {}, 0)
        assert read_after(journal, 0, 1) == []


def test_readings_are_added_when_they_first_appear(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0, dht22_temperature=1.0)])
        journal.append([snapshot(1, bmp180_temperature=2.0), snapshot(2, dht22_temperature=3.0)])

        assert values(read_after(journal, 0, 9)) == [
            (T0, {DHT: 1.0}),
            (T0 + 1000, {BMP: 2.0}),
            (T0 + 2000, {DHT: 3.0}),
        ]
    with closing(sqlite3.connect(path)) as plain:
        # Any SQLite tool can read it.
        rows = plain.execute('SELECT "dht22.temperature" FROM snapshots').fetchall()
        assert rows == [(1.0,), (None,), (3.0,)]
        seen = plain.execute("SELECT name, first_seen FROM readings ORDER BY name").fetchall()
        assert seen == [("bmp180.temperature", T0 + 1000), ("dht22.temperature", T0)]


@pytest.mark.parametrize("other", ["P", 'x"; DROP TABLE snapshots; --', "Ж", "a.b", "taken_at"])
def test_names_that_sql_could_stumble_over(path: Path, other: str) -> None:
    keys = [
        ReadingKey("s", "p"),
        ReadingKey("S", "p"),
        ReadingKey("s", other),
        ReadingKey(other, "p"),
    ]
    readings = {key: float(number) for number, key in enumerate(keys)}
    written = Snapshot(device="", taken_at=T0, readings=readings)
    with closing(Journal(path)) as journal:
        journal.append([written])

        assert values(read_after(journal, 0, 1)) == values([written])


def test_columns_are_bounded_and_the_rest_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schema, "MAX_COLUMNS", 2)
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0), snapshot(1, only_new=1.0)])

        assert values(read_after(journal, 0, 9)) == [
            (T0, {BMP: 0.25, DHT: 0.5}),
            (T0 + 1000, {}),
        ]


def test_the_clock_is_set_back(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(100), snapshot(7), snapshot(7), snapshot(101)])
        journal.append([snapshot(3)])
    with closing(Journal(path)) as journal:
        journal.append([snapshot(4)])

        found = read_after(journal, 0, 9)
    after = T0 + 100_000
    assert [each.taken_at for each in found] == [
        after,
        after + 1,
        after + 2,
        after + 1000,
        after + 1001,
        after + 1002,
    ]
    assert [each.readings[BMP] for each in found] == [100.25, 7.25, 7.25, 101.25, 3.25, 4.25]


def test_a_group_is_written_as_a_whole_or_not_at_all(path: Path) -> None:
    broken = Snapshot(device="", taken_at=T0, readings={BMP: cast("float", object())})
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0, dht22_humidity=1.0)])
        with pytest.raises(JournalUnavailableError):
            journal.append([snapshot(1), broken])

        assert set(journal.snapshots.columns) == {HUMIDITY}
        journal.append([snapshot(1)])
        assert [each.taken_at for each in read_after(journal, 0, 9)] == [T0, T0 + 1000]


# Pruning.


def taken(journal: Journal) -> list[int]:
    return [(each.taken_at - T0) // 1000 for each in read_after(journal, 0, 10**6)]


def test_rows_leave_by_age(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])

        pruned = journal.prune(before=T0 + 4000, max_bytes=FOREVER)
        assert (pruned.aged, pruned.oversize, pruned.unmirrored, pruned.deleted) == (
            4,
            0,
            0,
            4,
        )
        assert taken(journal) == [4, 5, 6, 7, 8, 9]
        assert not journal.prune(before=T0 + 4000, max_bytes=FOREVER).deleted


def test_rows_do_not_leave_by_age_before_every_sink_has_them(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])
        journal.cursors.setdefault("slow")
        journal.cursors.advance("quick", T0 + 9000)

        assert not journal.prune(before=T0 + 8000, max_bytes=FOREVER).deleted
        journal.cursors.advance("slow", T0 + 1000)
        assert journal.prune(before=T0 + 8000, max_bytes=FOREVER).aged == 2
        journal.keep_only_sinks({"quick"})
        assert journal.prune(before=T0 + 8000, max_bytes=FOREVER).aged == 6
        assert (taken(journal), journal.counters.deleted_unmirrored()) == ([8, 9], 0)


def test_the_oldest_rows_leave_by_size_and_the_unmirrored_are_counted(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(40_000)])
        journal.cursors.advance("influx", T0 + 999_000)  # has the first 1,000
        full = journal.size()
        most = full // 2
        removed = unmirrored = 0
        while (pruned := journal.prune(before=0, max_bytes=most)).deleted:
            removed, unmirrored = (
                removed + pruned.oversize,
                unmirrored + pruned.unmirrored,
            )

        assert journal.size() <= most
        assert taken(journal) == list(range(removed, 40_000))
        assert 18_000 < removed < 26_000
        assert unmirrored == journal.counters.deleted_unmirrored() == removed - 1_000
        journal.checkpoint()
        assert path.stat().st_size < full * 0.75  # the disk has it back, too
    with closing(Journal(path)) as journal:
        assert journal.counters.deleted_unmirrored() == unmirrored


def test_without_a_sink_nothing_is_lost(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(3_000)])

        assert journal.prune(before=0, max_bytes=1).unmirrored == 0


# Files that are none.


def test_another_programs_database_is_no_journal(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (text)")

    with pytest.raises(JournalDamagedError, match="not a journal"):
        Journal(path)


@pytest.mark.parametrize(
    "harm",
    [
        'ALTER TABLE snapshots DROP COLUMN "dht22.humidity"',
        "DELETE FROM readings WHERE sensor = 'bmp180'",
        "DROP TABLE cursors",
        "DROP TABLE counters",
        f"INSERT INTO snapshots (taken_at) VALUES ({2**62})",
    ],
)
def test_tables_that_contradict_each_other_are_damage(path: Path, harm: str) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0)])
    with closing(sqlite3.connect(path)) as plain:
        plain.execute(harm)
        plain.commit()

    with pytest.raises(JournalDamagedError, match="contradict"):
        Journal(path)


# Around the file.


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalUnavailableError):
        Journal(tmp_path / "file" / "station.db")


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(JournalUnavailableError):
        Journal(path)


def test_in_place(path: Path) -> None:
    with closing(Journal(path)) as journal:
        assert journal.is_in_place()
        path.rename(path.with_name("moved"))
        assert not journal.is_in_place()
        path.touch()
        assert not journal.is_in_place()


def test_rows_of_a_clock_that_was_ahead_leave_after_a_copy(journal: Journal) -> None:
    journal.append([snapshot(0), snapshot(1), snapshot(86_400), snapshot(86_401)])
    journal.cursors.advance("influx", snapshot(86_400).taken_at)

    copy, count = journal.move_future_rows(snapshot(2).taken_at)

    assert count == 2
    assert [each.taken_at for each in read_after(journal, 0, 9)] == [T0, T0 + 1000]
    assert journal.cursors.setdefault("influx") == snapshot(2).taken_at
    journal.append([snapshot(3)])
    assert journal.newest == snapshot(3).taken_at
    assert copy.name.startswith("station.ahead-")
    with closing(sqlite3.connect(copy)) as plain:
        assert plain.execute("SELECT count(*) FROM snapshots").fetchone() == (4,)
    with closing(Journal(copy)) as whole:
        assert len(read_after(whole, 0, 9)) == 4
