"""A real InfluxDB whose process is stopped: it takes connections, and answers none."""

from datetime import timedelta

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import Source
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.errors import InfluxTimeoutError
from custom_components.air_state.core.influx.queries import streaming
from custom_components.air_state.core.influx.queries.circuit_breaker import CircuitBreaker
from custom_components.air_state.core.influx.queries.concurrency import LimitedReader, query_limiter
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.journal.source import JournalHistory
from tests.core.history.bench import NOW
from tests.core.history.reference import drifting
from tests.live.conftest import DEVICE, Bench
from tests.live.real_server import RealServer
from tests.live.test_history import reader_of


async def test_the_journal_answers_instead(
    server: RealServer, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "_SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(streaming, "_PING_SECONDS", 0.5)
    await bench.start()
    polls = drifting("2026-10-20", "2026-10-22", timedelta(minutes=11))
    bench.put(*polls)
    await bench.until_mirrored()
    sink, reader = reader_of(bench)
    breaker = CircuitBreaker()
    influx = InfluxHistory(LimitedReader(reader, query_limiter(), breaker), DEVICE, SystemClock())
    history = History(
        JournalHistory(bench.journal), station="Attic", influx=influx, breaker=breaker
    )
    request = HistoryRequest(start="2026-10-01", limit=25_000)

    server.freeze()
    for _ in range(3):
        answer = await history.ask(request, now=NOW)
        assert answer.stream.source is Source.JOURNAL
        assert isinstance(answer.stream.problem, InfluxTimeoutError)
        assert len(answer.table.times) == len(polls)
    server.thaw()
    own = HistoryRequest(start="2026-10-01", limit=25_000, source=Source.INFLUXDB)
    answer = await history.ask(own, now=NOW)
    assert len(answer.table.times) == len(polls)
    assert breaker.error is None
    await sink.close()
    await bench.close()
