"""The high-water mark reveals missing rows, and costs little."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.air_state.core.journal.recovery import high_water_mark as journal_mark
from custom_components.air_state.core.journal.recovery.high_water_mark import (
    HighWaterMark,
    MarkSchedule,
    read_mark,
    write_mark,
)
from custom_components.air_state.core.journal.recovery.rebuild import open_journal
from custom_components.air_state.core.journal.storage import schema as journal_schema
from custom_components.air_state.core.journal.storage.paths import mark_path
from tests.core.journal.recovery.killed import ALL, ROWS, writer_for
from tests.core.journal.snapshots import T0, snapshot
from tests.core.journal.station import Clock, Station


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

    journal, damage = open_journal(path, T0)
    journal.close()
    assert damage is not None
    kept = 1 if change == "older" else 0
    assert (damage.file, damage.kept, damage.known, damage.newest) == (
        None,
        kept,
        ROWS,
        ALL[-1],
    )

    # And once only.
    writer = writer_for(path)
    await writer.open()
    writer.add(snapshot(ROWS))
    await writer.close()
    journal, damage = open_journal(path, T0)
    journal.close()
    assert damage is None


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
    """A mark of rows that a power cut may still lose would raise a false alarm."""
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


async def test_nothing_is_missing_when_all_rows_have_left_by_age(tmp_path: Path) -> None:
    clock = Clock(T0 + 50_000)
    path = tmp_path / "station.db"
    first = Station(path, clock)
    await first.journal.open()
    await first.poll(*(T0 + number * 1_000 for number in range(50)))
    for _ in range(11 * 24):  # the station is away for eleven days
        clock.go_on(1)
        await first.journal._prune_portion()
    assert await first.times() == []
    await first.journal.close()
    second = Station(path, clock)
    await second.journal.open()
    assert [each.damage for each in second.statuses if each.damage] == []
    await second.journal.close()
