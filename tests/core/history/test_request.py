"""Requests: ranges, limits, pages, and what is wrong with impossible ones."""

from datetime import timedelta

import pytest

from custom_components.air_state.core.domain.errors import (
    AggregateError,
    LimitError,
    ParameterError,
    QueryError,
    RangeError,
    TimeError,
    WindowError,
)
from custom_components.air_state.core.domain.models import (
    Aggregate,
    ReadingKey,
    Snapshot,
)
from custom_components.air_state.core.domain.times import to_datetime
from custom_components.air_state.core.history.request import HistoryRequest
from tests.core.history.bench import HOUR, NOW, WARSAW, Bench, Cells, at, bench, poll, rows
from tests.core.history.reference import drifting

__all__ = ["bench"]


async def test_the_range_holds_its_start_and_not_its_stop(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00") + n * HOUR, s_p=n) for n in range(3)])

    ask = HistoryRequest(start="2026-11-02T10:00", stop="2026-11-02T11:00")
    assert [cells for _, cells in rows(await bench.ask(ask))] == [(0.0,)]


@pytest.mark.parametrize(
    ("window", "aggregates"),
    [
        (None, ()),
        ("1h", (Aggregate.SUM,)),
        ("1d", (Aggregate.COUNT,)),
        ("1d", (Aggregate.LAST, Aggregate.COUNT)),
    ],
)
async def test_pages_go_on_without_a_gap_or_a_repeat(
    bench: Bench, window: str | None, aggregates: tuple[Aggregate, ...]
) -> None:
    bench.put(drifting("2026-10-20", "2026-11-02", timedelta(minutes=30)))
    request = HistoryRequest(start="2026-10-20", window=window, aggregates=aggregates, limit=25_000)
    whole = await bench.ask(request)
    assert len(whole.times) > 10

    pages: list[tuple[str, Cells]] = []
    start = request.start
    while True:
        page = await bench.ask(
            HistoryRequest(start=start, window=window, aggregates=aggregates, limit=7)
        )
        assert len(page.times) <= 7
        pages += rows(page)
        if page.next_start is None:
            break
        start = to_datetime(page.next_start, WARSAW).isoformat()
    assert pages == rows(whole)


@pytest.mark.parametrize(
    ("request_", "error", "details"),
    [
        (HistoryRequest(start="soon"), TimeError, {"name": "start", "value": "soon"}),
        (HistoryRequest(stop="-1"), TimeError, {"name": "stop", "value": "-1"}),
        (HistoryRequest(start="-1h", stop="-2h"), RangeError, {"start": "-1h", "stop": "-2h"}),
        (HistoryRequest(start="now"), RangeError, {"start": "now", "stop": "now"}),
        (HistoryRequest(window="2d"), WindowError, {"value": "2d"}),
        (HistoryRequest(aggregates=(Aggregate.MAX,)), AggregateError, {"value": "max"}),
        (
            HistoryRequest(aggregates=(Aggregate.MAX, Aggregate.MIN)),
            AggregateError,
            {"value": "max, min"},
        ),
        (HistoryRequest(limit=0), LimitError, {"value": "0", "most": "25000"}),
        (HistoryRequest(limit=None), LimitError, {"value": "None", "most": "25000"}),
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


async def test_many_parameters_make_a_wide_table_of_fewer_rows(bench: Bench) -> None:
    names = {f"s{n}_p{n}": 1.0 for n in range(200)}
    bench.put([poll(at("2026-11-02T10:00") + n * 1000, **names) for n in range(800)])

    table = await bench.ask(HistoryRequest(limit=25_000))
    assert (len(table.columns), len(table.times)) == (200, 150_000 // 201)
    assert table.next_start == at("2026-11-02T10:00") + len(table.times) * 1000
    folded = await bench.ask(HistoryRequest(window="1m", aggregates=(Aggregate.COUNT,)))
    assert folded.columns[199].cells[0] == 60


async def test_a_stream_has_no_limit_unless_it_is_given_one(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00") + n * 1000, a_t=n) for n in range(1_100)])
    for limit, count in ((None, 1_100), (1_000_000_000, 1_100), (1_050, 1_050)):
        stream = await bench.history.open(HistoryRequest(limit=limit), now=NOW)
        assert sum([len(block.times) async for block in stream.blocks()]) == count
    for limit in (0, 1_000_000_001):
        with pytest.raises(LimitError) as caught:
            await bench.history.open(HistoryRequest(limit=limit), now=NOW)
        assert caught.value.details == {"value": str(limit), "most": "1000000000"}


async def test_an_error_names_the_first_25_of_many_parameters(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00"), **{f"s_p{n:02}": 1.0 for n in range(30)})])
    with pytest.raises(ParameterError) as caught:
        await bench.ask(HistoryRequest(parameters=("nope",)))
    assert caught.value.details["allowed"] == ", ".join(f"p{n:02}" for n in range(25))


async def test_windows_are_of_means_unless_said_otherwise(bench: Bench) -> None:
    bench.put([poll(at("2026-11-02T10:00") + n * 1000, a_t=n * n) for n in range(3)])
    table = await bench.ask(HistoryRequest(window=" 1h "))
    assert [cells[0] for _, cells in rows(table)] == pytest.approx([5 / 3])
