"""Servers on loopback that answer as a test says, and requests to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    StationError,
)
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.station.address import StationAddress
from custom_components.air_state.core.station.client import StationClient

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
