"""The open file of a journal is opened again when that helps, and no more often."""

from pathlib import Path

import pytest

from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writing import handle
from tests.core.journal.snapshots import T0
from tests.core.journal.station import Clock


def test_sharing_a_file_is_tried_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(T0)
    opened: list[float] = []

    def open_exclusively(path: Path, _now: int) -> tuple[Journal, None]:
        opened.append(clock.seconds)
        return Journal(path, exclusive=True), None

    monkeypatch.setattr(handle, "open_journal", open_exclusively)
    held = handle.JournalHandle(tmp_path / "station.db", clock, lambda _journal: None)
    held.require()
    for _ in range(13):
        held.reopen_for_readers()
        clock.seconds += 10
    held.close()
    assert opened == [0, 0, 60, 120]
