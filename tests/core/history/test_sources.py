"""Which source answers: the journal or InfluxDB."""

import pytest

from custom_components.air_state.core.domain.errors import (
    JournalUnavailableError,
    MirrorAbsentError,
    OwnReadingError,
    ParameterError,
)
from custom_components.air_state.core.domain.models import (
    Source,
)
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.errors import InfluxClosedError, InfluxTimeoutError
from custom_components.air_state.core.influx.queries.circuit_breaker import CircuitBreaker
from custom_components.air_state.core.influx.source import MAX_SPAN_OF_V3
from tests.core.history.bench import Bench, bench, poll, rows
from tests.core.influx.memory_reader import DAY, HOUR, NOW, NOW_MS, MemoryReader, history

__all__ = ["bench"]


@pytest.fixture
async def both(bench: Bench) -> tuple[History, MemoryReader]:
    """Return the history of a journal of two days, and of an InfluxDB of forty."""
    bench.put([poll(NOW_MS - n * HOUR, a_co2=n, b_t=n) for n in range(48, 0, -1)])
    await bench.writer.flush()
    memory = MemoryReader(
        {None: {NOW_MS - n * HOUR: {"co2": n, "t": n, "old": 1.0} for n in range(1, 24 * 40)}}
    )
    made = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    return made, memory


@pytest.mark.parametrize(
    ("start", "source", "count"),
    [
        ("-24h", Source.JOURNAL, 24),
        ("-48h", Source.JOURNAL, 48),
        ("-49h", Source.INFLUXDB, 49),
        ("-30d", Source.INFLUXDB, 720),
    ],
)
async def test_auto_asks_influxdb_beyond_the_journal(
    both: tuple[History, MemoryReader], start: str, source: Source, count: int
) -> None:
    answer = await both[0].ask(HistoryRequest(start=start, parameters=("co2",)), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (source, count)
    assert answer.table.columns[0].unit == "ppm"


async def test_auto_stays_with_the_journal_where_influxdb_has_nothing_older(
    both: tuple[History, MemoryReader],
) -> None:
    asked, memory = both
    memory.points[None] = {NOW_MS - HOUR: {"co2": 1.0}}
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)


async def test_either_may_be_asked_for(both: tuple[History, MemoryReader]) -> None:
    asked, _ = both
    for source, count in ((Source.JOURNAL, 48), (Source.INFLUXDB, 240)):
        request = HistoryRequest(start="-10d", parameters=("t",), source=source)
        answer = await asked.ask(request, now=NOW)
        assert (answer.stream.source, len(answer.table.times)) == (source, count)


async def test_influxdb_may_have_more_parameters(both: tuple[History, MemoryReader]) -> None:
    asked, _ = both
    answer = await asked.ask(HistoryRequest(start="-30d", limit=1), now=NOW)
    assert [column.name for column in answer.table.columns] == ["co2", "old", "t"]
    named = await asked.ask(HistoryRequest(start="-30d", parameters=("old ",)), now=NOW)
    assert [column.unit for column in named.table.columns] == [None]
    with pytest.raises(ParameterError) as caught:
        await asked.ask(HistoryRequest(start="-30d", parameters=("new",)), now=NOW)
    assert caught.value.details == {"value": "new", "allowed": "co2, old, t"}


async def test_own_readings_are_the_journals_if_influxdb_has_none(
    both: tuple[History, MemoryReader],
) -> None:
    asked, memory = both
    request = HistoryRequest(start="-30d", parameters=("a.co2",))
    answer = await asked.ask(request, now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)
    for name in ("a.co2", " a.co2 "):
        explicit = HistoryRequest(start="-30d", parameters=(name,), source=Source.INFLUXDB)
        with pytest.raises(OwnReadingError) as caught:
            await asked.ask(explicit, now=NOW)
        assert caught.value.details == {"value": "a.co2", "parameter": "co2"}

    memory.points["a"] = {NOW_MS - 60 * HOUR: {"co2": 7.0}}
    there = await asked.ask(request, now=NOW)
    assert (there.stream.source, list(there.table.columns[0].cells)) == (Source.INFLUXDB, [7.0])


async def test_influxdb_that_is_away_is_said(both: tuple[History, MemoryReader]) -> None:
    asked, memory = both
    memory.away = True
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)
    assert isinstance(answer.stream.problem, InfluxClosedError)
    with pytest.raises(InfluxClosedError):
        await asked.ask(HistoryRequest(start="-30d", source=Source.INFLUXDB), now=NOW)
    assert (await asked.ask(HistoryRequest(), now=NOW)).stream.source is Source.JOURNAL


async def test_influxdb_answers_where_there_is_no_journal_yet(bench: Bench) -> None:
    memory = MemoryReader({None: {NOW_MS - HOUR: {"co2": 1.0}}})
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    answer = await asked.ask(HistoryRequest(), now=NOW)
    assert answer.stream.source is Source.INFLUXDB
    assert [row for _, row in rows(answer.table)] == [(1.0,)]
    (latest,) = await asked.latest(Source.AUTO)
    assert (latest.series.name, latest.value) == ("co2", 1.0)


async def test_a_journal_that_cannot_be_read_does_not_keep_influxdb_away(bench: Bench) -> None:
    bench.path.mkdir()
    memory = MemoryReader({None: {NOW_MS - HOUR: {"co2": 1.0}}})
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    answer = await asked.ask(HistoryRequest(), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.INFLUXDB, 1)
    assert [each.value for each in await asked.latest(Source.AUTO)] == [1.0]
    for source in (Source.JOURNAL, Source.AUTO):
        without = asked if source is Source.JOURNAL else bench.history
        with pytest.raises(JournalUnavailableError):
            await without.latest(source)


async def test_latest_of_influxdb(both: tuple[History, MemoryReader]) -> None:
    asked, memory = both
    memory.points["a"] = {NOW_MS - HOUR: {"co2": 7.0}}
    found = {each.series.name: each.value for each in await asked.latest(Source.INFLUXDB)}
    assert found == {"co2": 1.0, "old": 1.0, "t": 1.0, "a.co2": 7.0}
    own = {each.series.name for each in await asked.latest(Source.AUTO)}
    assert own == {"co2", "t", "a.co2", "b.t"}


async def test_series_of_either(both: tuple[History, MemoryReader]) -> None:
    asked, _ = both
    found = await asked.stored_series(Source.AUTO, start=None, stop=None, prefix="")
    assert [(each.name, each.rows) for each in found] == [("sensor_data/attic/co2", 24 * 40 - 1)]
    assert (
        await asked.stored_series(Source.AUTO, start=None, stop=None, prefix="sensor_data/k") == []
    )
    own = await asked.stored_series(
        Source.JOURNAL, start=NOW_MS - 2 * HOUR, stop=None, prefix="journal/n/a"
    )
    assert [(each.name, each.rows, each.last) for each in own] == [
        ("journal/n/a/co2", 2, NOW_MS - HOUR)
    ]


async def test_a_station_without_influxdb_says_so(bench: Bench) -> None:
    bench.put([poll(NOW_MS - HOUR, a_co2=1.0)])
    request = HistoryRequest(start="-30d", source=Source.INFLUXDB)
    with pytest.raises(MirrorAbsentError) as caught:
        await bench.history.ask(request, now=NOW)
    assert caught.value.details == {"station": "Attic"}
    answer = await bench.history.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, answer.stream.problem) == (Source.JOURNAL, None)
    assert bench.history.series_source(Source.AUTO) is Source.JOURNAL
    assert bench.history.series_source(Source.INFLUXDB) is Source.INFLUXDB


async def test_influxdb_that_did_not_answer_lately_is_not_asked(
    both: tuple[History, MemoryReader], bench: Bench
) -> None:
    _, memory = both
    breaker = CircuitBreaker()
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS), breaker=breaker)
    breaker.record_failure(InfluxTimeoutError(address="http://x", seconds=10))
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 48)
    assert isinstance(answer.stream.problem, InfluxTimeoutError)
    assert memory.time_ranges == []

    breaker.record_success()
    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, answer.stream.problem) == (Source.INFLUXDB, None)


async def test_a_server_that_cannot_tell_what_it_has_of_long_ago_is_asked(bench: Bench) -> None:
    bench.put([poll(NOW_MS - HOUR, a_co2=1.0)])
    points = {NOW_MS - n * DAY: {"co2": 2.0} for n in (1, 300)}
    memory = MemoryReader({None: points}, max_span=MAX_SPAN_OF_V3)
    influx = history(memory, NOW_MS, max_span=MAX_SPAN_OF_V3)
    asked = History(bench.source, station="Attic", influx=influx)
    stream = await asked.open(HistoryRequest(start="-1y", parameters=("co2",)), now=NOW)
    assert (stream.source, stream.problem) == (Source.INFLUXDB, None)


async def test_a_range_that_ends_before_the_journal_is_influxdbs(
    both: tuple[History, MemoryReader],
) -> None:
    asked, memory = both
    memory.points[None] = {NOW_MS - 60 * HOUR: {"co2": 5.0}}
    request = HistoryRequest(start="-70h", stop="-59h", parameters=("co2",))
    answer = await asked.ask(request, now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.INFLUXDB, 1)
    # What it has later is nothing to this range.
    earlier = HistoryRequest(start="-70h", stop="-65h", parameters=("co2",))
    answer = await asked.ask(earlier, now=NOW)
    assert (answer.stream.source, answer.table.times) == (Source.JOURNAL, [])


async def test_series_are_sorted_by_name(bench: Bench) -> None:
    bench.put([poll(NOW_MS - 2 * HOUR, b_t=1.0), poll(NOW_MS - HOUR, a_t=1.0, a_co2=1.0)])
    found = await bench.history.stored_series(Source.AUTO, start=None, stop=None, prefix="")
    assert [each.name for each in found] == ["journal/n/a/co2", "journal/n/a/t", "journal/n/b/t"]
    before = await bench.history.stored_series(
        Source.AUTO, start=None, stop=NOW_MS - HOUR, prefix=""
    )
    assert [each.name for each in before] == ["journal/n/b/t"]
