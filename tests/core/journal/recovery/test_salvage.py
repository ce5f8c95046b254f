"""What is missing of a journal is said, and what can be read of it is taken back."""

import json
import random
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.domain.models import (
    DeadLetter,
    JournalRows,
    ReadingKey,
    Snapshot,
)
from custom_components.air_state.core.journal.recovery import high_water_mark as journal_mark
from custom_components.air_state.core.journal.recovery.future_rows import (
    remove_future_rows,
    restore_future_rows,
)
from custom_components.air_state.core.journal.recovery.high_water_mark import (
    HighWaterMark,
    MarkSchedule,
    read_mark,
    write_mark,
)
from custom_components.air_state.core.journal.recovery.opening import open_journal
from custom_components.air_state.core.journal.storage import schema as journal_schema
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.storage.paths import mark_path
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from tests.core.journal.snapshots import T0, read_after, snapshot

ROWS = 26
ALL = [snapshot(number).taken_at for number in range(ROWS)]


def writer_for(path: Path) -> JournalWriter:
    return JournalWriter(
        path,
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )


def files(path: Path) -> dict[str, bytes]:
    """Return the files of a journal by what follows its name's stem."""
    return {
        each.name.removeprefix(path.stem): each.read_bytes()
        for each in path.parent.iterdir()
        if each.name.startswith(path.stem + ".")
    }


async def killed(path: Path) -> dict[str, bytes]:
    """Return the files of a process that was killed after it had committed 26 rows, one by one."""
    path.parent.mkdir(parents=True)
    writer = writer_for(path)
    await writer.open()
    for number in range(ROWS):
        writer.add(snapshot(number))
        await writer._attempt(writer._committer.write)
    left = files(path)
    await writer.close()
    return left


def lay(folder: Path, left: dict[str, bytes]) -> Path:
    """Put files where a start finds them."""
    folder.mkdir(parents=True)
    for name, content in left.items():
        (folder / f"station{name}").write_bytes(content)
    return folder / "station.db"


def times(journal: Journal) -> list[int]:
    return [each.taken_at for each in read_after(journal, 0, 10**6)]


async def test_a_killed_process_is_no_loss(tmp_path: Path) -> None:
    left = await killed(tmp_path / "a" / "station.db")
    assert left.keys() == {".db", ".db-wal", ".db-shm", ".mark"}
    journal, loss = open_journal(lay(tmp_path / "b", left), T0)
    with closing(journal):
        assert (times(journal), loss) == (ALL, None)


@pytest.mark.slow
@pytest.mark.parametrize("without", ["", ".db-shm", ".mark"])
async def test_no_bit_of_the_log_flips_without_a_word(tmp_path: Path, without: str) -> None:
    """Either all rows are there, or it is said, and those before the damage are taken back.

    Without the index, and in the last commit, damage cannot be told from a commit that was broken
    off; that costs the last row at most.
    """
    left = await killed(tmp_path / "a" / "station.db")
    left.pop(without, None)
    chance = random.Random(4)
    kept: set[int] = set()
    for number in range(60):
        data = bytearray(left[".db-wal"])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = lay(tmp_path / str(number), {**left, ".db-wal": bytes(data)})
        journal, loss = open_journal(path, T0)
        with closing(journal):
            found = times(journal)
        assert found == ALL[: len(found)]
        if without == ".db-shm" and loss is None:
            assert len(found) >= ROWS - 1
            continue
        assert (loss is None) == (found == ALL) or (loss is not None and loss.aside is not None)
        if loss is not None:
            kept.add(loss.kept)
            assert loss.kept == len(found)
            if loss.aside is not None:
                assert loss.aside.with_name(f"{loss.aside.name}-wal").read_bytes() == bytes(data)
            if without != ".mark":
                assert loss.known >= 16
                assert loss.newest is not None
    assert len(kept) > 5


@pytest.mark.parametrize("without", ["", ".db-shm"])
async def test_no_cut_of_the_log_is_without_a_word(tmp_path: Path, without: str) -> None:
    left = await killed(tmp_path / "a" / "station.db")
    left.pop(without, None)
    log = left[".db-wal"]
    chance = random.Random(5)
    for number, length in enumerate(
        [0, 1, 31, 32, *(chance.randrange(len(log)) for _ in range(30))]
    ):
        path = lay(tmp_path / str(number), {**left, ".db-wal": log[:length]})
        journal, loss = open_journal(path, T0)
        with closing(journal):
            found = times(journal)
        assert found == ALL[: len(found)]
        # The mark is of the 16th row, the index of all.
        assert (loss is not None) or len(found) >= (16 if without else ROWS)


@pytest.mark.parametrize("change", ["missing", "empty", "older"])
async def test_a_file_that_is_gone_is_said(tmp_path: Path, change: str) -> None:
    path = tmp_path / "j" / "station.db"
    writer = writer_for(path)
    await writer.open()
    writer.add(snapshot(0))
    await writer.flush()
    await writer.close()
    older = path.read_bytes()
    writer = writer_for(path)
    await writer.open()
    for number in range(1, ROWS):
        writer.add(snapshot(number))
    await writer.close()
    assert read_mark(path) == HighWaterMark(rows=ROWS, newest=ALL[-1])
    path.unlink()
    if change != "missing":
        path.write_bytes(b"" if change == "empty" else older)

    journal, loss = open_journal(path, T0)
    journal.close()
    assert loss is not None
    kept = 1 if change == "older" else 0
    assert (loss.aside, loss.kept, loss.known, loss.newest) == (None, kept, ROWS, ALL[-1])

    # And once only.
    writer = writer_for(path)
    await writer.open()
    writer.add(snapshot(ROWS))
    await writer.close()
    journal, loss = open_journal(path, T0)
    journal.close()
    assert loss is None


@pytest.mark.parametrize("main", [None, b""])
async def test_a_log_that_is_left_alone_is_set_aside(tmp_path: Path, main: bytes | None) -> None:
    """SQLite would delete it."""
    left = await killed(tmp_path / "a" / "station.db")
    log = left[".db-wal"]
    del left[".db"]
    if main is not None:
        left[".db"] = main
    path = lay(tmp_path / "b", left)
    journal, loss = open_journal(path, T0)
    journal.close()
    assert loss is not None
    assert loss.aside is not None
    assert loss.aside.with_name(f"{loss.aside.name}-wal").read_bytes() == log


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

    journal, loss = open_journal(path, T0)
    with closing(journal):
        found = read_after(journal, 0, 10**6)
        assert journal.cursors.get("influx") == snapshot(5).taken_at
        assert journal.dead_letters.count("influx") == 3
        assert loss is not None
        assert loss.aside is not None
        assert loss.aside.read_bytes() == bytes(data)
        assert (loss.kept, loss.known) == (len(found), 20_000)
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
    """Whatever is flipped, it ends, and what is taken back are rows."""
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
        journal, loss = open_journal(path, T0)
        with closing(journal):
            if loss is not None:
                recovered.append(loss.kept)
                found = times(journal)
                assert len(found) == loss.kept
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
    journal, loss = open_journal(path, T0)
    with closing(journal):
        assert loss is not None
        assert loss.kept == 1
        (row,) = read_after(journal, 0, 9)
        assert row.readings == {key: 998.42}


def test_a_column_that_nobody_tells_of_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0)])
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("DROP TABLE readings")
    journal, loss = open_journal(path, T0)
    with closing(journal):
        assert loss is not None
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
    journal, loss = open_journal(path, T0)
    with closing(journal):
        assert loss is not None
        assert loss.kept == len(times(journal)) == 4_000
        assert loss.aside is not None
        assert loss.aside.exists()


def test_what_left_as_future_can_be_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])
        journal.cursors.advance("influx", snapshot(8).taken_at)
    now = snapshot(3).taken_at + 1
    copy, count = remove_future_rows(path, now)
    assert count == 6
    journal, loss = open_journal(path, T0)
    with closing(journal):
        assert loss is None  # it was meant
        assert times(journal) == ALL[:4]
        journal.append([Snapshot(device="x", taken_at=now + 5, readings=snapshot(1).readings)])

    assert restore_future_rows(path, copy, now) == 6
    journal, loss = open_journal(path, T0)
    with closing(journal):
        assert loss is None
        assert times(journal) == sorted([*ALL[:10], now + 5])
        assert journal.cursors.get("influx") == now  # all after it is sent again
    assert restore_future_rows(path, copy, now) == 0


# The mark.


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"rows": "x", "newest": 1}', b"\xff" * 5_000]
)
def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "station.db"
    assert read_mark(path) is None
    mark_path(path).write_bytes(content)
    assert read_mark(path) is None


def test_a_mark_costs_few_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = MarkSchedule()
    due = [number for number in range(1, 2_880) if schedule.commit_made(number * 30.0)]  # a day
    assert due[:5] == [1, 2, 4, 8, 16]
    assert len(due) < 150
    assert max(after - before for before, after in pairwise(due)) <= 20


def test_a_disk_that_takes_no_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    mark_path(path).mkdir()
    write_mark(path, HighWaterMark(rows=1, newest=1))
    assert read_mark(path) is None


async def test_the_mark_is_of_what_rests(tmp_path: Path) -> None:
    """One of rows that a power cut may take would raise a false alarm."""
    path = tmp_path / "station.db"
    writer = writer_for(path)
    await writer.open()
    writer.add(snapshot(0))
    await writer.flush()
    assert not mark_path(path).exists()
    writer.add(snapshot(1))
    await writer.close()
    assert json.loads(mark_path(path).read_text()) == {"rows": 2, "newest": ALL[1]}
    assert journal_mark._INTERVAL_SECONDS == 600
    assert journal_schema.VERSION == 4
