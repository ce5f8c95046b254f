"""Several aggregates in one question: their columns, and the values in these."""

import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import (
    Aggregate,
    HistoryQuery,
    ReadingKey,
    Series,
    Snapshot,
)
from custom_components.air_state.core.history.request import HistoryRequest
from tests.core.history.bench import HOUR, Bench, at, bench, poll, rows
from tests.core.history.reference import expected
from tests.core.influx.memory_reader import query

__all__ = ["bench"]

MEAN, MIN, MAX, COUNT = Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT
MORNING = at("2026-11-02T10:00")
DAY = 24 * HOUR
KEYS = (ReadingKey("a", "t"), ReadingKey("b", "t"), ReadingKey("a", "h"))
several_aggregates = st.lists(st.sampled_from(Aggregate), min_size=1, unique=True)


async def test_a_column_for_each_series_and_aggregate(bench: Bench) -> None:
    bench.put([poll(MORNING, mq135_co2=400), poll(MORNING + HOUR, mq135_co2=500, dht22_humidity=5)])

    table = await bench.ask(
        HistoryRequest(
            parameters=("humidity", "mq135.co2"), window="1h", aggregates=(MAX, COUNT, MIN)
        )
    )

    assert [(column.name, column.unit) for column in table.columns] == [
        ("humidity_max", "%"),
        ("humidity_count", None),
        ("humidity_min", "%"),
        ("mq135.co2_max", "ppm"),
        ("mq135.co2_count", None),
        ("mq135.co2_min", "ppm"),
    ]
    assert [cells for _, cells in rows(table)] == [
        (None, 0.0, None, 400.0, 1.0, 400.0),
        (5.0, 1.0, 5.0, 500.0, 1.0, 500.0),
    ]


@pytest.mark.parametrize("aggregates", [(MAX,), (MAX, MAX)])
async def test_a_single_one_keeps_the_series_name(
    bench: Bench, aggregates: tuple[Aggregate, ...]
) -> None:
    bench.put([poll(MORNING, a_t=1)])
    table = await bench.ask(HistoryRequest(window="1h", aggregates=aggregates))
    assert [column.name for column in table.columns] == ["t"]


async def test_a_parameter_with_the_name_of_a_column(bench: Bench) -> None:
    bench.put(
        [
            poll(MORNING, a_t=1),
            Snapshot(
                device="n",
                taken_at=MORNING + 1,
                readings={ReadingKey("a", "t_min"): 2.0, ReadingKey("a", "time"): 3.0},
            ),
        ]
    )
    table = await bench.ask(HistoryRequest(window="1h", aggregates=(MIN, MAX)))
    assert {column.name: column.cells[0] for column in table.columns} == {
        "t_min": 1.0,
        "t_max": 1.0,
        "t_min_min": 2.0,
        "t_min_max": 2.0,
        "time__min": 3.0,
        "time__max": 3.0,
    }


@given(
    names=st.lists(
        st.lists(st.sampled_from(["t", "_", "min", "max"]), min_size=1).map("".join), unique=True
    ),
    aggregates=several_aggregates,
)
def test_no_two_columns_share_a_name(names: list[str], aggregates: list[Aggregate]) -> None:
    series = [Series(name=name, parameter=name, keys=()) for name in names]
    asked: HistoryQuery = query(0, 1, *series, aggregates=tuple(aggregates))
    found = [column.name for column in asked.columns]
    assert len(set(found)) == len(found)


async def test_each_column_counts_for_the_size_of_a_table(bench: Bench) -> None:
    names = {f"s{n}_p{n}": 1.0 for n in range(200)}
    bench.put([poll(MORNING + n * 1000, **names) for n in range(120)])

    every = HistoryRequest(start="2026-11-02", window="1s", aggregates=tuple(Aggregate))
    table = await bench.ask(every)  # more columns than SQLite makes in one statement
    assert (len(table.columns), len(table.times)) == (1400, 150_000 // 1401)
    assert {column.cells[-1] for column in table.columns} == {1.0}
    assert table.next_start == MORNING + len(table.times) * 1000


@settings(max_examples=40)
@given(
    polls=st.dictionaries(
        st.integers(0, 9 * DAY),
        st.dictionaries(
            st.sampled_from(KEYS), st.sampled_from([0.5, -1.0, 20.25, 3.0]), min_size=1
        ),
        max_size=30,
    ),
    window=st.sampled_from(["5m", "90m", "6h", "1d", "1w", "1mo"]),
    aggregates=several_aggregates,
    spring=st.booleans(),
)
async def test_the_journals_windows_are_those_of_plain_python(
    polls: dict[int, dict[ReadingKey, float]],
    window: str,
    aggregates: list[Aggregate],
    *,
    spring: bool,
) -> None:
    base = at("2026-03-25T05:00" if spring else "2026-10-20T05:00")
    snapshots = [
        Snapshot(device="n", taken_at=base + time, readings=readings)
        for time, readings in sorted(polls.items())
    ]
    # Each parameter and sensor has to be known before it can be asked for.
    snapshots.insert(
        0, Snapshot(device="n", taken_at=base - DAY, readings=dict.fromkeys(KEYS, 1.0))
    )
    with tempfile.TemporaryDirectory() as folder:
        own = Bench(Path(folder) / "station.db")
        own.put(snapshots)
        try:
            table = await own.ask(
                HistoryRequest(
                    parameters=("t", "h", "b.t"),
                    start=datetime.fromtimestamp(base / 1000).astimezone().isoformat(),
                    window=window,
                    aggregates=tuple(aggregates),
                )
            )
        finally:
            await own.writer.close()

    wanted = expected(
        snapshots[1:], [[KEYS[0], KEYS[1]], [KEYS[2]], [KEYS[1]]], window, *aggregates
    )
    assert [time for time, _ in rows(table)] == [time for time, _ in wanted]
    for (_, cells), (_, reference) in zip(rows(table), wanted, strict=True):
        assert cells == pytest.approx(reference, rel=1e-12)
