"""A journal, a mirror and a sink in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.mirror.sinks import ModelSink


class Bench:
    """A journal and a mirror, and the statuses that the mirror reported."""

    def __init__(self, path: Path, *, since: int = 0, own_readings: bool = False) -> None:
        self.sink = ModelSink()
        self.statuses: list[MirrorStatus] = []
        self.journal = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        line_format = LineFormat(device="x", own_readings=own_readings)
        self.mirror = Mirror(
            Outbox(self.journal, "influx", LineEncoder(line_format), since=since),
            self.sink,
            clock=SystemClock(),
            on_change=self.statuses.append,
            jitter=lambda: 0.01,
        )

    def start(self) -> None:
        self.tasks = [
            asyncio.create_task(self.journal.run()),
            asyncio.create_task(self.mirror.run()),
        ]

    async def until(self, times: int, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while len(self.sink.times()) < times or self.mirror.status.backlog:
                await asyncio.sleep(0.005)

    async def ruin(self) -> None:
        """Damage the journal's file, in its thread: nobody may open it in between."""

        def job() -> None:
            self.journal._committer._handle.close()
            self.journal.path.write_bytes(b"ruined " * 999)

        await self.journal._thread.run(job)

    async def close(self) -> None:
        await self.mirror.close(5)
        await self.journal.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db")
    yield made
    await made.close()
