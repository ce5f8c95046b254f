"""A polled station whose journal keeps ten days, with a clock that tests set."""

from pathlib import Path

from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from tests.core.journal.snapshots import BMP, read_after


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seconds = 0.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def go_on(self, hours: int) -> None:
        self.at += hours * 3_600_000
        self.seconds += hours * 3_600


class Station:
    """A journal that keeps ten days, and the statuses that it reported."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.statuses: list[JournalStatus] = []
        self.journal = JournalWriter(
            path,
            clock=clock,
            limits=JournalLimits(days=10, max_bytes=2**40),
            on_change=self.statuses.append,
        )

    async def poll(self, *times: int) -> None:
        for taken_at in times:
            self.journal.add(Snapshot(device="x", taken_at=taken_at, readings={BMP: 20.0}))
        await self.journal._attempt(self.journal._committer.write)

    async def times(self) -> list[int]:
        return await self.journal.execute(
            lambda journal: [each.taken_at for each in read_after(journal, 0, 10**6)]
        )
