"""Raw queries in InfluxQL to a server on loopback that answers by a script."""

import json
from dataclasses import replace
from urllib.parse import parse_qs

import aiohttp
import pytest

from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.queries.concurrency import query_limiter
from custom_components.air_state.core.influx.target import InfluxKind
from custom_components.air_state.core.influx.v1 import InfluxV1Client
from tests.core.influx.queries.raw_queries import SERIES, TOKEN, WARSAW, by_influxql, query, target
from tests.core.influx.scripted_server import ScriptedServer, answer


async def test_tables_of_influxql(server: ScriptedServer) -> None:
    server.script = [answer(200, json.dumps(SERIES) + "\n")]
    found = await by_influxql(server, query("SELECT"))

    assert [(each.result, each.key) for each in found.tables] == [
        ("m", {"device": "a"}),
        ("m", {"device": "b"}),
        ("", {}),
    ]
    assert [(each.name, each.type) for each in found.tables[0].columns] == [
        *(("time", "time"), ("f", "number"), ("s", "string"), ("b", "boolean")),
        ("n", "unknown"),
    ]
    assert found.tables[0].rows == [
        ["2026-07-01T14:00:00.123456789+02:00", 1, "x", True, None],
        ["2026-01-01T13:00:00+01:00", 2.5, "y", False, None],
    ]
    assert found.tables[2].rows == [["x"]]
    (request,) = server.requests
    assert request.line == ("POST /query?db=air&epoch=ns&chunked=true&chunk_size=200 HTTP/1.1")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert parse_qs(request.body.decode()) == {"q": ["SELECT"]}


@pytest.mark.parametrize(
    ("limit", "cells", "rows"), [(4, 99, 4), (3, 99, 3), (1, 99, 1), (99, 11, 2), (99, 99, 4)]
)
async def test_limits_cut_tables_of_influxql_short(
    server: ScriptedServer, limit: int, cells: int, rows: int
) -> None:
    server.script = [answer(200, json.dumps(SERIES))]
    found = await by_influxql(server, query(limit=limit, cells=cells))
    assert (found.row_count, found.truncated) == (rows, rows < 4)


async def test_parameters_for_3x_become_literals(server: ScriptedServer) -> None:
    server.script = [answer(200, json.dumps(SERIES))]
    await by_influxql(server, query("WHERE a = $who", {"who": "b'"}), InfluxKind.V3)
    assert parse_qs(server.requests[0].body.decode()) == {"q": ["WHERE a = 'b\\''"]}
    server.script = [answer(200, json.dumps(SERIES))]
    await by_influxql(server, query("WHERE a = $who", {"who": 'b"'}), InfluxKind.V3)
    assert parse_qs(server.requests[1].body.decode()) == {"q": ['WHERE a =~ /^b"$/']}


async def test_a_policy_is_the_default_of_a_query(server: ScriptedServer) -> None:
    own = replace(target(server, InfluxKind.V1), policy="year")
    server.script = [answer(200, json.dumps(SERIES))]
    async with aiohttp.ClientSession() as session:
        await run_influxql_query(InfluxV1Client(session, own), query(), WARSAW, query_limiter())
    assert "db=air&rp=year&" in server.requests[0].line
