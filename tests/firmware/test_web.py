"""The firmware's web server with browsers, requests of other sites, and slow clients."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.firmware.simulator import Simulator

PASSWORD = "se:cret"
RIGHT = {"Authorization": aiohttp.encode_basic_auth("air", PASSWORD)}
WRONG = {"Authorization": aiohttp.encode_basic_auth("air", "wrong")}
MAX_CONNECTIONS = 4  # kMaxConnections of the firmware


@pytest.fixture
def station(socket_enabled: None) -> Iterator[Simulator]:
    with Simulator("--password", PASSWORD) as made:
        made.tell("advance 300000")
        yield made


@pytest.fixture
async def session(station: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://{station.address}") as made:
        yield made


async def test_a_browser_is_shown_readings_and_state(session: aiohttp.ClientSession) -> None:
    async with session.get("/") as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "<h1>air-state-sim</h1>" in page
    assert "<b>DHT22</b>: well<tr><th scope=row>Temperature<td>2" in page
    assert "calibrated by a first guess" in page


async def test_a_slash_at_the_end_changes_nothing(session: aiohttp.ClientSession) -> None:
    for path in ("/circumstances/", "/circumstances"):
        async with session.get(path) as answer:
            assert answer.status == 200
            assert next(iter(json.loads(await answer.text()))) == "nodemcu"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/circumstances", "GET, HEAD"),
        ("OPTIONS", "/station", "GET, HEAD"),
        ("GET", "/calibrate", "POST"),
        ("PUT", "/restart", "POST"),
    ],
)
async def test_another_method_is_told_which_there_are(
    session: aiohttp.ClientSession, method: str, path: str, allowed: str
) -> None:
    async with session.request(method, path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)
        assert json.loads(await answer.text())["error"]


async def test_wrong_passwords_are_slowed_down(
    session: aiohttp.ClientSession, station: Simulator
) -> None:
    async def press(headers: dict[str, str]) -> tuple[int, str | None]:
        async with session.post("/calibrate", headers=headers) as answer:
            return answer.status, answer.headers.get("Retry-After")

    for _ in range(3):
        assert await press(WRONG) == (401, None)
    assert await press(WRONG) == (429, "1")
    assert await press(RIGHT) == (429, "1")
    async with session.get("/circumstances") as answer:
        assert answer.status == 200  # readings go on
    station.tell("advance 1000")
    assert await press(RIGHT) == (200, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
async def test_pages_elsewhere_press_no_button(
    session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    for page in ("/calibrate", "/restart"):
        async with session.post(page, headers=RIGHT | headers) as answer:
            assert answer.status == 403
            assert "not from another page" in json.loads(await answer.text())["error"]
    async with session.get("/station") as answer:
        said = json.loads(await answer.text())
    assert said["uptime"] == 300
    assert said["sensors"]["mq135"]["calibration"] == "provisional"


async def test_its_own_page_presses_them(
    session: aiohttp.ClientSession, station: Simulator
) -> None:
    headers = RIGHT | {"Origin": f"http://{station.address}"}
    async with session.post("/calibrate", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.slow
async def test_nobody_waits_for_a_client_that_says_nothing(
    session: aiohttp.ClientSession, station: Simulator
) -> None:
    """As on the board, a further client replaces the oldest one."""
    host, _, port = station.address.partition(":")
    silent = [await asyncio.open_connection(host, int(port)) for _ in range(MAX_CONNECTIONS - 1)]
    for reader, writer in silent:
        writer.write(b"GET /station HTTP/1.1\r\n")
        async with session.get("/circumstances") as answer:
            assert answer.status == 200
        assert not reader.at_eof()
    for reader, writer in silent:
        writer.write(b"\r\n")
        assert (await reader.readline()).endswith(b"200 OK\r\n")
        writer.close()
    crowd = [await asyncio.open_connection(host, int(port)) for _ in range(MAX_CONNECTIONS)]
    waiting = asyncio.create_task(session.get("/circumstances"))
    station.tell("advance 301")
    async with await waiting as answer:
        assert answer.status == 200
    assert await crowd[0][0].read() == b""
    for _, writer in crowd:
        writer.close()
