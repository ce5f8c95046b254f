"""Servers that say nothing, or that never stop: nobody waits for long, and not again and again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC

import aiohttp
import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxClosedError,
    InfluxEndlessError,
    InfluxError,
    InfluxQueryError,
    InfluxTimeoutError,
)
from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.influxql.reader import InfluxqlReader
from custom_components.air_state.core.influx.queries import circuit_breaker, streaming
from custom_components.air_state.core.influx.queries.circuit_breaker import CircuitBreaker
from custom_components.air_state.core.influx.queries.concurrency import LimitedReader, query_limiter
from custom_components.air_state.core.influx.queries.raw_tables import RawQuery
from custom_components.air_state.core.influx.queries.selection import (
    Selection,
    TimeRange,
    select_means,
)
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client
from tests.core.influx.scripted_server import ScriptedServer, answer, hang, raw

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
NOTHING = '{"results":[{"statement_id":0}]}\n'
SELECTION = Selection(measurement="m", tags=(), fields=("f",))
TIME_RANGE = TimeRange(start=0, stop=1)


@dataclass
class ManualClock:
    """A clock that is moved by clock."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def fast_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ping the server at once, and wait for its answer for 0.2 s."""
    monkeypatch.setattr(streaming, "_SILENCE_SECONDS", 0.0)
    monkeypatch.setattr(streaming, "_PING_SECONDS", 0.2)


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(ping=answer(204)) as made:
        yield made


@pytest.fixture
async def client(server: ScriptedServer) -> AsyncIterator[InfluxV1Client]:
    async with aiohttp.ClientSession() as session:
        yield InfluxV1Client(session, InfluxTarget(url=server.url, kind=InfluxKind.V1, place="air"))


def pings(server: ScriptedServer) -> int:
    """Return how often the server was pinged."""
    return sum(" /ping " in each.line for each in server.requests)


async def read(client: InfluxV1Client) -> int:
    """Return the number of bytes of an answer."""
    async with client.query("q") as chunks:
        return sum([len(chunk) async for chunk in chunks])


def test_a_timeout_opens_the_breaker_for_a_while() -> None:
    clock = ManualClock(5.0)
    breaker = CircuitBreaker(clock)
    assert breaker.error is None
    with pytest.raises(InfluxTimeoutError), breaker.recording():
        raise InfluxTimeoutError(address="http://x", seconds=5)
    error = breaker.error
    assert error is not None
    assert error.details == {"address": "http://x", "seconds": "5"}
    clock.seconds += circuit_breaker.OPEN_SECONDS - 0.5
    assert breaker.error is not None
    clock.seconds += 1
    assert breaker.error is None


@pytest.mark.parametrize("error", [None, InfluxQueryError(reason="mistake")])
def test_any_answer_closes_the_breaker(error: InfluxError | None) -> None:
    breaker = CircuitBreaker(ManualClock())
    breaker.record_failure(InfluxTimeoutError(address="http://x", seconds=5))
    with pytest.raises(InfluxClosedError), breaker.recording():
        raise InfluxClosedError(address="http://x")
    assert breaker.error is not None  # the server did not answer
    try:
        with breaker.recording():
            if error is not None:
                raise error
    except InfluxQueryError:
        pass
    assert breaker.error is None


async def test_a_server_that_is_there_is_waited_for(
    server: ScriptedServer, client: InfluxV1Client
) -> None:
    released = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        await released.wait()
        await answer(200, NOTHING)(writer)

    server.script = [slow]
    asking = asyncio.create_task(read(client))
    async with asyncio.timeout(10):
        while len(server.requests) < 6:
            await asyncio.sleep(0)
    assert not asking.done()
    assert pings(server) >= 5
    released.set()
    assert await asking == len(NOTHING)


async def test_an_answer_that_stops_in_the_middle(
    server: ScriptedServer, client: InfluxV1Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stops(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + NOTHING.encode())
        await writer.drain()
        await hang(writer)

    server.script, server.ping = [stops], hang
    monkeypatch.setattr(streaming, "_SILENCE_SECONDS", 0.1)  # time for the first chunk
    with pytest.raises(InfluxTimeoutError) as caught:
        await read(client)
    assert caught.value.details["seconds"] == "0"  # 0.3 s, which is how long it was waited for
    assert pings(server) == 1


async def test_queries_that_waited_behind_a_timeout_fail_at_once(
    server: ScriptedServer, client: InfluxV1Client
) -> None:
    server.script, server.ping = [hang] * 20, hang
    reader = LimitedReader(InfluxqlReader(client), query_limiter(), CircuitBreaker(ManualClock()))
    asks = [reader.first_time(SELECTION, TIME_RANGE) for _ in range(8)]
    found = await asyncio.gather(*asks, return_exceptions=True)
    assert all(isinstance(each, InfluxTimeoutError) for each in found)
    assert len(server.requests) == 4  # two queries, and a ping for each
    with pytest.raises(InfluxTimeoutError):
        await reader.first_time(SELECTION, TIME_RANGE)  # a later query is sent again
    assert len(server.requests) == 6


async def test_an_answer_that_never_ends_is_given_up(
    server: ScriptedServer, client: InfluxV1Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MAX_BYTES", 2**20)

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while not writer.is_closing():
            writer.write(b" " * 32_000 + NOTHING.encode())
            await writer.drain()

    reader = LimitedReader(InfluxqlReader(client), limiter := query_limiter())
    for query in (
        reader.stored_fields("n", TIME_RANGE),
        reader.latest_values(select_means("n", ["co2"]), TIME_RANGE),
        reader.all_series(TIME_RANGE),
        reader.first_time(SELECTION, TIME_RANGE),
    ):
        server.script = [endless]
        with pytest.raises(InfluxEndlessError) as caught:
            await query
        assert caught.value.details["most"] == "1 MB"
    assert not limiter.locked()


async def test_an_answer_that_trickles_is_given_up(
    server: ScriptedServer, client: InfluxV1Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MAX_SECONDS", 0.0)
    server.script = [raw(HEAD, *[b" "] * 1_000)]
    with pytest.raises(InfluxEndlessError):
        await read(client)


async def test_the_time_of_a_query_counts_from_when_it_is_asked(
    server: ScriptedServer, client: InfluxV1Client
) -> None:
    limiter = query_limiter()
    asked = RawQuery(text="q", parameters={}, limit=1, max_cells=10, timeout_seconds=0.05)
    async with limiter, limiter:
        with pytest.raises(InfluxTimeoutError) as caught:
            await run_influxql_query(client, asked, UTC, limiter)
    assert caught.value.details["address"] == client.target.url
    assert server.requests == []
    assert not limiter.locked()
