"""The station over HTTP, against servers on loopback that misbehave in every known way."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    AddressError,
    PayloadPageError,
    PayloadShapeError,
    PayloadTooLargeError,
    StationBrokenError,
    StationError,
    StationNameError,
    StationNotFoundError,
    StationProtocolError,
    StationRefusedError,
    StationRouteError,
    StationStatusError,
    StationTimeoutError,
    StationTlsError,
)
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.station import client as station_module
from custom_components.air_state.core.station.client import StationAddress, StationClient
from custom_components.air_state.core.station.payload import MAX_BYTES
from tests.payloads import payload

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("192.168.1.20", "http://192.168.1.20/circumstances", "192.168.1.20"),
        ("192.168.1.20.", "http://192.168.1.20/circumstances", "192.168.1.20"),
        (" Air.Local ", "http://air.local/circumstances", "air.local"),
        ("air.local:8080", "http://air.local:8080/circumstances", "air.local:8080"),
        ("http://air.local:80/", "http://air.local/circumstances", "air.local"),
        ("HTTP://AIR.local/circumstances/", "http://air.local/circumstances", "air.local"),
        ("https://air.local", "https://air.local/circumstances", "https://air.local"),
        ("http://proxy/attic/", "http://proxy/attic/circumstances", "proxy/attic"),
        ("[::1]:8080", "http://[::1]:8080/circumstances", "[::1]:8080"),
        ("fd00::1", "http://[fd00::1]/circumstances", "[fd00::1]"),
        ("_esp_1", "http://_esp_1/circumstances", "_esp_1"),
        ("łazienka.local", "http://xn--azienka-mjb.local/circumstances", "łazienka.local"),
    ],
)
def test_addresses(text: str, url: str, shown: str) -> None:
    address = StationAddress.parse(text)

    assert str(address.url) == url
    assert str(address) == shown
    assert StationAddress.parse(str(address)) == address


def test_spellings_of_one_address_are_equal() -> None:
    spellings = ("air.local", "AIR.local:80", "http://air.local/", "air.local/circumstances")

    assert len({StationAddress.parse(text) for text in spellings}) == 1
    assert StationAddress.parse("air.local") != StationAddress.parse("air.local:81")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "http://",
        "ftp://air.local",
        "air local",
        "air.local:99999",
        "air.local:x",
        "air.local:0",
        "192.168.1.300",
        "192.168.001.20",
        "1.2.3",
        "a..b",
        "-a-?x=1",
        "air.local/?q=1",
        "air.local#x",
        "[::1",
        "x" * 300,
        "http://[fe80::zz]/",
        "ä" * 80,
        "a." * 100 + "!",
        "http://air.local/" + "x" * 2_000,
    ],
)
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        StationAddress.parse(text)
    assert caught.value.details["address"][:40] == (text.strip() or "-")[:40]


def test_a_password_in_an_address_is_refused_and_never_repeated() -> None:
    with pytest.raises(AddressError) as caught:
        StationAddress.parse("http://admin:hunter2@air.local")
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve on loopback and yield the address."""
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def saying(data: bytes, *, then_wait: bool = False) -> AsyncIterator[str]:
    """Answer every connection with these bytes, then close it, or keep it open."""
    waiting = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(data)
        await writer.drain()
        if then_wait:
            await waiting.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"
    finally:
        waiting.set()
        server.close()
        await server.wait_closed()


async def fetch(address: str) -> Snapshot:
    async with aiohttp.ClientSession() as session:
        return await StationClient(session, StationAddress.parse(address), SystemClock()).fetch()


async def fails_with(kind: type[StationError], address: str) -> StationError:
    with pytest.raises(kind) as caught:
        await fetch(address)
    assert type(caught.value) is kind
    assert caught.value.details["address"] == address
    return caught.value


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "image/png"])
async def test_a_station_of_any_content_type(content_type: str) -> None:
    seen: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(body=payload(), content_type=content_type)

    before = SystemClock().now()
    async with serving(answer) as address:
        snapshot = await fetch(address)

    assert len(snapshot.readings) == 13
    assert before <= snapshot.taken_at <= SystemClock().now()
    assert [(each.method, each.path) for each in seen] == [("GET", "/circumstances")]


async def test_old_http_without_a_length() -> None:
    async with saying(b"HTTP/1.0 200 OK\r\n\r\n" + payload()) as address:
        assert len((await fetch(address)).readings) == 13


async def test_a_prefix_and_the_known_device() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.path == "/attic/circumstances"
        return web.json_response({"a": {"s": {"p": 1}}, "b": {"s": {"p": 2}}})

    async with serving(answer) as address, aiohttp.ClientSession() as session:
        client = StationClient(session, StationAddress.parse(f"{address}/attic"), SystemClock())
        assert (await client.fetch(device="b")).device == "b"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, StationNotFoundError),
        (500, StationStatusError),
        (401, StationStatusError),
        (204, StationStatusError),
        (302, StationStatusError),
    ],
)
async def test_other_statuses(status: int, kind: type[StationError]) -> None:
    asked = 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"}, body=payload())

    async with serving(answer) as address:
        error = await fails_with(kind, address)
    assert asked == 1  # redirects are not followed
    assert status == 404 or error.details["status"] == str(status)


async def test_answers_that_are_no_readings_name_the_address() -> None:
    async def page(request: web.Request) -> web.Response:
        text = (
            "<html><title>Log in</title></html>" if "page" in request.path else '{"status": "ok"}'
        )
        return web.Response(text=text)

    async with serving(page) as address:
        error = await fails_with(PayloadPageError, f"{address}/page")
        assert error.details == {"title": "Log in", "address": f"{address}/page"}
        await fails_with(PayloadShapeError, address)


async def test_endless_answers_are_left() -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2000):
            await response.write(b" " * 10_000)
            sent += 10_000
        return response

    async with serving(flood) as address:
        await fails_with(PayloadTooLargeError, address)
    assert sent < 20_000_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + payload()[:100],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
)
async def test_answers_that_break_off(data: bytes) -> None:
    async with saying(data) as address:
        await fails_with(StationBrokenError, address)


async def test_something_else_than_http() -> None:
    async with saying(b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        await fails_with(StationProtocolError, address)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"])
async def test_answers_that_do_not_come(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station_module, "TIMEOUT_SECONDS", 0.2)
    async with saying(data, then_wait=True) as address:
        error = await fails_with(StationTimeoutError, address)
    assert error.details["seconds"] == "0.2"


async def test_nobody_listens() -> None:
    async with saying(b"") as address:
        pass
    await fails_with(StationRefusedError, address)


async def test_https_where_http_is_spoken() -> None:
    async with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        await fails_with(StationTlsError, f"https://{address}")


class Unreachable(aiohttp.BaseConnector):
    """A network that fails in ways that loopback cannot."""

    def __init__(self, error: Callable[[object], Exception]) -> None:
        super().__init__()
        self._error = error

    async def connect(
        self, req: object, *_args: object, **_kwargs: object
    ) -> aiohttp.connector.Connection:
        raise self._error(getattr(req, "connection_key"))  # noqa: B009


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            lambda key: aiohttp.ClientConnectorDNSError(key, OSError(None, "no such name")),
            StationNameError,
        ),
        (
            lambda key: aiohttp.ClientConnectorError(key, OSError(errno.EHOSTUNREACH, "no route")),
            StationRouteError,
        ),
        (
            lambda key: aiohttp.ClientConnectorError(key, OSError(errno.ENETUNREACH, "no net")),
            StationRouteError,
        ),
        (lambda _key: OSError(errno.ECONNRESET, "reset"), StationBrokenError),
    ],
)
async def test_networks_that_fail(
    error: Callable[[object], Exception], kind: type[StationError]
) -> None:
    async with aiohttp.ClientSession(connector=Unreachable(error)) as session:
        client = StationClient(session, StationAddress.parse("air.local"), SystemClock())
        with pytest.raises(kind):
            await client.fetch()


def _head(*lines: str, end: str = "\r\n") -> bytes:
    return end.join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


LENGTH = f"Content-Length: {len(payload())}"


@pytest.mark.parametrize("answers", [1, 9])
@pytest.mark.parametrize(
    "head",
    [
        _head(LENGTH, LENGTH),
        _head(LENGTH, "Content-Type: application/json", LENGTH.lower(), f"{LENGTH}  "),
        _head(LENGTH, LENGTH, end="\n"),
    ],
)
async def test_equal_lengths_are_one(head: bytes, answers: int) -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        for _ in range(answers):  # on one connection
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            asked += 1
            writer.write(head + payload())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with aiohttp.ClientSession() as session:
        client = StationClient(session, StationAddress.parse(f"{host}:{port}"), SystemClock())
        for _ in range(4):
            assert len((await client.fetch()).readings) == 13
    server.close()
    await server.wait_closed()
    assert asked == 5  # once in vain


@pytest.mark.parametrize(
    "head",
    [
        _head(LENGTH, "Content-Length: 5"),
        _head("Content-Length: 5", LENGTH),
        _head(f"{LENGTH}, {len(payload())}"),
        _head(LENGTH, "Transfer-Encoding: chunked"),
        _head(LENGTH, LENGTH, "Transfer-Encoding: chunked"),
    ],
)
async def test_lengths_that_differ_are_refused(head: bytes) -> None:
    async with saying(head + payload()) as address:
        await fails_with(StationProtocolError, address)


async def test_a_body_beyond_the_limit_is_left_however_its_length_is_told() -> None:
    length = f"Content-Length: {MAX_BYTES + 1}"
    async with saying(_head(length, length) + b" " * (MAX_BYTES + 1)) as address:
        await fails_with(PayloadTooLargeError, address)


async def test_a_head_in_pieces_and_one_without_an_end() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in _head(LENGTH, LENGTH) + payload():
            writer.write(bytes([byte]))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    assert len((await fetch(f"{host}:{port}")).readings) == 13
    server.close()
    await server.wait_closed()
    for head in (_head(LENGTH, LENGTH)[:-2], _head(LENGTH, LENGTH, "X: " + "y" * 20_000)[:-2]):
        async with saying(head) as address:
            with pytest.raises(StationError):
                await fetch(address)
