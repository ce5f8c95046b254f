"""The journal and real servers answer the same request with the same table, cell by cell."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import (
    Aggregate,
    HistoryQuery,
    Latest,
    ReadingKey,
    Series,
    Snapshot,
    Source,
    Table,
)
from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.line_protocol import escaped
from custom_components.air_state.core.influx.queries.protocols import InfluxReader
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.journal.source import JournalHistory
from tests.core.history.bench import NOW, at, poll
from tests.core.history.reference import SPANS, drifting
from tests.live.conftest import DEVICE, Bench
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import RealServer

HOUR = 3_600_000
# Names that a station may send, and that one of the languages would read as more than a name.
HOSTILE = (
    *('"', "'", "\\", "a\\", "\\'", '\\"', "${d}", "$x", "a b", "a,b=c", "Ж😀", "-- x", "/* x"),
    *("' OR 1=1 --", '") |> yield() //', "'; DROP DATABASE air; --", "%s{0}", "time", "_field"),
    *("time_", "_time", "_value", "_start", "_stop", "_measurement", "device", "sensor", "table"),
)
AGGREGATES = (
    *((each,) for each in Aggregate),
    *((Aggregate.MAX, Aggregate.MEAN, Aggregate.MIN), tuple(Aggregate)),
)
EVERYTHING = ("temperature", "humidity", "dht22.temperature", "bmp180.temperature")


class Asked:
    """A journal, its mirrored rows, and the history of both."""

    def __init__(self, bench: Bench, influx: InfluxHistory) -> None:
        self.bench = bench
        self.influx = influx
        self.history = History(JournalHistory(bench.journal), station="Attic", influx=influx)

    async def fill(self, *polls: Snapshot) -> None:
        self.bench.put(*polls)
        await self.bench.until_mirrored()

    async def ask(self, request: HistoryRequest, source: Source) -> Table:
        answer = await self.history.ask(replace(request, source=source), now=NOW)
        assert answer.stream.source is source
        return answer.table

    async def compare(self, request: HistoryRequest) -> Table:
        """Ask both, compare each cell, and return the table."""
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


def reader_of(bench: Bench) -> tuple[Sink, InfluxReader]:
    """Return a sink and a reader of the bench's server."""
    sink = bench.sink()
    return sink, bench.reader(sink)


@pytest.fixture
async def asked(bench: Bench) -> AsyncIterator[Asked]:
    await bench.start(own_readings=True)
    sink, reader = reader_of(bench)
    yield Asked(bench, InfluxHistory(reader, DEVICE, SystemClock()))
    await sink.close()
    await bench.close()


@pytest.mark.slow
@pytest.mark.parametrize("span", SPANS)
async def test_every_window_and_aggregate(asked: Asked, span: str) -> None:
    start, stop = SPANS[span]
    await asked.fill(*drifting(start, stop, timedelta(minutes=4)))
    for window in (None, "5m", "90m", "6h", "1d", "1w", "1mo"):
        for aggregates in AGGREGATES if window else ((),):
            request = HistoryRequest(
                parameters=EVERYTHING,
                start=start,
                stop=stop,
                window=window,
                aggregates=aggregates,
                limit=5_000,
            )
            table = await asked.compare(request)
            assert table.times, request


@pytest.mark.slow
async def test_pages_are_the_same(asked: Asked) -> None:
    await asked.fill(*drifting("2026-10-20", "2026-10-24", timedelta(minutes=11)))
    several = (Aggregate.LAST, Aggregate.MEAN, Aggregate.COUNT)
    for window, aggregates in ((None, ()), ("90m", ()), ("1d", ()), ("90m", several)):
        request = HistoryRequest(start="2026-10-20", window=window, aggregates=aggregates, limit=7)
        seen = 0
        while True:
            page = await asked.compare(request)
            seen += len(page.times)
            if page.next_start is None:
                break
            assert len(page.times) == 7
            start = datetime.fromtimestamp(page.next_start / 1000, UTC).isoformat()
            request = replace(request, start=start)
        whole = await asked.compare(replace(request, start="2026-10-20", limit=10_000))
        assert seen == len(whole.times) > 3


async def test_gaps_and_fields_that_come_and_go(asked: Asked) -> None:
    times = [at("2020-01-01"), at("2023-05-05T05:05"), at("2026-10-25T02:30")]
    await asked.fill(
        poll(times[0], a_x=1.5),
        poll(times[0] + 1, a_x=2.5, b_y=-0.25),
        poll(times[1], b_y=1e-9, b_x=4),
        poll(times[2], a_x=1e14, c_z=0),
    )
    for window in (None, "1s", "12h", "1d", "1mo"):
        table = await asked.compare(HistoryRequest(start="2019-01-01", window=window, limit=100))
        assert [each.name for each in table.columns] == ["x", "y", "z"]
        assert len(table.times) == (4 if window is None else 3)
        if window is None:
            continue
        several = HistoryRequest(
            start="2019-01-01", window=window, aggregates=tuple(Aggregate), limit=100
        )
        assert (await asked.compare(several)).times == table.times
    assert not (await asked.compare(HistoryRequest(start="2021-01-01", stop="2022-01-01"))).times


async def test_latest_values(asked: Asked) -> None:
    now = int(NOW.timestamp() * 1000)
    await asked.fill(poll(now - HOUR, a_x=1, b_x=3, b_y=5), poll(now, a_x=7))

    def shown(found: list[Latest]) -> list[tuple[str, float, int]]:
        return [(each.series.name, each.value, each.taken_at) for each in found]

    own = shown(await asked.history.latest(Source.JOURNAL))
    assert own == [
        *(("x", 7.0, now), ("y", 5.0, now - HOUR), ("a.x", 7.0, now)),
        *(("b.x", 3.0, now - HOUR), ("b.y", 5.0, now - HOUR)),
    ]
    assert shown(await asked.history.latest(Source.INFLUXDB)) == own


async def test_stored_series(server: RealServer, asked: Asked) -> None:
    now = int(NOW.timestamp() * 1000)
    await asked.fill(poll(now - HOUR, a_x=1, b_x=3, b_y=5), poll(now, a_x=7))
    await asyncio.to_thread(server.write, f"sensor_data,device=other x=1 {now}", "m,device=n x=1 5")

    found = await asked.history.stored_series(Source.INFLUXDB, start=None, stop=None, prefix="")
    assert [(each.name, each.first, each.last, each.rows) for each in found] == [
        (f"sensor_data/{DEVICE}/x", now - HOUR, now, 2),
        (f"sensor_data/{DEVICE}/y", now - HOUR, now - HOUR, 1),
        ("sensor_data/other/x", now, now, 1),
        (f"sensor_readings/{DEVICE}/a/x", now - HOUR, now, 2),
        (f"sensor_readings/{DEVICE}/b/x", now - HOUR, now - HOUR, 1),
        (f"sensor_readings/{DEVICE}/b/y", now - HOUR, now - HOUR, 1),
    ]
    some = await asked.history.stored_series(
        Source.INFLUXDB, start=now, stop=now + 1, prefix="sensor_data/o"
    )
    assert [(each.name, each.rows) for each in some] == [("sensor_data/other/x", 1)]
    # A station's history has the fields of this station alone.
    for stop, times in (("now", [now - HOUR]), ("2100-01-01", [now - HOUR, now])):
        assert (await asked.compare(HistoryRequest(start="-3h", stop=stop))).times == times


@pytest.mark.parametrize("hostile", ["parameter", "sensor"])
async def test_names_never_become_part_of_a_query(asked: Asked, hostile: str) -> None:
    now = int(NOW.timestamp() * 1000)
    keys = [
        ReadingKey("s", name) if hostile == "parameter" else ReadingKey(name, f"p{number}")
        for number, name in enumerate(HOSTILE)
    ]
    readings = {key: float(number) for number, key in enumerate(keys)}
    await asked.fill(Snapshot(device="n", taken_at=now, readings=readings))

    several = (Aggregate.MAX, Aggregate.MIN)
    for window, aggregates in ((None, ()), ("1d", ()), ("1h", several), ("1d", several)):
        table = await asked.compare(
            HistoryRequest(
                parameters=tuple(f"{key}" for key in keys),
                start="-1h",
                stop="2100-01-01",
                window=window,
                aggregates=aggregates,
            )
        )
        assert [cells[0] for cells in (each.cells for each in table.columns)] == [
            float(number) for number in range(len(keys)) for _ in aggregates or (None,)
        ]
    latest = await asked.history.latest(Source.INFLUXDB)
    assert {each.series.name: each.value for each in latest if each.series.reading} == {
        str(key): value for key, value in readings.items()
    }


async def test_device_tags_never_become_part_of_a_query(server: RealServer, bench: Bench) -> None:
    lines = [
        f"sensor_data,device={escaped(tag)} x={number} {HOUR}" for number, tag in enumerate(HOSTILE)
    ]
    await asyncio.to_thread(server.write, *lines)
    sink, reader = reader_of(bench)
    x = Series(name="x", parameter="x", keys=())
    for number, tag in enumerate(HOSTILE):
        own = InfluxHistory(reader, tag, SystemClock())
        query = HistoryQuery(
            series=(x,),
            start=0,
            stop=2 * HOUR,
            window=None,
            aggregates=(Aggregate.MEAN,),
            limit=None,
        )
        found = [block async for block in own.blocks(query)]
        assert [list(block.columns[0]) for block in found] == [[float(number)]], tag
        assert (await own.stored_fields(0, 2 * HOUR)).fields == {"x"}
    await sink.close()


async def test_buckets_never_become_part_of_a_query(server: RealServer, bench: Bench) -> None:
    """1.x takes no backslash in a database's name, 2.x no quote in a bucket's."""
    own = "a\\b" if isinstance(server, InfluxV2) else 'a"b'
    for name in (own, "a'b", "${d}", "a b; DROP DATABASE air", "Ж😀"):
        await asyncio.to_thread(server.create_place, name)
        bench.target = replace(bench.target, place=name)
        sink, reader = reader_of(bench)
        await sink.write(f"sensor_data,device=n x=5 {HOUR}".encode())
        (found,) = await InfluxHistory(reader, "n", SystemClock()).stored_series(0, 2 * HOUR)
        assert (found.name, found.rows) == ("sensor_data/n/x", 1)
        await sink.close()


async def test_leaving_early_ends_the_query(server: RealServer, asked: Asked) -> None:
    """The rows of ten days, of which a few are read: the server is not asked for the rest."""
    await asked.fill(*drifting("2026-10-20", "2026-10-30", timedelta(seconds=20)))
    request = HistoryRequest(start="2026-10-20", source=Source.INFLUXDB, limit=None)
    stream = await asked.history.open(request, now=NOW)
    blocks = stream.blocks()
    await anext(blocks)
    await blocks.aclose()
    assert (await asked.compare(HistoryRequest(start="2026-10-20", limit=5))).times


async def test_what_others_write_beside_does_not_disturb(server: RealServer, asked: Asked) -> None:
    """Texts, and whole numbers, in the station's own measurement."""
    now = int(NOW.timestamp() * 1000)
    await asked.fill(poll(now - HOUR, a_x=1, b_x=3, b_y=5))
    others = [
        f'sensor_data,device={DEVICE} note="hello",n=3i {now - HOUR}',
        f'sensor_data,device=other note="hello",n=3i,x=1 {now - HOUR}',
    ]
    await asyncio.to_thread(server.write, *others)

    table = await asked.ask(HistoryRequest(start="-3h"), Source.INFLUXDB)
    assert {each.name: list(each.cells) for each in table.columns} == {
        "n": [3.0],
        "x": [2.0],
        "y": [5.0],
    }
    several = (Aggregate.MIN, Aggregate.COUNT)
    table = await asked.ask(
        HistoryRequest(start="-3h", window="1h", aggregates=several), Source.INFLUXDB
    )
    assert {each.name: list(each.cells) for each in table.columns} == {
        "n_min": [3.0],
        "n_count": [1.0],
        "x_min": [2.0],
        "x_count": [1.0],
        "y_min": [5.0],
        "y_count": [1.0],
    }
    latest = {each.series.name: each.value for each in await asked.history.latest(Source.INFLUXDB)}
    assert latest["n"] == 3.0
    assert "note" not in latest
    found = await asked.history.stored_series(
        Source.INFLUXDB, start=None, stop=None, prefix="sensor_data"
    )
    assert {each.name for each in found} >= {f"sensor_data/{DEVICE}/n", "sensor_data/other/x"}


async def test_parameters_that_are_words_of_flux(asked: Asked) -> None:
    now = int(NOW.timestamp() * 1000)
    await asked.fill(
        poll(now - HOUR, a_table=7, a_result=8, a_error=1, a_reference=2, a_co2=400),
        poll(now - HOUR + 1, a_table=9, a_error=3, a_reference=4),
    )
    await asked.compare(HistoryRequest(start="-3h"))
    await asked.compare(HistoryRequest(start="-3h", parameters=("error", "reference")))
