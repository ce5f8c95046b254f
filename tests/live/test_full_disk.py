"""A full disk and a healthy server: rows get to InfluxDB before the file, each once."""

import asyncio
from contextlib import closing

import pytest

from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.snapshots import read_after
from tests.core.mirror.test_full_disk import LimitedDisk
from tests.live.conftest import Bench
from tests.live.real_server import RealServer
from tests.live.test_mirror import held, snapshot


async def test_what_a_full_disk_refuses_is_in_influxdb(
    server: RealServer, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.2)
    await bench.start()
    bench.put(*[snapshot(number) for number in range(10)])
    await bench.until_mirrored()
    disk = LimitedDisk(bench.path.parent)
    await bench.journal._thread.run(lambda: disk.fill(most=1_000))
    try:
        for number in range(10, 80):
            bench.put(snapshot(number))
        async with asyncio.timeout(60):
            while bench.mirror.status.mirrored_to != snapshot(79).taken_at:
                await asyncio.sleep(0.02)
        assert isinstance(bench.journal.status.problem, JournalUnavailableError)
        assert bench.journal.pending > 0
        assert bench.mirror.status.backlog == 0
        found = await held(server)
        assert len(found) == 80
    finally:
        disk.free()
    async with asyncio.timeout(60):
        while bench.journal.pending:
            await asyncio.sleep(0.02)
    assert await held(server) == await bench.expected() == found
    await bench.close()
    with closing(Journal(bench.path)) as journal:
        assert len(read_after(journal, 0, 100)) == 80
