"""Answers that have the header Content-Length twice."""

import asyncio

import aiohttp
import pytest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    PayloadTooLargeError,
    StationError,
    StationProtocolError,
)
from custom_components.air_state.core.station.address import StationAddress
from custom_components.air_state.core.station.client import StationClient
from custom_components.air_state.core.station.payload import MAX_BYTES
from tests.core.station.servers import fails_with, fetch, saying
from tests.payloads import payload

pytestmark = pytest.mark.usefixtures("socket_enabled")


def _head(*lines: str, end: str = "\r\n") -> bytes:
    return end.join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


LENGTH = f"Content-Length: {len(payload())}"


class CountingConnector(aiohttp.TCPConnector):
    """A connector that counts the requests through it."""

    count = 0

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's
    ) -> Connection:
        self.count += 1
        return await super().connect(req, traces, timeout)


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
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(answers):  # on one connection
            try:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            writer.write(head + payload())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    connector = CountingConnector()
    async with aiohttp.ClientSession(
        connector=connector, headers={"User-Agent": "Air State"}
    ) as session:
        client = StationClient(session, StationAddress.parse(f"{host}:{port}"), SystemClock())
        for _ in range(4):
            assert len((await client.fetch()).readings) == 13
    server.close()
    await server.wait_closed()
    assert len(asked) == 5  # the first answer is asked for twice
    assert connector.count >= 5  # connecting again counts as well
    assert all(b"User-Agent: Air State\r\n" in each for each in asked)


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
