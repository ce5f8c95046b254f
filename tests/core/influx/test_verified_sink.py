"""Lines count as stored only if InfluxDB says so."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxError,
    InfluxUnknownError,
    InfluxVictoriaMetricsError,
)
from custom_components.air_state.core.influx.server.probe import InfluxProbe
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Sink
from custom_components.air_state.core.influx.verified_sink import VERIFIED_SECONDS, VerifiedSink
from tests.core.influx.scripted_server import Play, ScriptedServer, answer, taken

BODY = b"m f=1 1"
PING = answer(204, X_Influxdb_Version="1.8.10", X_Influxdb_Build="OSS")
NOT_FOUND = answer(404, "404 page not found", "text/plain")


class ManualClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> int:
        return int(self.seconds * 1_000)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sink(server: ScriptedServer, clock: ManualClock) -> AsyncIterator[VerifiedSink]:
    target = InfluxTarget(url=server.url, kind=InfluxKind.V1, place="air")
    async with aiohttp.ClientSession() as session:
        probe = InfluxProbe(session, server.url)
        own = InfluxV1Sink(session, target)
        yield VerifiedSink(own, lambda: probe.identify(target.headers), clock)


def paths(server: ScriptedServer) -> list[str]:
    return [request.line.split(" ")[1].split("?")[0] for request in server.requests]


async def test_a_server_that_names_itself_is_not_pinged(
    server: ScriptedServer, sink: VerifiedSink
) -> None:
    for _ in range(3):
        await sink.write(BODY)
    assert paths(server) == ["/write"] * 3


@pytest.mark.parametrize(
    "play",
    [
        answer(200, "OK", "text/plain"),
        answer(200, '{"ok": true}'),
        answer(202),
        answer(204),
        answer(201, "{}"),
    ],
)
async def test_another_server_has_taken_the_address(
    server: ScriptedServer, sink: VerifiedSink, play: Play
) -> None:
    await sink.write(BODY)
    server.script = [play, NOT_FOUND, NOT_FOUND, answer(200, "hello", "text/plain")]
    with pytest.raises(InfluxUnknownError):
        await sink.write(BODY)
    await sink.write(BODY)  # InfluxDB is back


async def test_victoriametrics_has_taken_the_address(
    server: ScriptedServer, sink: VerifiedSink
) -> None:
    page = answer(200, "<h2>Single-node VictoriaMetrics</h2>", "text/html")
    write = answer(204, X_Influxdb_Version="1.8.0")
    server.script = [write, answer(204), answer(200, "OK", "text/plain"), page]
    with pytest.raises(InfluxVictoriaMetricsError):
        await sink.write(BODY)


async def test_behind_a_proxy_that_removes_the_name_it_is_pinged_now_and_then(
    server: ScriptedServer, sink: VerifiedSink, clock: ManualClock
) -> None:
    asked = ["/write", "/ping", "/write"]  # again: another server may have taken the lines
    server.script = [answer(204), PING, answer(204), answer(204), answer(204)]
    for _ in range(3):
        await sink.write(BODY)
    assert paths(server) == [*asked, "/write", "/write"]

    clock.seconds += VERIFIED_SECONDS
    server.script = [answer(204), PING, answer(204)]
    await sink.write(BODY)
    assert paths(server)[5:] == asked

    server.script = [answer(503), answer(204), NOT_FOUND, NOT_FOUND, NOT_FOUND]
    for _ in range(2):  # after a failure, another server may answer
        with pytest.raises(InfluxError):
            await sink.write(BODY)
    assert paths(server)[8:] == ["/write", "/write", "/ping", "/health", "/"]


async def test_lines_that_another_server_took_just_before_are_sent_again(
    server: ScriptedServer, sink: VerifiedSink, clock: ManualClock
) -> None:
    server.script = [answer(204), PING, taken()]
    await sink.write(BODY)
    assert [each.body for each in server.requests] == [BODY, b"", BODY]
    clock.seconds += VERIFIED_SECONDS
    server.script = [answer(204), PING, answer(503)]
    with pytest.raises(InfluxError):
        await sink.write(BODY)


async def test_a_proxy_that_removes_the_name_from_pings_as_well(
    server: ScriptedServer, sink: VerifiedSink
) -> None:
    health = answer(200, '{"name":"influxdb","version":"v2.7.12"}')
    server.script = [answer(204), answer(204), health]
    await sink.write(BODY)


async def test_a_login_page_is_no_answer_of_influxdb(
    server: ScriptedServer, sink: VerifiedSink
) -> None:
    server.script = [taken(200, "<html><title>Hotel</title></html>")]
    with pytest.raises(InfluxError) as caught:
        await sink.write(BODY)
    assert caught.value.code == "influx_foreign"
    assert paths(server) == ["/write"]
