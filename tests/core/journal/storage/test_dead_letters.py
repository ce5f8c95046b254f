"""Dead letters are stored with their reasons, up to a limit."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.air_state.core.journal.storage import dead_letters
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.storage.dead_letter import letter


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
    assert journal.counters.deleted_unmirrored() == 0
    journal.dead_letters.add("influx", [letter(3), letter(4)])
    assert journal.counters.deleted_unmirrored() == 2
    assert journal.dead_letters.list_after("influx", -1, limit=9) == [
        letter(2),
        letter(3),
        letter(4),
    ]
