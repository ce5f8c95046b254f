"""The same question to the journal and to real servers: the same table, cell by cell."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.air_state.core.clock import SystemClock
from custom_components.air_state.core.flux_reader import FluxReader
from custom_components.air_state.core.history import History, HistoryRequest
from custom_components.air_state.core.influx_history import InfluxHistory
from custom_components.air_state.core.influx_v1 import InfluxqlClient
from custom_components.air_state.core.influx_v2 import InfluxV2Client
from custom_components.air_state.core.influxql_reader import InfluxqlReader
from custom_components.air_state.core.journal_history import JournalHistory
from custom_components.air_state.core.models import Aggregate, Snapshot, Source, Table
from tests.core.test_history import NOW, SPANS, drifting
from tests.live.conftest import DEVICE, Bench

EVERYTHING = ("temperature", "humidity", "dht22.temperature", "bmp180.temperature")


class Asked:
    """A journal, what was mirrored of it, and the history of both."""

    def __init__(self, bench: Bench, influx: InfluxHistory) -> None:
        self.bench = bench
        self.influx = influx
        self.history = History(JournalHistory(bench.journal), station="Attic", influx=influx)

    async def fill(self, *polls: Snapshot) -> None:
        self.bench.put(*polls)
        await self.bench.until_mirrored()

    async def ask(self, request: HistoryRequest, source: Source) -> Table:
        answer = await self.history.ask(replace(request, source=source), now=NOW)
        assert answer.source is source
        return answer.table

    async def compare(self, request: HistoryRequest) -> Table:
        """Ask both, and return the table after a look at each cell."""
        own = await self.ask(request, Source.JOURNAL)
        there = await self.ask(request, Source.INFLUXDB)
        assert [each.name for each in there.columns] == [each.name for each in own.columns]
        assert [each.unit for each in there.columns] == [each.unit for each in own.columns]
        assert list(there.times) == list(own.times)
        for one, other in zip(own.columns, there.columns, strict=True):
            for mine, yours in zip(one.cells, other.cells, strict=True):
                assert (mine is None) is (yours is None), one.name
                assert mine is None or yours is None or math.isclose(mine, yours, rel_tol=1e-12)
        assert there.next_start == own.next_start
        return own


@pytest.fixture
async def asked(bench: Bench) -> AsyncIterator[Asked]:
    await bench.start(own_readings=True)
    sink = bench.sink()
    reader = (
        FluxReader(sink)
        if isinstance(sink, InfluxV2Client)
        else InfluxqlReader(InfluxqlClient(bench.session, bench.target))
    )
    yield Asked(bench, InfluxHistory(reader, DEVICE, SystemClock()))
    await sink.close()
    await bench.close()


@pytest.mark.parametrize("span", SPANS)
async def test_every_window_and_aggregate(asked: Asked, span: str) -> None:
    start, stop = SPANS[span]
    await asked.fill(*drifting(start, stop, timedelta(minutes=4)))
    for window in (None, "5m", "90m", "6h", "1d", "1w", "1mo"):
        for aggregate in Aggregate if window else (None,):
            request = HistoryRequest(
                parameters=EVERYTHING,
                start=start,
                stop=stop,
                window=window,
                aggregate=aggregate,
                limit=25_000,
            )
            table = await asked.compare(request)
            assert table.times, request
