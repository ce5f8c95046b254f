"""Raw queries, asked of a server on loopback that answers by a script, as each version does."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from homeassistant.util.ssl import client_context

from custom_components.air_state.core.influx.errors import (
    InfluxBrokenError,
    InfluxBusyError,
    InfluxClosedError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxFluxOffError,
    InfluxForbiddenError,
    InfluxForeignError,
    InfluxMappingError,
    InfluxQueryError,
    InfluxSpanError,
    InfluxTimeoutError,
)
from custom_components.air_state.core.influx.flux.raw import run_flux_query
from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.queries import raw_tables, streaming
from custom_components.air_state.core.influx.queries.bind_parameters import parse_parameters
from custom_components.air_state.core.influx.queries.concurrency import query_limiter
from custom_components.air_state.core.influx.queries.raw_tables import RawAnswer, RawQuery
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from tests.core.influx.scripted_server import Play, ScriptedServer, answer, hang, raw, reset

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
TOKEN = "s3cret"
CSV = (
    "#datatype,string,long,dateTime:RFC3339,string,double,long,boolean,duration,unsignedLong\r\n"
    "#group,false,false,false,true,false,false,false,false,false\r\n"
    "#default,mine,,,,,,,,\r\n"
    ",result,table,_time,device,_value,count,ok,took,bytes\r\n"
    ',,0,2026-07-01T12:00:00.123456789Z,"a ""b""",1.5,7,true,1h,18446744073709551615\r\n'
    ',,0,2026-01-01T12:00:00Z,"a ""b""",NaN,,false,,\r\n'
    ",,1,2026-01-01T12:00:00.5Z,c,+Inf,-1,,,\r\n"
    "\r\n"
    "#datatype,string,long,string\r\n#group,false,false,false\r\n#default,other,,\r\n"
    ",result,table,name\r\n,,0,x\r\n\r\n"
)
SERIES = {
    "results": [
        {
            "statement_id": 0,
            "series": [
                {
                    "name": "m",
                    "tags": {"device": "a"},
                    "columns": ["time", "f", "s", "b", "n"],
                    "values": [
                        [1782907200123456789, 1, "x", True, None],
                        [1767268800000000000, 2.5, "y", False, None],
                    ],
                },
                {
                    "name": "m",
                    "tags": {"device": "b"},
                    "columns": ["time", "f"],
                    "values": [[0, 3]],
                },
            ],
        },
        {"statement_id": 1, "series": [{"columns": ["name"], "values": [["x"]]}]},
    ]
}


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as made:
        yield made


def target(server: ScriptedServer, kind: InfluxKind) -> InfluxTarget:
    return InfluxTarget(url=server.url, kind=kind, place="air", organisation="home", token=TOKEN)


def query(
    text: str = "q",
    bound: Mapping[str, object] | None = None,
    *,
    limit: int = 100,
    cells: int = 1000,
    timeout_seconds: float = 30,
) -> RawQuery:
    return RawQuery(
        text=text,
        parameters=parse_parameters(bound or {}, now=NOW),
        limit=limit,
        max_cells=cells,
        timeout_seconds=timeout_seconds,
    )


async def by_flux(
    server: ScriptedServer, asked: RawQuery, kind: InfluxKind = InfluxKind.V2
) -> RawAnswer:
    client = InfluxV2Client(target(server, kind), client_context())
    try:
        return await run_flux_query(client, asked, WARSAW, query_limiter())
    finally:
        await client.close()


async def by_influxql(
    server: ScriptedServer, asked: RawQuery, kind: InfluxKind = InfluxKind.V1
) -> RawAnswer:
    async with aiohttp.ClientSession() as session:
        return await run_influxql_query(
            InfluxV1Client(session, target(server, kind)), asked, WARSAW, query_limiter()
        )


async def test_tables_of_flux(server: ScriptedServer) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query("from(bucket)"))

    assert [(each.result, each.key) for each in found.tables] == [
        ("mine", {"device": 'a "b"'}),
        ("mine", {"device": "c"}),
        ("other", {}),
    ]
    columns = [(each.name, each.type) for each in found.tables[0].columns]
    assert columns == [
        *(("_time", "time"), ("device", "string"), ("_value", "double"), ("count", "long")),
        *(("ok", "boolean"), ("took", "duration"), ("bytes", "unsignedLong")),
    ]
    assert found.tables[0].rows == [
        ["2026-07-01T14:00:00.123456789+02:00", 'a "b"', 1.5, 7, True, "1h", 2**64 - 1],
        ["2026-01-01T13:00:00+01:00", 'a "b"', None, None, False, None, None],
    ]
    assert found.tables[1].rows == [
        ["2026-01-01T13:00:00.5+01:00", "c", None, -1, None, None, None]
    ]
    assert (found.row_count, found.truncated) == (4, False)
    (request,) = server.requests
    assert request.line == "POST /api/v2/query?org=home HTTP/1.1"
    assert request.headers["authorization"] == f"Token {TOKEN}"
    assert request.headers["accept-encoding"] == "identity"
    body = json.loads(request.body)
    assert body["query"] == "from(bucket)"
    assert body["dialect"]["annotations"] == ["datatype", "group", "default"]
    assert "extern" not in body


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
    ("limit", "cells", "rows"), [(4, 99, 4), (3, 99, 3), (1, 99, 1), (99, 20, 2), (99, 99, 4)]
)
async def test_limits_cut_tables_of_flux_short(
    server: ScriptedServer, limit: int, cells: int, rows: int
) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query(limit=limit, cells=cells))
    assert (found.row_count, found.truncated) == (rows, rows < 4)


@pytest.mark.parametrize(
    ("limit", "cells", "rows"), [(4, 99, 4), (3, 99, 3), (1, 99, 1), (99, 11, 2), (99, 99, 4)]
)
async def test_limits_cut_tables_of_influxql_short(
    server: ScriptedServer, limit: int, cells: int, rows: int
) -> None:
    server.script = [answer(200, json.dumps(SERIES))]
    found = await by_influxql(server, query(limit=limit, cells=cells))
    assert (found.row_count, found.truncated) == (rows, rows < 4)


async def test_a_limit_stops_the_download(server: ScriptedServer) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        text = ",result,table,_value\r\n" + ",,0,5\r\n" * 1000
        for _ in range(100_000):
            writer.write(f"{len(text):x}\r\n{text}\r\n".encode())
            await writer.drain()
            sent += 1
            text = ",,0,5\r\n" * 1000

    server.script = [endless]
    found = await by_flux(server, query(limit=1500, cells=10_000))
    assert (found.row_count, found.truncated) == (1500, True)
    await asyncio.sleep(0.05)
    before = sent
    await asyncio.sleep(0.05)
    assert sent == before < 100_000


async def test_values_go_beside_the_query(server: ScriptedServer) -> None:
    server.script = [answer(200, CSV, "text/csv"), answer(200, json.dumps(SERIES))]
    hostile = 'x" |> drop()'
    bound: dict[str, object] = {
        "who": hostile,
        "start": {"time": "-3h"},
        "back": {"duration": "-1h30m"},
    }
    more: dict[str, object] = {
        "yes": True,
        "n": -5,
        "f": 2.5,
        "p": {"regex": "^a"},
        "all": ["a", "b"],
    }
    await by_flux(server, query("q", {**bound, **more}))

    sent = json.loads(server.requests[0].body)
    assert sent["query"] == "q"
    values = {
        each["assignment"]["id"]["name"]: each["assignment"]["init"]
        for each in sent["extern"]["body"]
    }
    assert values == {
        "who": {"type": "StringLiteral", "value": hostile},
        "start": {"type": "DateTimeLiteral", "value": "2026-11-02T08:00:00.000Z"},
        "back": {
            "type": "UnaryExpression",
            "operator": "-",
            "argument": {
                "type": "DurationLiteral",
                "values": [{"magnitude": 1, "unit": "h"}, {"magnitude": 30, "unit": "m"}],
            },
        },
        "yes": {"type": "BooleanLiteral", "value": True},
        "n": {"type": "IntegerLiteral", "value": "-5"},
        "f": {"type": "FloatLiteral", "value": 2.5},
        "p": {"type": "RegexpLiteral", "value": "^a"},
        "all": {
            "type": "ArrayExpression",
            "elements": [
                {"type": "StringLiteral", "value": "a"},
                {"type": "StringLiteral", "value": "b"},
            ],
        },
    }
    await by_influxql(server, query("q", {"who": hostile, **more, "all": "a"}))
    form = parse_qs(server.requests[1].body.decode())
    assert form["q"] == ["q"]
    assert json.loads(form["params"][0])["who"] == hostile


async def test_of_18_values_are_built_in_behind_imports(server: ScriptedServer) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    text = 'package main // "x"\nimport s "strings"\n  import "date"\nfrom(bucket: b)'
    await by_flux(server, query(text, {"b": 'a"b'}), InfluxKind.V1_FLUX)

    assert json.loads(server.requests[0].body)["query"] == (
        'package main // "x"\nimport s "strings"\n  import "date"\n b = "a\\"b" from(bucket: b)'
    )


@pytest.mark.parametrize(
    ("text", "said", "shown"),
    [
        ('import "x" foo()', "type error 1:{}-1:{}: undefined", "type error 1:12-1:15: undefined"),
        ('import "x"\nfoo()', "loc 1:1-1:5: at 2:{}", "loc 1:1-1:5: at 2:1"),
        ('import "x"\n\nfoo()', "error 2:99 and 3:{}", "error 2:99 and 3:1"),
    ],
)
async def test_of_18_messages_keep_the_places_of_what_was_written(
    server: ScriptedServer, text: str, said: str, shown: str
) -> None:
    async def mistaken(writer: asyncio.StreamWriter) -> None:
        asked = json.loads(server.requests[-1].body)["query"]
        at = asked.rindex("foo") - (asked.rfind("\n", 0, asked.rindex("foo")) + 1) + 1
        reason = said.format(at, at + 3)
        await answer(500, json.dumps({"error": reason}))(writer)

    server.script = [mistaken]
    with pytest.raises(InfluxQueryError) as caught:
        await by_flux(server, query(text, {"v": "value"}), InfluxKind.V1_FLUX)
    assert caught.value.details["reason"] == shown


async def test_of_3x_values_are_built_in(server: ScriptedServer) -> None:
    server.script = [answer(200, json.dumps(SERIES))]
    await by_influxql(server, query("WHERE a = $who", {"who": "b'"}), InfluxKind.V3)
    assert parse_qs(server.requests[0].body.decode()) == {"q": ["WHERE a = 'b\\''"]}
    server.script = [answer(200, json.dumps(SERIES))]
    await by_influxql(server, query("WHERE a = $who", {"who": 'b"'}), InfluxKind.V3)
    assert parse_qs(server.requests[1].body.decode()) == {"q": ['WHERE a =~ /^b"$/']}


INVALID = '{"code":"invalid","message":"compilation failed: error @1:5-1:9: invalid expression"}'
MAPPING = '{"results":[{"statement_id":0,"error":"database not found: air"}]}'
FILES = (
    "query error: error while planning query: Query would exceed file limit of 432 parquet files"
)


@pytest.mark.parametrize(
    ("kind", "play", "error", "reason"),
    [
        (InfluxKind.V2, answer(400, INVALID), InfluxQueryError, json.loads(INVALID)["message"]),
        (InfluxKind.V1_FLUX, answer(500, '{"error":"loc 1:1"}'), InfluxQueryError, "loc 1:1"),
        (InfluxKind.V1, answer(400, '{"error":"found SELEC"}'), InfluxQueryError, "found SELEC"),
        (InfluxKind.V2, answer(500, '{"error":"panic"}'), InfluxBusyError, "panic"),
        (InfluxKind.V2, answer(503, ""), InfluxBusyError, "-"),
        (InfluxKind.V2, answer(401, "{}"), InfluxCredentialsError, None),
        (InfluxKind.V2, answer(403, '{"message":"read only"}'), InfluxForbiddenError, "read only"),
        (InfluxKind.V1_FLUX, answer(403, "Flux query service disabled"), InfluxFluxOffError, None),
        (InfluxKind.V1_FLUX, answer(403, "flux may not"), InfluxForbiddenError, "flux may not"),
        (
            InfluxKind.V2,
            answer(500, '{"message":"error parsing regexp: x"}'),
            InfluxQueryError,
            "error parsing regexp: x",
        ),
        (
            InfluxKind.V2,
            answer(404, '{"message":"could not find bucket \\"x\\""}'),
            InfluxQueryError,
            'could not find bucket "x"',
        ),
        (InfluxKind.V3, answer(500, FILES), InfluxSpanError, FILES),
        (InfluxKind.V3, answer(404, "database not found: air"), InfluxDatabaseError, None),
        (InfluxKind.V2, answer(200, MAPPING), InfluxMappingError, None),
        (
            InfluxKind.V2,
            answer(404, '{"message":"no dbrp mapping found"}'),
            InfluxQueryError,
            "no dbrp mapping found",
        ),
        (InfluxKind.V2, answer(404, "dbrp mapping not found"), InfluxMappingError, None),
        (InfluxKind.V1, answer(200, MAPPING), InfluxQueryError, "database not found: air"),
        (InfluxKind.V1, answer(200, "<html>login", "text/html"), InfluxForeignError, None),
        (InfluxKind.V1, answer(302, "", Location="http://127.0.0.1:1/"), InfluxForeignError, None),
        (InfluxKind.V1, reset, InfluxBrokenError, None),
        (
            InfluxKind.V1,
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b'{"results":['),
            InfluxBrokenError,
            None,
        ),
        (InfluxKind.V1, hang, InfluxTimeoutError, None),
    ],
)
async def test_what_goes_wrong(
    server: ScriptedServer,
    kind: InfluxKind,
    play: Play,
    error: type[InfluxError],
    reason: str | None,
) -> None:
    server.script = [play]
    by_client = kind is InfluxKind.V1_FLUX or (
        kind is InfluxKind.V2 and error is not InfluxMappingError
    )
    ask = by_flux if by_client else by_influxql
    with pytest.raises(error) as caught:
        await ask(server, query(timeout_seconds=0.3), kind)
    assert type(caught.value) is error
    assert caught.value.details.get("reason") == reason
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_an_answer_that_stops_is_a_timeout(server: ScriptedServer) -> None:
    async def stops(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        await writer.drain()
        await asyncio.Event().wait()

    server.script = [stops]
    with pytest.raises(InfluxTimeoutError) as caught:
        await by_influxql(server, query(timeout_seconds=0.3))
    assert caught.value.details["seconds"] == "0"
    assert streaming.CHUNK_TIMEOUT == 120


async def test_nobody_there(server: ScriptedServer) -> None:
    await server.__aexit__()
    for ask in (by_flux, by_influxql):
        with pytest.raises(InfluxClosedError):
            await ask(server, query())


async def test_a_client_that_is_closed_meanwhile(server: ScriptedServer) -> None:
    server.script = [hang]
    client = InfluxV2Client(target(server, InfluxKind.V2), client_context())
    asking = asyncio.create_task(run_flux_query(client, query(), WARSAW, query_limiter()))
    while not server.requests:
        await asyncio.sleep(0.01)
    await client.close()
    with pytest.raises(InfluxBrokenError):
        await asking
    with pytest.raises(InfluxBrokenError):
        await run_flux_query(client, query(), WARSAW, query_limiter())


async def test_a_policy_is_the_default_of_a_query(server: ScriptedServer) -> None:
    own = replace(target(server, InfluxKind.V1), policy="year")
    server.script = [answer(200, json.dumps(SERIES))]
    async with aiohttp.ClientSession() as session:
        await run_influxql_query(InfluxV1Client(session, own), query(), WARSAW, query_limiter())
    assert "db=air&rp=year&" in server.requests[0].line


async def test_texts_are_bounded(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_tables, "_MAX_CHARACTERS", 60)
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query())
    assert (found.row_count, found.truncated) == (1, True)
