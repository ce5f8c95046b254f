"""A journal that tests fill and query."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import (
    ReadingKey,
    Snapshot,
    Table,
)
from custom_components.air_state.core.domain.times import from_datetime, to_datetime
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.journal.source import JournalHistory
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
HOUR = 3_600_000


type Cells = tuple[float | None, ...]


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=WARSAW))


def poll(moment: int, **readings: float) -> Snapshot:
    """Return a poll of readings given as ``sensor_parameter``."""
    keys = {ReadingKey(*name.split("_")): value for name, value in readings.items()}
    return Snapshot(device="n", taken_at=moment, readings=keys)


class Bench:
    """A journal, and a history that answers from it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=1, max_bytes=2**40),
            on_change=lambda _status: None,
        )
        self.source = JournalHistory(self.writer, "n")
        self.history = History(self.source, station="Attic")

    def put(self, polls: Sequence[Snapshot]) -> None:
        for each in polls:
            self.writer.add(each)

    async def ask(self, request: HistoryRequest) -> Table:
        return (await self.history.ask(request, now=NOW)).table


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db")
    yield made
    await made.writer.close()


def rows(table: Table) -> list[tuple[str, Cells]]:
    """Return a table's rows with local times."""
    cells = zip(*(column.cells for column in table.columns), strict=True)
    return [
        (to_datetime(time, WARSAW).isoformat(), row)
        for time, row in zip(table.times, cells, strict=True)
    ]
