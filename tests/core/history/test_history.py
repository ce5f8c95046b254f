"""Tables out of the journal: computed by SQLite, compared with plain Python."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from math import fsum
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    AggregateError,
    JournalUnavailableError,
    JournalVersionError,
    LimitError,
    ParameterError,
    QueryError,
    RangeError,
    TimeError,
    WindowError,
)
from custom_components.air_state.core.domain.means import MeanSelection, mean
from custom_components.air_state.core.domain.models import (
    Aggregate,
    ReadingKey,
    Snapshot,
    Source,
    Table,
)
from custom_components.air_state.core.domain.times import from_datetime, to_datetime
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.journal import source as journal_history
from custom_components.air_state.core.journal.source import JournalHistory
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY

WARSAW = ZoneInfo("Europe/Warsaw")
DS = ReadingKey("ds18b20", "temperature")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
HOUR = 3_600_000

type Cells = tuple[float | None, ...]


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=WARSAW))


def poll(moment: int, **readings: float) -> Snapshot:
    """Return a poll of readings given as ``sensor_parameter``."""
    keys = {ReadingKey(*name.split("_")): value for name, value in readings.items()}
    return Snapshot(device="n", taken_at=moment, readings=keys)


def drifting(start: str, stop: str, every: timedelta) -> list[Snapshot]:
    """Return polls with gaps, with readings missing now and then, and a sensor that comes late."""
    chance = random.Random(start)
    moment, end = at(start), at(stop)
    late = (moment + end) // 2
    polls = []
    while moment < end:
        readings = {
            key: round(chance.uniform(low, high), 2)
            for key, low, high in ((BMP, 18, 24), (DHT, 17, 25), (HUMIDITY, 30, 60))
            if chance.random() < 0.9
        }
        if moment > late:
            readings[DS] = round(chance.uniform(15, 20), 2)
        if readings:
            polls.append(Snapshot(device="n", taken_at=moment, readings=readings))
        moment += int(every.total_seconds() * 1000) + chance.randrange(900)
        if chance.random() < 0.004:
            moment += 5 * HOUR  # an outage
    return polls


class Bench:
    """A journal that can be filled and asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=1, max_bytes=2**40),
            on_change=lambda _status: None,
        )
        self.source = JournalHistory(self.writer, "n")
        self.history = History(self.source, station="Attic")

    def put(self, polls: Sequence[Snapshot]) -> None:
        for each in polls:
            self.writer.add(each)

    async def ask(self, request: HistoryRequest) -> Table:
        return (await self.history.ask(request, now=NOW)).table


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db")
    yield made
    await made.writer.close()


def rows(table: Table) -> list[tuple[str, Cells]]:
    """Return a table's rows with local times."""
    cells = zip(*(column.cells for column in table.columns), strict=True)
    return [
        (to_datetime(time, WARSAW).isoformat(), row)
        for time, row in zip(table.times, cells, strict=True)
    ]


# The reference: the same in plain Python, one row at a time.

FOLDS: dict[Aggregate, Callable[[list[float]], float]] = {
    Aggregate.MEAN: lambda values: fsum(values) / len(values),
    Aggregate.MIN: min,
    Aggregate.MAX: max,
    Aggregate.FIRST: lambda values: values[0],
    Aggregate.LAST: lambda values: values[-1],
    Aggregate.COUNT: len,
    Aggregate.SUM: fsum,
}


def start_of(window: str, moment: int) -> str:
    local = to_datetime(moment, WARSAW)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match window:
        case "1d":
            pass
        case "1w":
            day -= timedelta(days=local.weekday())
        case "1mo":
            day = day.replace(day=1)
        case _:
            minutes = int(window[:-1]) * (60 if window[-1] == "h" else 1)
            return to_datetime(moment - moment % (minutes * 60_000), WARSAW).isoformat()
    return day.replace(tzinfo=WARSAW).isoformat()


def expected(
    polls: list[Snapshot], groups: list[list[ReadingKey]], window: str, aggregate: Aggregate
) -> list[tuple[str, Cells]]:
    found: dict[str, list[list[float]]] = {}
    for each in polls:
        for index, keys in enumerate(groups):
            values = [each.readings[key] for key in keys if key in each.readings]
            if values:
                row = found.setdefault(start_of(window, each.taken_at), [[] for _ in groups])
                row[index].append(mean(values))
    empty = 0.0 if aggregate is Aggregate.COUNT else None
    return [
        (time, tuple(FOLDS[aggregate](values) if values else empty for values in row))
        for time, row in found.items()
    ]


SPANS = {
    "spring": ("2026-03-27T05:00", "2026-03-31T07:30"),
    "autumn": ("2026-10-23T05:00", "2026-10-27T07:30"),
}


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("window", ["5m", "90m", "6h", "1d", "1w", "1mo"])
@pytest.mark.parametrize("aggregate", list(Aggregate))
async def test_every_window_and_aggregate(
    bench: Bench, span: str, window: str, aggregate: Aggregate
) -> None:
    start, stop = SPANS[span]
    polls = drifting(start, stop, timedelta(minutes=4))
    bench.put(polls)

    table = await bench.ask(
        HistoryRequest(
            parameters=("temperature", "humidity", "dht22.temperature"),
            start=start,
            stop=stop,
            window=window,
            aggregate=aggregate,
            limit=25_000,
        )
    )

    wanted = expected(polls, [[BMP, DHT, DS], [HUMIDITY], [DHT]], window, aggregate)
    found = rows(table)
    assert [time for time, _ in found] == [time for time, _ in wanted]
    for (_, cells), (_, reference) in zip(found, wanted, strict=True):
        assert cells == pytest.approx(reference, rel=1e-12)
    assert table.next_start is None


async def test_the_day_with_23_hours_and_the_one_with_25(bench: Bench) -> None:
    for day in ("2026-03-28", "2026-10-24"):
        start = at(day)
        bench.put([poll(start + hour * HOUR, s_p=1.0) for hour in range(72)])

    for first, days in (
        ("2026-03-28", {"28T00:00:00+01:00": 24, "29T00:00:00+01:00": 23, "30T00:00:00+02:00": 24}),
        ("2026-10-24", {"24T00:00:00+02:00": 24, "25T00:00:00+02:00": 25, "26T00:00:00+01:00": 23}),
    ):
        table = await bench.ask(
            HistoryRequest(
                start=first, stop=f"{first[:-2]}31", window="1d", aggregate=Aggregate.COUNT
            )
        )
        assert {time[8:]: cells[0] for time, cells in rows(table)[:3]} == days


async def test_without_a_window_every_snapshot_is_a_row(bench: Bench) -> None:
    bench.put(
        [poll(at("2026-11-01T10:00") + n * 1500, a_t=n, b_t=n + 2, c_h=5.5) for n in range(3)]
    )
    bench.put([poll(at("2026-11-01T11:00"), c_h=6.5), poll(at("2026-11-01T12:00"), b_t=9)])

    table = await bench.ask(HistoryRequest(parameters=("t", "b.t", "t"), start="2026-11-01"))

    assert [column.name for column in table.columns] == ["t", "b.t"]
    assert rows(table) == [
        ("2026-11-01T10:00:00+01:00", (1.0, 2.0)),
        ("2026-11-01T10:00:01.500000+01:00", (2.0, 3.0)),
        ("2026-11-01T10:00:03+01:00", (3.0, 4.0)),
        ("2026-11-01T12:00:00+01:00", (9.0, 9.0)),
    ]


async def test_all_parameters_if_none_are_named(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00"), b_t=1, a_t=3, c_h=5)])

    table = await bench.ask(HistoryRequest())

    assert [column.name for column in table.columns] == ["h", "t"]
    assert rows(table) == [("2026-11-02T10:00:00+01:00", (5.0, 2.0))]


async def test_the_range_holds_its_start_and_not_its_stop(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00") + n * HOUR, s_p=n) for n in range(3)])

    ask = HistoryRequest(start="2026-11-02T10:00", stop="2026-11-02T11:00")
    assert [cells for _, cells in rows(await bench.ask(ask))] == [(0.0,)]


@pytest.mark.parametrize(
    ("window", "aggregate"), [(None, None), ("1h", Aggregate.SUM), ("1d", Aggregate.COUNT)]
)
async def test_pages_go_on_without_a_gap_or_a_repeat(
    bench: Bench, window: str | None, aggregate: Aggregate | None
) -> None:
    bench.put(drifting("2026-10-20", "2026-11-02", timedelta(minutes=30)))
    request = HistoryRequest(start="2026-10-20", window=window, aggregate=aggregate, limit=25_000)
    whole = await bench.ask(request)
    assert len(whole.times) > 10

    pages: list[tuple[str, Cells]] = []
    start = request.start
    while True:
        page = await bench.ask(
            HistoryRequest(start=start, window=window, aggregate=aggregate, limit=7)
        )
        assert len(page.times) <= 7
        pages += rows(page)
        if page.next_start is None:
            break
        start = to_datetime(page.next_start, WARSAW).isoformat()
    assert pages == rows(whole)


async def test_units(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00"), mq135_co2=400, dht22_humidity=50, x_y=1)])

    raw = await bench.ask(HistoryRequest())
    assert {column.name: column.unit for column in raw.columns} == {
        "co2": "ppm",
        "humidity": "%",
        "y": None,
    }
    counted = await bench.ask(HistoryRequest(window="1h", aggregate=Aggregate.COUNT))
    assert [column.unit for column in counted.columns] == [None, None, None]


async def test_excluded_sensors_do_not_count_but_can_be_asked_for(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00"), a_t=10, b_t=20, c_t=60)])
    history = History(
        JournalHistory(bench.writer),
        station="Attic",
        mean_selection=MeanSelection(
            excluded=frozenset({ReadingKey("c", "t"), ReadingKey("gone", "t")})
        ),
    )

    answer = await history.ask(HistoryRequest(parameters=("t", "c.t")), now=NOW)
    assert rows(answer.table)[0][1] == (15.0, 60.0)


async def test_latest_is_the_newest_that_there_is_of_each(bench: Bench) -> None:
    first = at("2026-11-02T10:00")
    bench.put(
        [
            poll(first, a_t=10, b_t=20, c_h=50),
            poll(first + 1000, a_t=12, b_t=22),
            poll(first + 2000, b_t=23),
        ]
    )

    latest = await bench.history.latest(Source.AUTO)

    assert [(each.series.name, each.value, each.taken_at - first) for each in latest] == [
        ("h", 50.0, 0),
        ("t", 23.0, 2000),
        ("a.t", 12.0, 1000),
        ("b.t", 23.0, 2000),
        ("c.h", 50.0, 0),
    ]


async def test_nothing_was_polled_yet(bench: Bench) -> None:
    await bench.writer.open()

    assert await bench.history.latest(Source.AUTO) == []
    with pytest.raises(ParameterError) as caught:
        await bench.ask(HistoryRequest(parameters=("t",)))
    assert caught.value.details == {"value": "t", "allowed": "-"}
    assert rows(await bench.ask(HistoryRequest())) == []


@pytest.mark.parametrize(
    ("request_", "error", "details"),
    [
        (HistoryRequest(start="soon"), TimeError, {"name": "start", "value": "soon"}),
        (HistoryRequest(stop="-1"), TimeError, {"name": "stop", "value": "-1"}),
        (HistoryRequest(start="-1h", stop="-2h"), RangeError, {"start": "-1h", "stop": "-2h"}),
        (HistoryRequest(start="now"), RangeError, {"start": "now", "stop": "now"}),
        (HistoryRequest(window="2d"), WindowError, {"value": "2d"}),
        (HistoryRequest(aggregate=Aggregate.MAX), AggregateError, {"value": "max"}),
        (HistoryRequest(limit=0), LimitError, {"value": "0", "most": "25000"}),
        (HistoryRequest(limit=25_001), LimitError, {"value": "25001", "most": "25000"}),
        (
            HistoryRequest(parameters=("t", "nope")),
            ParameterError,
            {"value": "nope", "allowed": "h, t, a.t, b.t, c.h"},
        ),
    ],
)
async def test_impossible_requests_name_what_is_wrong(
    bench: Bench, request_: HistoryRequest, error: type[QueryError], details: dict[str, str]
) -> None:
    bench.put([poll(at("2026-11-02T10:00"), a_t=10, b_t=20, c_h=50)])

    with pytest.raises(error) as caught:
        await bench.ask(request_)
    assert caught.value.details == details


@pytest.mark.parametrize(
    "name", ['"', "x'; DROP TABLE snapshots; --", "a\\b", "Ж.ж", ":begin", "?"]
)
async def test_names_never_become_sql(bench: Bench, name: str) -> None:
    keys = {ReadingKey(name, "p"): 1.0, ReadingKey("s", name): 2.0}
    bench.put([Snapshot(device="n", taken_at=at("2026-11-02T10:00"), readings=keys)])

    for window in (None, "1h"):
        table = await bench.ask(HistoryRequest(parameters=(f"{name}.p", name, "p"), window=window))
        assert rows(table)[0][1] == (1.0, 2.0, 1.0)
    with pytest.raises(ParameterError):
        await bench.ask(HistoryRequest(parameters=(f"{name}x",)))


async def test_windows_skip_years_without_rows(bench: Bench) -> None:
    bench.put([poll(at("1999-01-01"), s_p=1), poll(at("2026-11-02T10:00"), s_p=2)])

    table = await bench.ask(HistoryRequest(start="1990-01-01", window="1s", limit=10))

    assert [cells for _, cells in rows(table)] == [(1.0,), (2.0,)]


# When the file cannot be read.


async def test_the_journal_cannot_be_opened(bench: Bench) -> None:
    bench.path.mkdir()
    bench.put([poll(at("2026-11-02T10:00"), s_p=1)])

    with pytest.raises(JournalUnavailableError):
        await bench.ask(HistoryRequest())


async def test_the_journal_is_of_a_newer_version(bench: Bench) -> None:
    Journal(bench.path).close()
    with closing(sqlite3.connect(bench.path)) as plain:
        plain.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalVersionError):
        await bench.ask(HistoryRequest())


async def test_a_question_that_nobody_waits_for_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(drifting("2026-10-01", "2026-11-01", timedelta(seconds=30)))
    await bench.writer.flush()
    stopped: list[JournalUnavailableError] = []
    run = journal_history._with_connection

    def watched(path: Path, abandoned: Event, job: Callable[..., object]) -> object:
        try:
            return run(path, abandoned, job)
        except JournalUnavailableError as error:
            stopped.append(error)
            raise

    monkeypatch.setattr(journal_history, "_with_connection", watched)
    request = HistoryRequest(start="2026-10-01", window="1s", limit=25_000)
    task = asyncio.create_task(bench.ask(request))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while not stopped:
            await asyncio.sleep(0.01)
    assert "interrupted" in stopped[0].details["reason"]


async def test_many_parameters_make_a_wide_table_of_fewer_rows(bench: Bench) -> None:
    names = {f"s{n}_p{n}": 1.0 for n in range(200)}
    bench.put([poll(at("2026-11-02T10:00") + n * 1000, **names) for n in range(800)])

    table = await bench.ask(HistoryRequest(limit=25_000))
    assert (len(table.columns), len(table.times)) == (200, 150_000 // 201)
    assert table.next_start == at("2026-11-02T10:00") + len(table.times) * 1000
    folded = await bench.ask(HistoryRequest(window="1m", aggregate=Aggregate.COUNT))
    assert folded.columns[199].cells[0] == 60
