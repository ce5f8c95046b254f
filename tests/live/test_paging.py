"""Points of another writer, in nanoseconds: paging gives each once, on every version."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import Source
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.journal.source import JournalHistory
from tests.core.history.bench import NOW
from tests.live.conftest import SERIES, Bench
from tests.live.real_server import RealServer
from tests.live.test_history import reader_of

START = 1_767_225_600_000  # ms
COUNTS = [1, 3, 0, 2, 1, 0, 0, 5]  # points in each millisecond


async def test_points_within_a_millisecond(server: RealServer, bench: Bench) -> None:
    times = [
        (START + ms) * 1_000_000 + 7 + n * 150_000
        for ms, count in enumerate(COUNTS)
        for n in range(count)
    ]
    lines = [f"{SERIES} co2={n} {time}" for n, time in enumerate(times)]
    await asyncio.to_thread(server.write, *lines, precision="ns")
    await bench.start()
    sink, reader = reader_of(bench)
    influx = InfluxHistory(reader, "nodemcu", SystemClock())
    history = History(JournalHistory(bench.journal), station="Attic", influx=influx)
    request = HistoryRequest(start="2025-12-31", parameters=("co2",), source=Source.INFLUXDB)
    values = [float(n) for n in range(len(times))]

    for limit in (1, 2, 4, 25_000):
        found: list[float | None] = []
        wanted = replace(request, limit=limit)
        for _ in range(len(times) + 1):
            table = (await history.ask(wanted, now=NOW)).table
            found += table.columns[0].cells
            if table.next_start is None:
                break
            start = datetime.fromtimestamp(table.next_start / 1000, UTC).isoformat()
            wanted = replace(wanted, start=start)
        assert found == values, limit
    stream = await history.open(replace(request, limit=None), now=NOW)
    assert [value async for block in stream.blocks() for value in block.columns[0]] == values
    await sink.close()
    await bench.close()
