"""The window ``auto`` depends on the values that a source has."""

import pytest

from custom_components.air_state.core.domain.models import Source
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.source import MAX_SPAN_OF_V3
from tests.core.history.bench import NOW, Bench, bench, poll
from tests.core.influx.memory_reader import DAY, HOUR, NOW_MS, MemoryReader, history

__all__ = ["bench"]

WEEK = range(NOW_MS - 7 * DAY, NOW_MS, HOUR // 6)


@pytest.mark.parametrize("source", [Source.JOURNAL, Source.INFLUXDB])
async def test_a_weeks_readings_over_whatever_range(bench: Bench, source: Source) -> None:
    bench.put([poll(time, a_co2=1.0, b_t=2.0) for time in WEEK])
    memory = MemoryReader({None: {time: {"co2": 1.0, "t": 2.0} for time in WEEK}})
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    for start in ("-7d", "-1mo", "-1y", "2000-01-01"):
        request = HistoryRequest(start=start, window="auto", source=source)
        answer = await asked.ask(request, now=NOW)
        assert answer.stream.query.window is not None
        assert (answer.stream.query.window.text, len(answer.table.times)) == ("30m", 336)
        assert answer.table.next_start is None
    few = await asked.ask(
        HistoryRequest(start="-1y", window="auto", limit=30, source=source), now=NOW
    )
    assert few.stream.query.window is not None
    assert few.stream.query.window.text == "6h"
    empty = HistoryRequest(start="1999-01-01", stop="1999-01-02", window="auto", source=source)
    assert (await asked.ask(empty, now=NOW)).table.times == []


async def test_only_what_is_asked_for_counts(bench: Bench) -> None:
    bench.put([poll(time, a_co2=1.0) for time in WEEK])
    bench.put([poll(NOW_MS + n, b_t=1.0) for n in range(3)])
    asked = History(bench.source, station="Attic")
    request = HistoryRequest(start="-1y", stop="2100-01-01", window="auto", parameters=("t",))
    answer = await asked.ask(request, now=NOW)
    assert answer.stream.query.window is not None
    assert answer.stream.query.window.text == "10s"


async def test_a_server_that_looks_at_days_alone(bench: Bench) -> None:
    """It cannot tell where its rows are, so the window depends on the range."""
    memory = MemoryReader({None: {time: {"co2": 1.0} for time in WEEK}}, max_span=MAX_SPAN_OF_V3)
    influx = history(memory, NOW_MS, max_span=MAX_SPAN_OF_V3)
    asked = History(bench.source, station="Attic", influx=influx)
    request = HistoryRequest(
        start="-1y", window="auto", parameters=("co2",), source=Source.INFLUXDB
    )
    answer = await asked.ask(request, now=NOW)
    assert answer.stream.query.window is not None
    assert answer.stream.query.window.text == "1d"
