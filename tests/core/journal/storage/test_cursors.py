"""Cursors move forward, are written with the rows, and hold rows back."""

from collections.abc import Callable

from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import T0, read_after, snapshot
from tests.core.journal.storage.dead_letter import letter


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
    """Such a row would never be sent: every row up to the cursor counts as sent."""
    journal.append([snapshot(10)])
    journal.append([], cursors={"influx": snapshot(10).taken_at})
    journal.prune(before=2**62, max_bytes=2**62)
    assert read_after(journal, 0, 9) == []

    journal = reopen()
    journal.append([snapshot(3)])  # the clock was set back
    assert [each.taken_at for each in read_after(journal, 0, 9)] == [snapshot(10).taken_at + 1]
