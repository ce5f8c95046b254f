"""Rows of the future are removed, and put back."""

from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.errors import JournalError
from custom_components.air_state.core.domain.models import (
    DeadLetter,
    Snapshot,
)
from custom_components.air_state.core.journal.recovery.future_rows import (
    remove_future_rows,
    restore_future_rows,
)
from custom_components.air_state.core.journal.recovery.high_water_mark import (
    HighWaterMark,
    read_mark,
)
from custom_components.air_state.core.journal.recovery.rebuild import open_journal
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.recovery.killed import ALL, times
from tests.core.journal.snapshots import T0, snapshot


def test_what_left_as_future_can_be_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])
        journal.cursors.advance("influx", snapshot(8).taken_at)
    now = snapshot(3).taken_at + 1
    copy, count = remove_future_rows(path, now)
    assert count == 6
    journal, damage = open_journal(path, T0)
    with closing(journal):
        assert damage is None  # it was meant
        assert times(journal) == ALL[:4]
        assert journal.counters.clock_state().trusted == now
        assert read_mark(path) == HighWaterMark(rows=4, newest=ALL[3])
        assert journal.snapshots.delete_oldest(before=ALL[1]) == 1
        journal.append([Snapshot(device="x", taken_at=now + 5, readings=snapshot(1).readings)])

    assert restore_future_rows(path, copy, now) == 6
    journal, damage = open_journal(path, T0)
    with closing(journal):
        assert damage is None
        assert times(journal) == sorted([*ALL[1:10], now + 5])  # what was pruned does not return
        assert read_mark(path) == HighWaterMark(rows=10, newest=ALL[9])
        assert journal.cursors.get("influx") == now  # all after it is sent again
    assert restore_future_rows(path, copy, now) == 0


def test_rows_are_put_back_whole_or_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    letter = DeadLetter(taken_at=T0, line="x", reason="no", refused_at=T0)
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(10)])
        journal.dead_letters.add("influx", [letter])
    copy, taken_out = remove_future_rows(path, T0 + 5_000)
    with closing(Journal(path)) as journal:
        journal.dead_letters.delete("influx")  # given up meanwhile
    away = copy.rename(tmp_path / "away")
    with pytest.raises(JournalError):
        restore_future_rows(path, copy, T0 + 5_000)
    copy.write_bytes(b"x" * 9_000)
    with pytest.raises(JournalError):
        restore_future_rows(path, copy, T0 + 5_000)

    away.replace(copy)
    assert restore_future_rows(path, copy, T0 + 5_000) == taken_out == 4
    with closing(Journal(path)) as journal:
        assert journal.snapshots.count_after(-1) == 10
        assert journal.dead_letters.count("influx") == 0
