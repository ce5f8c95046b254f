"""Raw queries of either language: parameters beside them, limits and errors."""

import asyncio
import json
from urllib.parse import parse_qs

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
from custom_components.air_state.core.influx.queries import raw_tables, streaming
from custom_components.air_state.core.influx.queries.concurrency import query_limiter
from custom_components.air_state.core.influx.target import InfluxKind
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from tests.core.influx.queries.raw_queries import (
    CSV,
    SERIES,
    TOKEN,
    WARSAW,
    by_flux,
    by_influxql,
    query,
    target,
)
from tests.core.influx.scripted_server import Play, ScriptedServer, answer, hang, raw, reset


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


async def test_parameters_are_sent_beside_the_query(server: ScriptedServer) -> None:
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
async def test_errors(
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


async def test_no_server(server: ScriptedServer) -> None:
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


async def test_the_length_of_texts_is_limited(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_tables, "_MAX_CHARACTERS", 60)
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query())
    assert (found.row_count, found.truncated) == (1, True)
