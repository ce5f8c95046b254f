"""A server on loopback and an HTTP session for the tests of InfluxDB."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.core.influx.scripted_server import ScriptedServer


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as made:
        yield made


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made
