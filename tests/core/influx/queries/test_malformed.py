"""Malformed answers: each raises an error that says where, and none anything else."""

import copy
import json
import math
from collections.abc import Callable, Coroutine
from datetime import UTC
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import Block
from custom_components.air_state.core.influx.errors import (
    InfluxBrokenError,
    InfluxEndlessError,
    InfluxError,
    InfluxMalformedError,
)
from custom_components.air_state.core.influx.flux.raw import run_flux_query
from custom_components.air_state.core.influx.flux.reader import FluxReader
from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.influxql.reader import InfluxqlReader
from custom_components.air_state.core.influx.queries import checks as checked
from custom_components.air_state.core.influx.queries.concurrency import LimitedReader, query_limiter
from custom_components.air_state.core.influx.queries.protocols import InfluxReader
from custom_components.air_state.core.influx.queries.raw_tables import RawQuery
from custom_components.air_state.core.influx.queries.selection import Selection, TimeRange
from custom_components.air_state.core.influx.target import InfluxKind
from tests.core.influx.canned_answers import NEWEST, ROWS, SERIES, CannedClient

SELECTION = Selection(measurement="sensor_data", tags=(), fields=("co2", "t"))
TIME_RANGE = TimeRange(start=0, stop=10_000, limit=100)
RAW = RawQuery(text="q", parameters={}, limit=100, max_cells=1000, timeout_seconds=30)

type Ask = Callable[[bytes], Coroutine[Any, Any, object]]


async def rows_of(reader: InfluxReader) -> list[Block]:
    found = [
        block
        async for block in LimitedReader(reader, query_limiter()).rows(SELECTION, TIME_RANGE, None)
    ]
    times = [time for block in found for time in block.times]
    assert times == sorted(times)
    for block in found:
        for column in block.columns:
            assert len(column) == len(block.times)
            assert all(
                cell is None or (type(cell) in {int, float} and math.isfinite(cell))
                for cell in column
            )
    return found


def flux(body: bytes, piece: int = 10**6) -> FluxReader:
    return FluxReader(CannedClient([body], piece=piece))


FLUX: dict[str, tuple[bytes, Ask]] = {
    "rows": (ROWS, lambda body: rows_of(flux(body))),
    "rows in pieces": (ROWS, lambda body: rows_of(flux(body, 7))),
    "first": (ROWS, lambda body: flux(body).first_time(SELECTION, TIME_RANGE)),
    "newest": (NEWEST, lambda body: flux(body).latest_values(SELECTION, TIME_RANGE)),
    "held": (NEWEST, lambda body: flux(body).stored_fields("n", TIME_RANGE)),
    "series": (SERIES, lambda body: flux(body).all_series(TIME_RANGE)),
    "raw": (NEWEST, lambda body: run_flux_query(CannedClient([body]), RAW, UTC, query_limiter())),
}


def answer(*series: dict[str, Any], statement: int = 0) -> dict[str, Any]:
    return {"results": [{"statement_id": statement, "series": list(series)}]}


OF_ROWS = answer(
    {"name": "m", "columns": ["time", "0", "1"], "values": [[1, 2.5, None], [2, 3, 4]]}
)
OF_FIELDS = answer(
    {
        "name": "m",
        "tags": {"sensor": "a"},
        "columns": ["time", "last_co2", "last_t"],
        "values": [[0, 1.5, None]],
    }
)
OF_VALUES = answer(
    {"name": "m", "tags": {"sensor": "a"}, "columns": ["time", "value"], "values": [[1, 2]]},
    statement=1,
)
OF_NAMES = answer(
    {"name": "sensor_data", "columns": ["fieldKey", "fieldType"], "values": [["co2", "float"]]}
)


def influxql(*bodies: bytes) -> InfluxqlReader:
    return InfluxqlReader(CannedClient(list(bodies), InfluxKind.V1))


def as_bytes(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


INFLUXQL: dict[str, tuple[dict[str, Any], Ask]] = {
    "rows": (OF_ROWS, lambda body: rows_of(influxql(body))),
    "first": (OF_ROWS, lambda body: influxql(body).first_time(SELECTION, TIME_RANGE)),
    "newest": (OF_VALUES, lambda body: influxql(body).latest_values(SELECTION, TIME_RANGE)),
    "held": (OF_FIELDS, lambda body: influxql(body).stored_fields("n", TIME_RANGE)),
    "names": (OF_NAMES, lambda body: influxql(body, as_bytes(OF_VALUES)).all_series(TIME_RANGE)),
    "series": (OF_VALUES, lambda body: influxql(as_bytes(OF_NAMES), body).all_series(TIME_RANGE)),
    "raw": (
        OF_ROWS,
        lambda body: run_influxql_query(
            CannedClient([body], InfluxKind.V1), RAW, UTC, query_limiter()
        ),
    ),
}


async def outcome(ask: Ask, body: bytes) -> str:
    """Return the InfluxError that an answer raises as text; another exception fails the test."""
    try:
        await ask(body)
    except InfluxError as error:
        return error.code
    return "taken"


@pytest.mark.parametrize("name", FLUX)
async def test_well_formed_flux(name: str) -> None:
    body, ask = FLUX[name]
    assert await outcome(ask, body) == "taken"


@pytest.mark.parametrize("name", INFLUXQL)
async def test_well_formed_influxql(name: str) -> None:
    said, ask = INFLUXQL[name]
    assert await outcome(ask, as_bytes(said)) == "taken"


HEAD, FIRST = ROWS[: ROWS.index(b",,0")], b",,0,1970-01-01T00:00:01Z,400.5,\r\n"
BROKEN_FLUX = {
    "a column too few": (ROWS.replace(b",400.5,", b",400.5"), "record 5: 5 cells for 6 columns"),
    "a column too many": (ROWS.replace(b",400.5,", b",1,2,3"), "record 5: 7 cells for 6 columns"),
    "no time": (ROWS.replace(b"_time", b"_tame"), "record 5, column “_time”"),
    "a time that is none": (ROWS.replace(b"01Z", b"61Z"), "“1970-01-01T00:00:61Z”"),
    "a time with an offset": (ROWS.replace(b":01Z", b":01+01:00"), "column “_time”"),
    "a date alone": (ROWS.replace(b"T00:00:01Z", b""), "“1970-01-01”"),
    "a number that is none": (ROWS.replace(b"400.5", b"many"), "record 5, column “co2”: “many”"),
    "a number as Python has it": (ROWS.replace(b"400.5", b"4_00"), "“4_00”"),
    "a word instead": (ROWS.replace(b"400.5", b"true"), "“true”"),
    "types for another head": (
        ROWS.replace(b",double,double", b",double"),
        "record 4: 5 datatypes",
    ),
    "defaults for another head": (ROWS.replace(b"_result,,,,", b"_result,,,"), "5 defaults"),
    "groups for another head": (ROWS.replace(b"#group,false", b"#group"), "5 grouped"),
    "no head": (FIRST + FIRST + b"\r\n", "record 1: “,,0,"),
    "an error without words": (b",error,reference\r\n\r\n", "an error without a message"),
    "times that go back": (ROWS.replace(b"00:00:03Z", b"00:00:00Z"), "times from 1000 to 0"),
    "times beyond": (ROWS.replace(b"00:00:03Z", b"01:00:00Z"), "times from 1000 to 3600000"),
}


@pytest.mark.parametrize("piece", [1, 50, 10**6])
@pytest.mark.parametrize("name", BROKEN_FLUX)
async def test_malformed_flux_says_where(name: str, piece: int) -> None:
    body, place = BROKEN_FLUX[name]
    with pytest.raises(InfluxMalformedError) as caught:
        await rows_of(flux(body, piece))
    if piece == 10**6 or "times" not in place:
        assert place in caught.value.details["place"]


@pytest.mark.parametrize("end", range(1, len(ROWS) - 1))
async def test_flux_that_is_cut_off(end: int) -> None:
    """It may end anywhere: in an annotation or after a complete row."""
    if ROWS[:end].strip():
        with pytest.raises(InfluxBrokenError):
            await rows_of(flux(ROWS[:end]))


async def test_a_header_without_rows() -> None:
    assert await rows_of(flux(HEAD + b"\r\n")) == []
    assert await flux(HEAD + b"\r\n").latest_values(SELECTION, TIME_RANGE) == []


async def test_a_field_that_others_write_texts_into_is_empty() -> None:
    body = ROWS.replace(b"double,double", b"double,string").replace(b"1e3", b"ok")
    (block,) = await rows_of(flux(body))
    assert list(block.columns[1]) == [None, None, None]


WRONG: list[tuple[str, tuple[Any, ...], Any, str]] = [
    ("rows", ("results", 0), 5, "object 1: no result"),
    ("rows", ("results", 0, "statement_id"), "x", "statement"),
    ("rows", ("results", 0, "series"), {}, "object 1: no result"),
    ("rows", ("results", 0, "series", 0), [], "object 1, series 1: no series"),
    ("rows", ("results", 0, "series", 0, "columns"), None, "wrong name, tags or columns"),
    ("rows", ("results", 0, "series", 0, "name"), 1, "wrong name, tags or columns"),
    ("rows", ("results", 0, "series", 0, "tags"), {"a": 1}, "wrong name, tags or columns"),
    ("rows", ("results", 0, "series", 0, "values"), {"a": 1}, "a row that does not have 3 cells"),
    ("rows", ("results", 0, "series", 0, "values", 1), [1], "a row that does not have 3 cells"),
    ("rows", ("results", 0, "series", 0, "values", 1, 1), [], "a cell that is not a value"),
    ("rows", ("results", 0, "series", 0, "columns", 0), "t", "no column “time”"),
    ("rows", ("results", 0, "series", 0, "values", 1, 0), "now", "column “time”"),
    ("rows", ("results", 0, "series", 0, "values", 1, 0), 1.5, "column “time”"),
    ("rows", ("results", 0, "series", 0, "values", 1, 0), True, "column “time”"),
    ("rows", ("results", 0, "series", 0, "values", 1, 0), 0, "times from 1 to 0"),
    ("newest", ("results", 0, "statement_id"), 2, "statement 2"),
    ("newest", ("results", 0, "series", 0, "columns", 1), "x", "no column “value”"),
    ("series", ("results", 0, "statement_id"), 3, "statement 3"),
    ("names", ("results", 0, "series", 0, "columns", 1), "x", "no column “fieldType”"),
]


@pytest.mark.parametrize(("name", "path", "value", "place"), WRONG)
async def test_malformed_influxql_says_where(
    name: str, path: tuple[Any, ...], value: object, place: str
) -> None:
    said, ask = INFLUXQL[name]
    body = as_bytes(changed(said, path, value))
    with pytest.raises(InfluxMalformedError) as caught:
        await ask(body)
    assert place in caught.value.details["place"]


async def test_what_is_no_json_says_where() -> None:
    with pytest.raises(InfluxMalformedError) as caught:
        await rows_of(influxql(as_bytes(OF_ROWS) + b"{nonsense}\n"))
    assert caught.value.details["place"].startswith("object 2: ")


async def test_a_boolean_is_not_a_number() -> None:
    said = changed(OF_ROWS, ("results", 0, "series", 0, "values", 0, 1), value=True)
    (block,) = await rows_of(influxql(as_bytes(said)))
    assert list(block.columns[0]) == [None, 3.0]


def changed(said: Any, path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a copy with another value at that path."""
    made = copy.deepcopy(said)
    *before, last = path
    place = made
    for step in before:
        place = place[step]
    place[last] = value
    return made


@pytest.mark.parametrize("name", ["newest", "held", "series", "raw"])
async def test_too_many_series(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "MAX_SERIES", 50)
    body, ask = FLUX[name]
    if name == "series":  # of the first result
        body = body[: body.index(b"#datatype", 1)]
    head, row, end = body.partition(b",,0,")
    many = head + (row + end).replace(b"\r\n\r\n", b"\r\n") * 200 + b"\r\n"
    said, ask_json = INFLUXQL[name]
    more = as_bytes(said) * 200
    if name == "raw":  # it has limits of its own, of tables without rows as well
        assert await outcome(ask, many) == "taken"
        empty = changed(said, ("results", 0, "series", 0, "values"), [])
        names = [changed(empty, ("results", 0, "series", 0, "name"), f"m{n}") for n in range(999)]
        found = await run_influxql_query(
            CannedClient([b"".join(map(as_bytes, names))], InfluxKind.V1), RAW, UTC, query_limiter()
        )
        assert found.truncated
        assert len(found.tables) == RAW.max_cells // 4
        return
    for asked, sent in ((ask, many), (ask_json, more)):
        with pytest.raises(InfluxEndlessError) as caught:
            await asked(sent)
        assert caught.value.details["most"] == "50 series"


TOKENS = [
    *(b",", b"\r\n", b'"', b"#", b"#datatype", b",error,reference\r\n", b"_time", b"_value"),
    *(b"NaN", b"+Inf", b"true", b"null", b"1e999", b"\x00", b"\xff", b"[", b"{", b"Z", b"T", b"-"),
    *(b"dateTime:RFC3339", b"long", b"string", b"99999999999999999999", b"2262-04-12T00:00:00Z"),
]
PLACES = st.integers(0, 10**6)
EDITS = st.lists(
    st.tuples(PLACES, PLACES, st.sampled_from(TOKENS) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


def edited(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return the body with some of its bytes replaced."""
    for place, length, new in edits:
        start = place % (len(body) + 1)
        body = body[:start] + new + body[start + length % 12 :]
    return body


@pytest.mark.parametrize("name", FLUX)
@settings(deadline=None)
@given(edits=EDITS)
@example(edits=[(0, 0, b"")])
async def test_any_edit_of_flux(name: str, edits: list[tuple[int, int, bytes]]) -> None:
    body, ask = FLUX[name]
    await outcome(ask, edited(body, edits))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def paths(said: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """Return the path to each value."""
    steps: list[tuple[Any, Any]] = []
    if isinstance(said, dict):
        steps += said.items()
    elif isinstance(said, list):
        steps += enumerate(said)
    found = [] if not path else [path]
    for step, inner in steps:
        found += paths(inner, (*path, step))
    return found


@pytest.mark.parametrize("name", INFLUXQL)
@settings(deadline=None)
@given(data=st.data())
async def test_any_edit_of_influxql(name: str, data: st.DataObject) -> None:
    said, ask = INFLUXQL[name]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(paths(said)))
        said = changed(said, path, data.draw(JSON))
        if not paths(said):
            break
    body = as_bytes(said)
    if data.draw(st.booleans()):
        body = edited(body, data.draw(EDITS))
    await outcome(ask, body)


# A time in nanoseconds, as of a proxy that leaves `epoch` out, and one that no calendar can show.
FAR = [1_700_000_000_000_000_000, -1_700_000_000_000_000_000, 253_402_300_799_999]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("name", ["first", "newest", "series"])
async def test_no_time_of_influxql_is_beyond_the_calendar(name: str, far: int) -> None:
    found, ask = INFLUXQL[name]
    body = json.loads(json.dumps(found))
    (series,) = body["results"][0]["series"]
    series["values"][0][series["columns"].index("time")] = far
    with pytest.raises(InfluxMalformedError):
        await ask(as_bytes(body))


@pytest.mark.parametrize("name", ["newest", "series"])
async def test_no_time_of_flux_is_beyond_the_calendar(name: str) -> None:
    body, ask = FLUX[name]
    with pytest.raises(InfluxMalformedError):
        await ask(body.replace(b"1970", b"9999"))
