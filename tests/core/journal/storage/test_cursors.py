"""What the journal knows of its sinks: cursors, dead letters, and clocks that were wrong."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.models import DeadLetter
from custom_components.air_state.core.journal.storage import dead_letters
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import T0, read_after, snapshot


@pytest.fixture
def opened() -> Iterator[list[Journal]]:
    journals: list[Journal] = []
    yield journals
    for each in journals:
        each.close()


@pytest.fixture
def journal(tmp_path: Path, opened: list[Journal]) -> Journal:
    opened.append(Journal(tmp_path / "station.db"))
    return opened[0]


@pytest.fixture
def reopen(journal: Journal, opened: list[Journal]) -> Callable[[], Journal]:
    """Return what closes the journal and opens its file again."""

    def again() -> Journal:
        journal.close()
        opened.append(Journal(journal.path))
        return opened[-1]

    return again


def letter(number: int, line: str = "") -> DeadLetter:
    taken_at = T0 + number * 1000
    return DeadLetter(
        taken_at=taken_at, line=line or f"m f=1 {taken_at}", reason="too blue", refused_at=T0
    )


def test_a_cursor_only_goes_forward(journal: Journal) -> None:
    assert journal.cursors.setdefault("influx") == 0
    journal.cursors.advance("influx", T0)
    journal.cursors.advance("influx", T0 - 1)
    assert journal.cursors.setdefault("influx") == T0


def test_a_new_sink_starts_where_it_is_told_to(journal: Journal) -> None:
    assert journal.cursors.setdefault("influx", T0) == T0
    assert journal.cursors.setdefault("influx", T0 + 5) == T0


def test_cursors_are_written_with_the_rows(journal: Journal, reopen: Callable[[], Journal]) -> None:
    journal.append([snapshot(0)], cursors={"influx": T0 - 7})
    journal = reopen()
    assert journal.cursors.setdefault("influx") == T0 - 7


def test_sinks_that_are_no_more_hold_nothing_back(journal: Journal) -> None:
    journal.append([snapshot(number) for number in range(5)])
    journal.cursors.setdefault("old")
    journal.cursors.advance("new", T0 + 9000)
    journal.dead_letters.add("old", [letter(1)])
    journal.prune(before=T0 + 3000, max_bytes=2**62)
    assert len(read_after(journal, 0, 9)) == 5

    journal.keep_only_sinks({"new"})
    assert journal.dead_letters.count("old") == 0
    journal.prune(before=T0 + 3000, max_bytes=2**62)
    assert len(read_after(journal, 0, 9)) == 2


def test_no_row_is_stamped_before_a_cursor(journal: Journal, reopen: Callable[[], Journal]) -> None:
    """Otherwise it would never be sent: all up to the cursor counts as sent."""
    journal.append([snapshot(10)])
    journal.append([], cursors={"influx": snapshot(10).taken_at})
    journal.prune(before=2**62, max_bytes=2**62)
    assert read_after(journal, 0, 9) == []

    journal = reopen()
    journal.append([snapshot(3)])  # the clock was set back
    assert [each.taken_at for each in read_after(journal, 0, 9)] == [snapshot(10).taken_at + 1]


def test_dead_letters_are_kept_with_their_reasons(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    journal.dead_letters.add("influx", [letter(2), letter(1), letter(1, "other f=2 1")])
    journal.dead_letters.add("influx", [replace(letter(1), reason="too red")])
    journal = reopen()

    assert journal.dead_letters.count("influx") == 3
    assert journal.dead_letters.list_after("influx", -1, limit=9) == [
        replace(letter(1), reason="too red"),
        letter(1, "other f=2 1"),
        letter(2),
    ]
    # All letters of a row come together.
    assert len(journal.dead_letters.list_after("influx", -1, limit=1)) == 2
    assert journal.dead_letters.list_after("influx", letter(1).taken_at, limit=1) == [letter(2)]
    assert journal.dead_letters.list_after("influx", letter(2).taken_at, limit=1) == []

    journal.dead_letters.delete("influx", [letter(2)])
    assert journal.dead_letters.count("influx") == 2
    journal.dead_letters.delete("influx")
    assert journal.dead_letters.count("influx") == 0


def test_dead_letters_do_not_pile_up(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MAX_DEAD_LETTERS", 3)
    journal.dead_letters.add("influx", [letter(number) for number in range(3)])
    assert journal.counters.lost() == 0
    journal.dead_letters.add("influx", [letter(3), letter(4)])
    assert journal.counters.lost() == 2
    assert journal.dead_letters.list_after("influx", -1, limit=9) == [
        letter(2),
        letter(3),
        letter(4),
    ]


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
