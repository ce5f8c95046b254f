"""A writer for tests of the journal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.air_state.core.journal.writer import JournalLimits
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.bench import Bench


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 1.0)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.05)
    made = Bench(tmp_path / "j" / "station.db", JournalLimits(days=36_500, max_bytes=2**40))
    yield made
    await made.writer.close()
