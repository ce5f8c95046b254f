"""What can be read of a damaged journal is salvaged."""

import random
import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.errors import JournalError, JournalUnavailableError
from custom_components.air_state.core.domain.models import (
    DeadLetter,
    JournalRows,
    ReadingKey,
    Snapshot,
)
from custom_components.air_state.core.journal.recovery.high_water_mark import (
    HighWaterMark,
    read_mark,
    write_mark,
)
from custom_components.air_state.core.journal.recovery.rebuild import open_journal
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.recovery.killed import times
from tests.core.journal.snapshots import T0, read_after, snapshot
from tests.core.journal.station import Clock, Station

DAY = 86_400_000  # ms
PAGE = 4096


def big(path: Path, rows: int = 20_000) -> bytes:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(rows)])
        journal.cursors.advance("influx", snapshot(5).taken_at)
        letters = [
            DeadLetter(taken_at=T0 + n, line=f"m f=1 {T0 + n}", reason="no", refused_at=T0)
            for n in range(3)
        ]
        journal.dead_letters.add("influx", letters)
    return path.read_bytes()


@pytest.mark.parametrize("holes", [1, 2, 5])
def test_rows_on_every_side_of_damaged_pages_are_taken_back(tmp_path: Path, holes: int) -> None:
    path = tmp_path / "station.db"
    data = bytearray(big(path))
    pages = len(data) // 4096
    chance = random.Random(holes)
    # Pages of rows, far from the first few, which hold the other tables.
    for page in chance.sample(range(pages // 4, pages - pages // 4), holes):
        data[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    write_mark(path, HighWaterMark(rows=20_000, newest=snapshot(19_999).taken_at))

    journal, report = open_journal(path, T0)
    with closing(journal):
        found = read_after(journal, 0, 10**6)
        assert journal.cursors.get("influx") == snapshot(5).taken_at
        assert journal.dead_letters.count("influx") == 3
        assert report is not None
        assert report.file is not None
        assert report.file.read_bytes() == bytes(data)
        assert (report.kept, report.known) == (len(found), 20_000)
        assert 20_000 - 130 * holes < len(found) < 20_000
        assert all(
            dict(each.readings) == dict(snapshot((each.taken_at - T0) // 1000).readings)
            for each in found
        )
        # It goes on where it was.
        journal.append([snapshot(20_000)])
        assert journal.newest == snapshot(20_000).taken_at


@pytest.mark.slow
def test_no_damage_is_more_than_a_journal_that_begins_anew(tmp_path: Path) -> None:
    """Whichever bits are flipped, salvaging ends, and only rows are salvaged."""
    intact = big(tmp_path / "intact.db", 2_000)
    chance = random.Random(6)
    recovered = []
    for number in range(60):
        data = bytearray(intact)
        for _ in range(chance.choice([1, 8, 64, 512])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{number}" / "station.db"
        path.parent.mkdir()
        path.write_bytes(data)
        journal, report = open_journal(path, T0)
        with closing(journal):
            if report is not None:
                recovered.append(report.kept)
                found = times(journal)
                assert len(found) == report.kept
                assert found == sorted(set(found))
            journal.append([snapshot(10**6)])
    assert len(recovered) > 20
    assert max(recovered) > 1_500


def test_what_is_taken_back_of_version_3_is_in_the_present_unit(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    key = ReadingKey("bmp180", "pressure")
    with closing(Journal(path)) as journal:
        journal.append([Snapshot(device="x", taken_at=T0, readings={key: 99842.0})])
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA user_version = 3")
        plain.execute("DROP TABLE counters")
    journal, report = open_journal(path, T0)
    with closing(journal):
        assert report is not None
        assert report.kept == 1
        (row,) = read_after(journal, 0, 9)
        assert row.readings == {key: 998.42}


def test_a_column_that_nobody_tells_of_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0)])
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("DROP TABLE readings")
    journal, report = open_journal(path, T0)
    with closing(journal):
        assert report is not None
        (row,) = read_after(journal, 0, 9)
        assert row.readings == snapshot(0).readings


def test_a_disk_that_is_full_meanwhile_leaves_the_rest_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "station.db"
    big(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 4096)
    restore = Journal.restore
    portions = 0

    def full(journal: Journal, rows: JournalRows, *, synced: bool) -> int:
        nonlocal portions
        portions += 1
        if portions > 2:
            raise JournalUnavailableError(path=journal.path, reason="full")
        return restore(journal, rows, synced=synced)

    monkeypatch.setattr(Journal, "restore", full)
    journal, report = open_journal(path, T0)
    with closing(journal):
        assert report is not None
        assert report.kept == len(times(journal)) == 4_000
        assert report.file is not None
        assert report.file.exists()


def damage(path: Path) -> None:
    """Make one page in the middle of a file unreadable."""
    data = bytearray(path.read_bytes())
    middle = len(data) // PAGE // 2 * PAGE
    data[middle : middle + PAGE] = b"\xff" * PAGE
    path.write_bytes(data)


def test_a_damaged_journal_waits_for_room(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(5_000)])
        newest = journal.newest
    write_mark(path, HighWaterMark(rows=5_000, newest=newest))
    damage(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        with pytest.raises(JournalError):
            open_journal(path, T0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_mark(path) == HighWaterMark(rows=5_000, newest=newest)

    opened, report = open_journal(path, T0)
    with closing(opened):
        kept = opened.snapshots.count_after(-1)
    assert report is not None
    assert report.file is not None
    assert (report.kept, report.known) == (kept, 5_000)
    assert kept > 4_000


@pytest.mark.slow
async def test_a_doubt_about_the_clock_does_not_end_by_damage(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    station = Station(path, Clock(T0))
    await station.journal.open()
    await station.poll(*(T0 - 9 * DAY + number * 60_000 for number in range(9_000)))
    await station.journal.close()
    wrong = Clock(T0 + 30 * DAY)
    station = Station(path, wrong)
    await station.journal.open()
    await station.poll(*(wrong.at + number * 60_000 for number in range(20)))
    await station.journal._prune_portion()
    await station.journal.close()
    assert station.statuses[-1].clock_jump is not None
    damage(path)

    station = Station(path, wrong)
    wrong.go_on(1)
    await station.journal.open()
    kept = await station.times()
    assert len(kept) > 8_000
    for _ in range(5):
        await station.journal._prune_portion()
    assert await station.times() == kept
    assert station.statuses[-1].clock_jump is not None
    await station.journal.close()
