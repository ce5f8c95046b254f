"""Tables out of the journal: computed by SQLite, compared with plain Python."""

from datetime import timedelta

import pytest

from custom_components.air_state.core.domain.errors import ParameterError
from custom_components.air_state.core.domain.means import MeanSelection
from custom_components.air_state.core.domain.models import (
    Aggregate,
    ReadingKey,
    Source,
)
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.journal.source import JournalHistory
from tests.core.history.bench import HOUR, NOW, Bench, at, bench, poll, rows
from tests.core.history.reference import DS, SPANS, drifting, expected
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY

__all__ = ["bench"]


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("window", ["5m", "90m", "6h", "1d", "1w", "1mo"])
@pytest.mark.parametrize("aggregates", [*((each,) for each in Aggregate), tuple(Aggregate)])
async def test_every_window_and_aggregate(
    bench: Bench, span: str, window: str, aggregates: tuple[Aggregate, ...]
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
            aggregates=aggregates,
            limit=3_000,
        )
    )

    wanted = expected(polls, [[BMP, DHT, DS], [HUMIDITY], [DHT]], window, *aggregates)
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
                start=first, stop=f"{first[:-2]}31", window="1d", aggregates=(Aggregate.COUNT,)
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


async def test_units(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00"), mq135_co2=400, dht22_humidity=50, x_y=1)])

    raw = await bench.ask(HistoryRequest())
    assert {column.name: column.unit for column in raw.columns} == {
        "co2": "ppm",
        "humidity": "%",
        "y": None,
    }
    counted = await bench.ask(HistoryRequest(window="1h", aggregates=(Aggregate.COUNT,)))
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


async def test_windows_skip_years_without_rows(bench: Bench) -> None:
    bench.put([poll(at("1999-01-01"), s_p=1), poll(at("2026-11-02T10:00"), s_p=2)])

    table = await bench.ask(HistoryRequest(start="1990-01-01", window="1s", limit=10))

    assert [cells for _, cells in rows(table)] == [(1.0,), (2.0,)]
