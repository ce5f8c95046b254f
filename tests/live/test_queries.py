"""Raw queries and retention against real servers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxCredentialsError,
    InfluxQueryError,
    InfluxTimeoutError,
)
from custom_components.air_state.core.influx.flux.raw import run_flux_query
from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.queries.bind_parameters import parse_parameters
from custom_components.air_state.core.influx.queries.concurrency import query_limiter
from custom_components.air_state.core.influx.queries.raw_tables import RawAnswer, RawQuery
from custom_components.air_state.core.influx.server.retention import RetentionClient
from custom_components.air_state.core.influx.v1 import InfluxV1Client
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from tests.core.influx.queries.test_query_texts import HOSTILE
from tests.live.conftest import Bench
from tests.live.influx_v1 import InfluxV1
from tests.live.real_server import RealServer
from tests.live.servers import V1, V1_AUTH, V1_FLUX, V2

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
DAY = 86_400
FLUX = pytest.mark.parametrize("server", [*V1_FLUX, *V2], indirect=True)
POINTS = (
    "sensor_data,device=n co2=400,t=1.5 1767225600000",
    "sensor_data,device=n co2=410 1767225601500",
    "sensor_data,device=m co2=4 1767225601000",
)


def query(text: str, bound: Mapping[str, object] | None = None, **more: Any) -> RawQuery:  # noqa: ANN401
    usual: dict[str, Any] = {"limit": 100, "max_cells": 10_000, "timeout_seconds": 30.0}
    return RawQuery(text=text, parameters=parse_parameters(bound or {}, now=NOW), **(usual | more))


class Raw:
    """Sends raw queries as the actions do."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        sink = bench.sink()
        self.client = sink if isinstance(sink, InfluxV2Client) else None
        self.bucket = self.client.bucket if self.client else ""

    async def flux(
        self,
        text: str,
        bound: Mapping[str, object] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> RawAnswer:
        assert self.client is not None
        return await run_flux_query(
            self.client, query(text, bound, **more), WARSAW, query_limiter()
        )

    async def influxql(
        self,
        text: str,
        bound: Mapping[str, object] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> RawAnswer:
        client = InfluxV1Client(self.bench.session, self.bench.target)
        return await run_influxql_query(client, query(text, bound, **more), WARSAW, query_limiter())


@pytest.fixture
async def raw(server: RealServer, bench: Bench) -> AsyncIterator[Raw]:
    await asyncio.to_thread(server.write, *POINTS)
    made = Raw(bench)
    yield made
    if made.client:
        await made.client.close()


async def test_tables_of_influxql(raw: Raw) -> None:
    found = await raw.influxql('SELECT * FROM sensor_data GROUP BY "device"')

    assert [(each.result, each.key, each.rows) for each in found.tables] == [
        ("sensor_data", {"device": "m"}, [["2026-01-01T01:00:01+01:00", 4, None]]),
        (
            "sensor_data",
            {"device": "n"},
            [["2026-01-01T01:00:00+01:00", 400, 1.5], ["2026-01-01T01:00:01.5+01:00", 410, None]],
        ),
    ]
    several = await raw.influxql("SELECT max(co2) FROM sensor_data; SHOW MEASUREMENTS")
    assert [each.rows[0][-1] for each in several.tables] == [410, "sensor_data"]


async def test_values_of_influxql(raw: Raw) -> None:
    for text, bound, count in (
        ("device = $d", {"d": "n"}, 2),
        ("co2 > $f AND co2 < $g", {"f": {"float": 4}, "g": 405.5}, 1),
        ("co2 = $n", {"n": 410}, 1),
        ("co2 > $n", {"n": -(2**63)}, 3),
        ("co2 > $tiny", {"tiny": 1e-7}, 3),
        ("time > $t", {"t": {"time": "2026-01-01T01:00:00.500"}}, 2),
        ("device =~ $r", {"r": {"regex": "^[n/]"}}, 2),
    ):
        found = await raw.influxql(f"SELECT co2 FROM sensor_data WHERE {text}", bound)
        assert found.row_count == count, text
    counts = await raw.influxql(
        "SELECT count(co2) FROM sensor_data WHERE time >= $a AND time < $b"
        " GROUP BY time($w) FILL(none)",
        {
            "a": {"time": "2026-01-01T00:00Z"},
            "b": {"time": "2026-01-02"},
            "w": {"duration": "1s"},
        },
    )
    assert [row[1] for row in counts.tables[0].rows] == [1, 2]


async def test_no_value_becomes_influxql(raw: Raw) -> None:
    for hostile in HOSTILE:
        text = "SELECT co2 FROM sensor_data WHERE device = $d"
        found = await raw.influxql(text, {"d": hostile})
        assert found.row_count == 0, hostile
    assert (await raw.influxql("SELECT co2 FROM sensor_data")).row_count == 3


async def test_mistakes_in_influxql(raw: Raw) -> None:
    with pytest.raises(InfluxQueryError) as caught:
        await raw.influxql("SELECT co2\nFORM sensor_data")
    assert "at line 2, char 1" in caught.value.details["reason"]
    with pytest.raises(InfluxQueryError) as caught:
        await raw.influxql("SELECT co2 FROM nowhere.sensor_data")
    assert caught.value.details["reason"] == "retention policy not found: nowhere"


@FLUX
async def test_tables_of_flux(raw: Raw) -> None:
    found = await raw.flux(
        f'from(bucket: "{raw.bucket}") |> range(start: 2026-01-01T00:00:00Z)'
        ' |> drop(columns: ["_start", "_stop", "_measurement"])'
    )

    tables = {(str(each.key["device"]), str(each.key["_field"])): each for each in found.tables}
    assert tables.keys() == {("m", "co2"), ("n", "co2"), ("n", "t")}
    own = tables["n", "co2"]
    times = [column.name for column in own.columns].index("_time")
    assert own.columns[times].type == "time"
    assert [row[times] for row in own.rows] == [
        "2026-01-01T01:00:00+01:00",
        "2026-01-01T01:00:01.5+01:00",
    ]
    named = await raw.flux(
        f'data = from(bucket: "{raw.bucket}") |> range(start: 0) |> group()'
        ' data |> count() |> yield(name: "many") data |> limit(n: 1) |> yield(name: "one")'
    )
    assert {each.result for each in named.tables} == {"many", "one"}


@FLUX
async def test_values_of_flux(raw: Raw) -> None:
    data = "from(bucket: b) |> range(start: start) |> group()"
    usual = {"b": raw.bucket, "start": {"time": "2020-01-01"}}
    for text, bound, count in (
        ("filter(fn: (r) => r.device == d)", {"d": "n"}, 3),
        ("filter(fn: (r) => r._value > f)", {"f": {"float": 4}}, 2),
        ("filter(fn: (r) => r._value > f)", {"f": 1e-7}, 4),
        ("limit(n: n)", {"n": 2}, 2),
        ("filter(fn: (r) => r.device =~ p)", {"p": {"regex": "^[n/]"}}, 3),
        ("filter(fn: (r) => contains(value: r._field, set: l))", {"l": ["t", "x"]}, 1),
        ("filter(fn: (r) => yes)", {"yes": True}, 4),
        ("filter(fn: (r) => n < 0)", {"n": -5}, 4),
        ("filter(fn: (r) => n < 0)", {"n": -(2**63)}, 4),
        ("filter(fn: (r) => n + 9223372036854775807 == -1)", {"n": -(2**63)}, 4),
        ("filter(fn: (r) => contains(value: n, set: l))", {"n": -(2**63), "l": [5, -(2**63)]}, 4),
        ("filter(fn: (r) => n > 0)", {"n": 2**63 - 1}, 4),
        ("range(start: back)", {"back": {"duration": "-1mo"}}, 0),
        ("timeShift(duration: back)", {"back": {"duration": "-1h30m"}}, 4),
        ("aggregateWindow(every: w, fn: max, createEmpty: false)", {"w": {"duration": "1d"}}, 1),
    ):
        found = await raw.flux(f"{data} |> {text}", {**usual, **bound})
        assert found.row_count == count, text


@FLUX
async def test_no_value_becomes_flux(raw: Raw) -> None:
    text = (
        'from(bucket: b) |> range(start: 0) |> filter(fn: (r) => r._field == "t")'
        " |> map(fn: (r) => ({said: v})) |> group()"
    )
    for hostile in HOSTILE:
        found = await raw.flux(text, {"b": raw.bucket, "v": hostile})
        # InfluxDB's CSV cannot tell empty text from null, and leaves out carriage returns.
        said = hostile.replace("\r", "") or None
        assert [table.rows for table in found.tables] == [[[said]]], hostile


@FLUX
async def test_mistakes_in_flux_are_said_with_their_place(raw: Raw) -> None:
    text = 'import "strings" from(bucket: b)\n  |> range(start: 0)\n  |> nope()'
    with pytest.raises(InfluxQueryError) as caught:
        await raw.flux(text, {"b": raw.bucket})
    assert "3:6-3:10" in caught.value.details["reason"]
    same_line = 'import "strings" from(bucket: b) |> nope()'
    with pytest.raises(InfluxQueryError) as caught:
        await raw.flux(same_line, {"b": raw.bucket})
    at = same_line.index("nope") + 1
    assert f"1:{at}-1:{at + 4}" in caught.value.details["reason"]
    with pytest.raises(InfluxQueryError) as caught:
        await raw.flux('from(bucket: "nowhere") |> range(start: 0)')
    assert caught.value.details["reason"]


@pytest.mark.parametrize("server", V2, indirect=True)
async def test_an_error_after_the_first_rows_is_no_short_table(raw: Raw) -> None:
    text = (
        'import "experimental" a = from(bucket: b) |> range(start: 0) |> yield(name: "a")'
        ' from(bucket: b) |> range(start: 0) |> map(fn: (r) => ({r with _value: 1 / int(v: "x")}))'
        ' |> yield(name: "b")'
    )
    with pytest.raises(InfluxQueryError):
        await raw.flux(text, {"b": raw.bucket})


async def test_limits(raw: Raw) -> None:
    found = await raw.influxql("SELECT co2 FROM sensor_data", limit=2)
    assert (found.row_count, found.truncated) == (2, True)
    if raw.client:
        text = f'from(bucket: "{raw.bucket}") |> range(start: 0)'
        other = await raw.flux(text, limit=3)
        assert (other.row_count, other.truncated) == (3, True)


@pytest.mark.parametrize("server", V1, indirect=True)
async def test_a_timeout_ends_the_query(server: InfluxV1, raw: Raw) -> None:
    lines = [f"big,n={n % 50} a={n},b={n} {n}" for n in range(200_000)]
    for start in range(0, len(lines), 20_000):
        await asyncio.to_thread(server.write, *lines[start : start + 20_000])
    slow = " , ".join(f"percentile(a, {n}) AS p{n}" for n in range(1, 60))
    text = f"SELECT {slow} FROM big GROUP BY n, time(1ms)"
    with pytest.raises(InfluxTimeoutError):
        # However fast the machine, so many rows take longer; no limit of ours ends it sooner.
        await raw.influxql(text, timeout_seconds=1, limit=10**9, max_cells=10**9)
    async with asyncio.timeout(30):
        while True:
            running = await asyncio.to_thread(server.query, "SHOW QUERIES")
            if len(running[0]["values"]) == 1:  # SHOW QUERIES itself
                break
            await asyncio.sleep(0.1)


async def test_retention(server: RealServer, bench: Bench) -> None:
    client = RetentionClient(bench.session, server.target)
    found = await client.get()
    assert found.seconds == 0
    for seconds in (30 * DAY, 3600, 400 * DAY, 2 * DAY, 0):
        assert (await client.set(seconds)).seconds == seconds
        assert (await client.get()).seconds == seconds


@pytest.mark.parametrize("server", [*V1_AUTH, *V2], indirect=True)
async def test_credentials_that_do_not_do(server: RealServer, bench: Bench) -> None:
    bench.target = replace(server.target, token="x" * bool(server.target.token), password="x")
    raw = Raw(bench)
    with pytest.raises(InfluxCredentialsError):
        await raw.influxql("SHOW MEASUREMENTS")
    with pytest.raises(InfluxCredentialsError):
        await RetentionClient(bench.session, bench.target).get()
    if raw.client:
        with pytest.raises(InfluxCredentialsError):
            await raw.flux(f'from(bucket: "{raw.bucket}") |> range(start: 0)')
        with suppress(Exception):
            await raw.client.close()
