"""Sinks for tests, one for each kind of InfluxDB; none of their errors holds a secret."""

import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.influx import requests as influx_requests
from custom_components.air_state.core.influx import v2 as influx_v2
from custom_components.air_state.core.influx.errors import (
    InfluxError,
)
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Sink
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from tests.core.influx.scripted_server import ScriptedServer

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
    """Return a sink; after the test, check that no secret was logged."""
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
    """Return the error of a write, after a check that it holds no secret."""
    with pytest.raises(InfluxError) as caught:
        await sink.write(body)
    error = caught.value
    told = "".join(traceback.format_exception(error))
    assert_no_secret(told, str(error), repr(error), repr(error.__cause__), repr(error.__context__))
    return error


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = aiohttp.ClientTimeout(total=0.5)
    for module in (influx_requests, influx_v2):
        monkeypatch.setattr(module, "REQUEST_TIMEOUT", quick)
