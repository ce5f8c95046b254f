"""The requests of sinks to each version of InfluxDB: writes, and the check of a new target."""

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest

from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.influx.errors import (
    InfluxBusyError,
    InfluxDatabaseError,
    InfluxError,
    InfluxNamelessError,
)
from custom_components.air_state.core.influx.target import InfluxKind, parse_url
from custom_components.air_state.core.influx.v1 import InfluxV3Sink
from tests.core.influx.certificates import self_signed
from tests.core.influx.scripted_server import ScriptedServer, answer, taken
from tests.core.influx.sinks import (
    BODY,
    PAGE,
    TOKEN,
    impatient,
    kind,
    make,
    refused,
    sink,
    target,
)

__all__ = ["impatient", "kind", "sink"]


async def test_the_write_request_of_each_version(
    server: ScriptedServer, sink: Sink, kind: InfluxKind
) -> None:
    await sink.write(BODY)
    (request,) = server.requests
    path, login = {
        InfluxKind.V1: ("/write?db=air&rp=long&precision=ms", "Basic"),
        InfluxKind.V1_FLUX: ("/api/v2/write?org=-&bucket=air/long&precision=ms", "Basic"),
        InfluxKind.V2: ("/api/v2/write?org=home&bucket=air&precision=ms", f"Token {TOKEN}"),
        InfluxKind.V3: ("/api/v2/write?bucket=air&precision=ms", f"Bearer {TOKEN}"),
    }[kind]
    assert request.line == f"POST {path} HTTP/1.1"
    assert request.headers["authorization"].startswith(login)
    assert request.body == BODY


async def test_nobody_listens(server: ScriptedServer, sink: Sink) -> None:
    await server.__aexit__()
    assert (await refused(sink)).code == "influx_closed"


async def test_a_certificate_that_is_not_trusted(
    session: aiohttp.ClientSession, kind: InfluxKind, tmp_path: Path
) -> None:
    async with ScriptedServer(tls=self_signed(tmp_path)) as server:
        sink = make(target(server.url, kind), session, ssl.create_default_context())
        assert (await refused(sink)).code == "influx_tls"
        assert server.requests == []  # no request was sent, so no token
        await sink.close()


async def test_plain_http_where_tls_was_expected(
    session: aiohttp.ClientSession, kind: InfluxKind
) -> None:
    async def complain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(complain, "127.0.0.1", 0) as plain:
        url = f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}"
        sink = make(target(url, kind), session, ssl.create_default_context())
        assert (await refused(sink)).code == "influx_tls"
        await sink.close()


async def test_a_path_before_the_servers_own(
    session: aiohttp.ClientSession, kind: InfluxKind, server: ScriptedServer
) -> None:
    url = parse_url(f"{server.url}/influx/")
    sink = make(target(url, kind), session, ssl.create_default_context())
    await sink.write(BODY)
    await sink.close()
    assert server.requests[0].line.startswith("POST /influx/")
    assert "//" not in server.requests[0].line


CHECKS = {
    "all is well": ([taken(), answer(200, '{"results":[{}]}')], None),
    "write": ([answer(403)], "influx_write_forbidden"),
    "read": ([taken(), answer(403)], "influx_read_forbidden"),
    "hidden": ([taken(), answer(404, "could not find bucket")], "influx_read_forbidden"),
    "said in an answer": (
        [answer(204), answer(200, '{"results":[{"error":"x not authorized"}]}')],
        "influx_read_forbidden",
    ),
    "login": ([taken(), answer(401)], "influx_credentials"),
    "said by 1.8's Flux": (
        [taken(), answer(500, '{"error":"user w, requires READ for database"}')],
        "influx_read_forbidden",
    ),
    "portal": ([taken(), answer(200, PAGE, "text/html")], "influx_foreign"),
    "busy": ([taken(), answer(500, "x")], "influx_busy"),
}


@pytest.mark.parametrize("case", CHECKS)
async def test_checking_writes_nothing_and_reads(
    server: ScriptedServer, sink: Sink, kind: InfluxKind, case: str
) -> None:
    script, code = CHECKS[case]
    if (case, kind) == ("hidden", InfluxKind.V3):
        code = "influx_no_database"  # 3.x creates databases, so it tells that one is missing
    server.script = list(script)
    if code is None:
        await sink.check()
        assert server.requests[0].body == b""
        assert len(server.requests) == 2
    else:
        with pytest.raises(InfluxError) as caught:
            await sink.check()
        assert caught.value.code == code


@pytest.mark.parametrize("kind", [InfluxKind.V3], indirect=True)
async def test_3x_may_refuse_an_empty_write(server: ScriptedServer, sink: Sink) -> None:
    server.script = [answer(400, "incoming write was empty"), answer(200)]
    await sink.check()
    assert len(server.requests) == 2


@pytest.fixture
def v3(server: ScriptedServer, session: aiohttp.ClientSession) -> InfluxV3Sink:
    return InfluxV3Sink(session, target(server.url, InfluxKind.V3))


async def test_3x_is_asked_for_the_database_before_an_empty_write_would_create_it(
    server: ScriptedServer, v3: InfluxV3Sink
) -> None:
    # The answer of 3.9.6, and the same with another status.
    reason = "Cannot retrieve database: External error: database not found: air"
    absent = f'{{"results":[{{"statement_id":0,"error":"{reason}"}}]}}'
    for gone in (answer(200, absent), answer(404, '{"error":"database not found: air"}')):
        server.script = [gone]
        with pytest.raises(InfluxDatabaseError):
            await v3.check()
    assert [request.line.split(" ")[0] for request in server.requests] == ["GET", "GET"]
    server.script = [answer(200), answer(400, "incoming write was empty")]
    await v3.check()
    assert len(server.requests) == 4


async def test_3x_which_names_itself_to_pings_alone_is_not_asked_before_each_write(
    server: ScriptedServer, v3: InfluxV3Sink
) -> None:
    server.script = [answer(200), answer(204), answer(204), answer(204)]
    for _ in range(3):
        with pytest.raises(InfluxNamelessError):
            await v3.write(BODY)
    assert [request.line.split(" ")[0] for request in server.requests] == ["GET", *["POST"] * 3]


async def test_a_database_of_3x_that_was_dropped_is_not_created_again(
    server: ScriptedServer, v3: InfluxV3Sink
) -> None:
    gone = answer(404, '{"error":"database not found: air"}')
    server.script = [answer(200), taken(), taken(), answer(503), gone]
    await v3.write(BODY)
    await v3.write(BODY)  # the database is not asked for each time
    with pytest.raises(InfluxBusyError):
        await v3.write(BODY)
    with pytest.raises(InfluxDatabaseError):
        await v3.write(BODY)  # but after each failure
    assert [request.line.split(" ")[0] for request in server.requests] == [
        *("GET", "POST", "POST", "POST"),
        "GET",
    ]


async def test_flux_switched_off_on_1_8(
    server: ScriptedServer, session: aiohttp.ClientSession
) -> None:
    disabled = "Flux query service disabled. Verify flux-enabled=true in the [http] section"
    server.script = [taken(), answer(403, disabled, "text/plain")]
    sink = make(target(server.url, InfluxKind.V1_FLUX), session, ssl.create_default_context())
    with pytest.raises(InfluxError) as caught:
        await sink.check()
    assert caught.value.code == "influx_flux_off"
    await sink.close()
