"""A journal writer at work, and what it reported."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter


class Bench:
    """A writer at work, and the statuses that it reported."""

    def __init__(self, path: Path, limits: JournalLimits) -> None:
        self.path = path
        self.statuses: list[JournalStatus] = []
        self.writer = JournalWriter(
            path, clock=SystemClock(), limits=limits, on_change=self.statuses.append
        )

    def start(self) -> None:
        self.task = asyncio.create_task(self.writer.run())

    def rows(self) -> list[int]:
        """Return the times of the rows that are committed, by an eye of our own."""
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as plain:
            return [at for (at,) in plain.execute("SELECT taken_at FROM snapshots")]

    async def until_rows(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.rows()) < count:
                await asyncio.sleep(0.01)

    async def until_statuses(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.statuses) < count:
                await asyncio.sleep(0.01)
