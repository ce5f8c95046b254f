"""A path for a journal, an open journal, and its file opened again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custom_components.air_state.core.journal.storage.file import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journals" / "station.db"


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
