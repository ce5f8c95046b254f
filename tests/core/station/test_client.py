"""The station over HTTP, against servers on loopback that misbehave in every known way."""

import asyncio
import errno
import json
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
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
from custom_components.air_state.core.station import client as station_module
from custom_components.air_state.core.station.address import StationAddress
from custom_components.air_state.core.station.client import StationClient
from custom_components.air_state.core.station.info import StationInfo
from custom_components.air_state.core.station.payload import MAX_BYTES
from tests.core.station.servers import fails_with, fetch, saying, serving
from tests.payloads import payload

pytestmark = pytest.mark.usefixtures("socket_enabled")


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
    assert seen[0].headers["Accept-Encoding"] == "identity"


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


async def test_an_answer_that_comes_in_pieces() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(payload()), 100):
            await response.write(payload()[start : start + 100])
            await asyncio.sleep(0.01)  # so that they are not read together
        return response

    async with serving(answer) as address:
        assert len((await fetch(address)).readings) == 13


async def test_the_largest_answer() -> None:
    size = MAX_BYTES

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=payload().ljust(size))

    async with serving(answer) as address:
        assert len((await fetch(address)).readings) == 13
        size += 1
        error = await fails_with(PayloadTooLargeError, address)
        assert error.details["limit"] == "64 KiB"


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


# The station's report about itself


INFO = {"id": "5ecf7f0000aa", "fw": "1.0.0", "uptime": 300}


async def fetch_info(address: str) -> StationInfo | None:
    async with aiohttp.ClientSession() as session:
        client = StationClient(session, StationAddress.parse(address), SystemClock())
        return await client.fetch_info()


async def test_the_report_of_a_station() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.path == "/station"
        return web.json_response(INFO)

    before = SystemClock().now()
    async with serving(answer) as address:
        info = await fetch_info(address)
    assert info is not None
    assert (info.id, info.firmware) == ("5ecf7f0000aa", "1.0.0")
    assert before <= info.started + 300_000 <= SystemClock().now()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, json.dumps(INFO)),
        (500, json.dumps(INFO)),
        (200, payload().decode()),
        (200, "<html>"),
        (200, " " * (MAX_BYTES + 1)),
    ],
)
async def test_firmware_that_sends_no_report(status: int, body: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async with serving(answer) as address:
        assert await fetch_info(address) is None


async def test_no_station_sends_a_report() -> None:
    async with saying(b"") as address:
        pass
    with pytest.raises(StationRefusedError):
        await fetch_info(address)
