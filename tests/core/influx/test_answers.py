"""Both sinks against a server that answers by a script: every row of the table, and worse."""

import asyncio
import datetime as dt
import ipaddress
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.influx import requests as influx_requests
from custom_components.air_state.core.influx import v2 as influx_v2
from custom_components.air_state.core.influx.errors import (
    InfluxAddressError,
    InfluxAwayError,
    InfluxBusyError,
    InfluxDatabaseError,
    InfluxError,
    InfluxNamelessError,
    InfluxRefusalError,
)
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget, parse_url
from custom_components.air_state.core.influx.v1 import InfluxV1Sink, InfluxV3Sink
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.influx.scripted_server import Play, ScriptedServer, answer, hang, raw, reset, taken
from tests.core.journal.snapshots import snapshot

TOKEN, PASSWORD = "s3cret-t0ken", "s3cret pass:word"
BODY = b"m f=1 1\nm f=1 2"
PAGE = "<!DOCTYPE html><html><body>Please log in to the hotel's network</body></html>"


def target(url: str, kind: InfluxKind) -> InfluxTarget:
    made = InfluxTarget(url=url, kind=kind, place="air")
    match kind:
        case InfluxKind.V2:
            return replace(made, organisation="home", token=TOKEN)
        case InfluxKind.V3:
            return replace(made, token=TOKEN)
        case _:
            return replace(made, username="me", password=PASSWORD, policy="long")


@pytest.fixture(params=list(InfluxKind))
def kind(request: pytest.FixtureRequest) -> InfluxKind:
    found: InfluxKind = request.param
    return found


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as made:
        yield made


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


def make(to: InfluxTarget, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> Sink:
    if to.kind in {InfluxKind.V1_FLUX, InfluxKind.V2}:
        return InfluxV2Client(to, tls)
    return InfluxV1Sink(session, to)


@pytest.fixture
async def sink(
    server: ScriptedServer,
    session: aiohttp.ClientSession,
    kind: InfluxKind,
    caplog: pytest.LogCaptureFixture,
) -> AsyncIterator[Sink]:
    """Return a sink, of which no secret may have been logged when the test is over."""
    caplog.set_level(logging.DEBUG)
    made = make(target(server.url, kind), session, ssl.create_default_context())
    yield made
    await made.close()
    assert_no_secret(caplog.text, repr(made), repr(target(server.url, kind)))


def assert_no_secret(*texts: str) -> None:
    for text in texts:
        for secret in (TOKEN, PASSWORD, "czNjcmV0", "bWU6czNj", PASSWORD.split(maxsplit=1)[0]):
            assert secret not in text


async def refused(sink: Sink, body: bytes = BODY) -> InfluxError:
    """Return the error of a write, of which nobody can learn a secret."""
    with pytest.raises(InfluxError) as caught:
        await sink.write(body)
    error = caught.value
    told = "".join(traceback.format_exception(error))
    assert_no_secret(told, str(error), repr(error), repr(error.__cause__), repr(error.__context__))
    return error


async def test_a_write_asks_what_each_version_wants(
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


@pytest.mark.parametrize("play", [taken(), taken(200), taken(201, '{"a": 1}')])
async def test_2xx_is_stored(server: ScriptedServer, sink: Sink, play: Play) -> None:
    server.script = [play]
    await sink.write(BODY)


TABLE = {
    "429": (answer(429, "slow down"), "influx_busy"),
    "500": (answer(500, '{"error": "timeout"}'), "influx_busy"),
    "502": (answer(502, PAGE, "text/html"), "influx_busy"),
    "503": (answer(503), "influx_busy"),
    "504": (answer(504), "influx_busy"),
    "408": (answer(408), "influx_busy"),
    "401": (answer(401, '{"code":"unauthorized","message":"x"}'), "influx_credentials"),
    "401 page": (answer(401, PAGE, "text/html"), "influx_credentials"),
    "403": (answer(403, '{"error":"me may not"}'), "influx_write_forbidden"),
    "404 database": (answer(404, '{"error":"database not found"}'), "influx_no_database"),
    "404 bucket": (answer(404, '{"message":"bucket \\"air\\" not found"}'), "influx_no_bucket"),
    "404 organisation": (
        answer(404, '{"message":"organization name \\"home\\" not found"}'),
        "influx_no_organisation",
    ),
    "404 page": (answer(404, PAGE, "text/html"), "influx_foreign"),
    "404 text": (answer(404, "404 page not found", "text/plain"), "influx_foreign"),
    "500 policy": (answer(500, '{"error":"retention policy not found: x"}'), "influx_no_policy"),
    "413": (answer(413, PAGE, "text/html"), "influx_too_large"),
    "400": (answer(400, '{"error":"unable to parse"}'), "influx_refused"),
    "422": (answer(422, '{"message":"partial write: dropped=1"}'), "influx_refused"),
    "400 page": (answer(400, PAGE, "text/html"), "influx_foreign"),
    "captive portal": (answer(200, PAGE, "text/html"), "influx_foreign"),
    "captive portal, unlabelled": (answer(200, "\n" + PAGE, "text/plain"), "influx_foreign"),
    "204 of nobody": (answer(204), "influx_foreign"),
    "202 of a router": (answer(202), "influx_foreign"),
    "200 of a web server": (answer(200, "OK", "text/plain"), "influx_foreign"),
    "200 of an API": (answer(200, '{"ok": true}'), "influx_foreign"),
    "204 of VictoriaMetrics": (answer(204, X_Influxdb_Version="1.8.0"), "influx_foreign"),
    "redirect": (answer(302, Location="https://login.example/"), "influx_foreign"),
    "405": (answer(405), "influx_foreign"),
    "reset": (reset, "influx_broken_off"),
    "closed": (raw(), "influx_broken_off"),
    "half a head": (raw(b"HTTP/1.1 20"), "influx_broken_off"),
    "half a body": (
        raw(b'HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{"err'),
        "influx_broken_off",
    ),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "influx_broken_off"),
    "silence": (hang, "influx_timeout"),
    "a byte now and then": (
        raw(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99, pause=0.05),
        "influx_timeout",
    ),
}


@pytest.mark.parametrize("case", TABLE)
async def test_every_other_answer_is_told_apart(
    server: ScriptedServer, sink: Sink, case: str
) -> None:
    play, code = TABLE[case]
    server.script = [play]
    error = await refused(sink)
    assert error.code == code
    assert len(server.requests) == 1  # never at another address
    # Another request goes through: nothing of the last answer is in the way.
    server.script = []
    await sink.write(BODY)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = aiohttp.ClientTimeout(total=0.5)
    for module in (influx_requests, influx_v2):
        monkeypatch.setattr(module, "REQUEST_TIMEOUT", quick)


async def test_endless_answers_are_cut_off(server: ScriptedServer, sink: Sink) -> None:
    endless = b"HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\n"
    server.script = [raw(endless, *[b"x" * 65_536] * 64)]
    error = await refused(sink)
    assert error.code == "influx_refused"
    assert len(str(error)) < 500
    await sink.write(BODY)


async def test_the_server_may_say_when_to_come_back(server: ScriptedServer, sink: Sink) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    asked = {"120": 120, format_datetime(soon, usegmt=True): 90, "whenever": None, "-5": None}
    for text, seconds in asked.items():
        server.script = [answer(503, Retry_After=text)]
        error = await refused(sink)
        assert isinstance(error, InfluxAwayError)
        assert error.retry_after == (None if seconds is None else pytest.approx(seconds, abs=3))


async def test_a_page_is_named_by_its_title(server: ScriptedServer, sink: Sink) -> None:
    for page, name in {
        "<html><head><title> Home Assistant </title></head>": "Home Assistant",
        PAGE: "a web page",
    }.items():
        server.script = [answer(404, page, "text/html")]
        assert (await refused(sink)).details["start"] == name


async def test_the_page_of_a_proxy_is_told_by_its_title(server: ScriptedServer, sink: Sink) -> None:
    page = "<html><head><title>502 Bad\n&quot;Gateway&quot;</title></head><body>nginx</body></html>"
    server.script = [answer(502, page, "text/html")]
    error = await refused(sink)
    assert (error.code, error.details["reason"]) == ("influx_busy", '502 Bad "Gateway"')


async def test_a_refusal_says_why_and_how_many(server: ScriptedServer, sink: Sink) -> None:
    text = 'partial write: field type conflict: input field "f" is float dropped=2'
    server.script = [answer(400, f'{{"error":"{text}"}}'.replace('"f"', '\\"f\\"'))]
    error = await refused(sink)
    assert isinstance(error, InfluxRefusalError)
    assert (error.reason, error.dropped, error.beyond_retention) == (text, 2, False)


async def test_nobody_listens(server: ScriptedServer, sink: Sink) -> None:
    await server.__aexit__()
    assert (await refused(sink)).code == "influx_closed"


async def test_a_certificate_that_is_not_trusted(
    session: aiohttp.ClientSession, kind: InfluxKind, tmp_path: Path
) -> None:
    async with ScriptedServer(tls=self_signed(tmp_path)) as server:
        sink = make(target(server.url, kind), session, ssl.create_default_context())
        assert (await refused(sink)).code == "influx_tls"
        assert server.requests == []  # nothing was said, least of all the token
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
        code = "influx_no_database"  # 3.x makes databases as they are written, and says so
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
async def test_3x_lets_in_that_there_is_nothing_to_write(
    server: ScriptedServer, sink: Sink
) -> None:
    server.script = [answer(400, "incoming write was empty"), answer(200)]
    await sink.check()
    assert len(server.requests) == 2


@pytest.fixture
def v3(server: ScriptedServer, session: aiohttp.ClientSession) -> InfluxV3Sink:
    return InfluxV3Sink(session, target(server.url, InfluxKind.V3))


async def test_3x_is_asked_for_the_database_before_an_empty_write_would_make_it(
    server: ScriptedServer, v3: InfluxV3Sink
) -> None:
    # As 3.9.6 says it, and as it may with another status.
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


async def test_a_database_of_3x_that_was_dropped_is_not_made_anew(
    server: ScriptedServer, v3: InfluxV3Sink
) -> None:
    gone = answer(404, '{"error":"database not found: air"}')
    server.script = [answer(200), taken(), taken(), answer(503), gone]
    await v3.write(BODY)
    await v3.write(BODY)  # it is not asked for each time
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


async def test_a_mirror_gets_everything_through_all_of_it(
    server: ScriptedServer, sink: Sink, tmp_path: Path
) -> None:
    """Store what a good server would have, and see whether all rows are there in the end."""
    # A connection that breaks off while idle is made anew; where lines are at fault comes below.
    away = [play for play, code in TABLE.values() if code != "influx_refused"]
    server.script = [play for play in away if play is not hang]
    journal = JournalWriter(
        tmp_path / "station.db",
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )
    mirror = Mirror(
        Outbox(journal, "influx", LineEncoder(LineFormat(device="x"))),
        sink,
        clock=SystemClock(),
        on_change=lambda _: None,
        jitter=lambda: 0.0,
    )
    for number in range(50):
        journal.add(snapshot(number))
    await journal.flush()
    task = asyncio.create_task(mirror.run())
    async with asyncio.timeout(20):
        while mirror.status.backlog or mirror.status.mirrored_to is None:
            await asyncio.sleep(0.01)
    assert mirror.status.problem is None
    assert mirror.status.dead_letters == 0
    whole = server.requests[-1].body
    assert [line.split(b" ")[-1] for line in whole.split(b"\n")][-1] == str(
        snapshot(49).taken_at
    ).encode()
    await mirror.close(1)
    await journal.close()
    await task


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("influx.local", "http://influx.local:8086"),
        ("192.168.1.5:8087", "http://192.168.1.5:8087"),
        ("fd00::5", "http://[fd00::5]:8086"),
        ("[fd00::5]:9999", "http://[fd00::5]:9999"),
        ("http://[fd00::5]", "http://[fd00::5]:8086"),
        ("https://Influx.Example", "https://influx.example"),
        ("https://influx.example:443/", "https://influx.example"),
        ("http://influx.example:80", "http://influx.example:80"),
        ("http://ha.local:8086/influx//", "http://ha.local:8086/influx"),
        (" http://a0d7b954-influxdb:8086 ", "http://a0d7b954-influxdb:8086"),
    ],
)
def test_addresses_as_people_write_them(text: str, url: str) -> None:
    assert parse_url(text) == url
    assert parse_url(url) == url


@pytest.mark.parametrize("text", ["", "ftp://x", "http://", "a b", "http://me:pw@x", "x?db=air"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InfluxAddressError) as caught:
        parse_url(text)
    assert "pw" not in str(caught.value.details)


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    host = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "own.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
