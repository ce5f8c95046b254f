"""How servers tell what they are, in all ways that real ones have."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.air_state.core.influx.answers import Answer
from custom_components.air_state.core.influx.errors import (
    InfluxError,
    InfluxForeignError,
    InfluxUnknownError,
)
from custom_components.air_state.core.influx.server.probe import InfluxProbe, InfluxServer
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from tests.core.influx.scripted_server import ScriptedServer, answer, hang, raw


@pytest.fixture
async def probe(server: ScriptedServer) -> AsyncIterator[InfluxProbe]:
    async with aiohttp.ClientSession() as session:
        yield InfluxProbe(session, server.url)


@pytest.mark.parametrize(
    ("version", "build", "kind"),
    [
        ("1.6.7~rc0", "OSS", InfluxKind.V1),
        ("1.7.11", "OSS", InfluxKind.V1),
        ("1.8.10", "OSS", InfluxKind.V1_FLUX),
        ("1.12.1", "ENT", InfluxKind.V1_FLUX),
        ("v2.0.9", "OSS", InfluxKind.V2),
        ("2.7.12", "OSS", InfluxKind.V2),
        ("10f9a1c", "Cloud2", InfluxKind.V2),
        ("3.9.6", "Core", InfluxKind.V3),
    ],
)
async def test_versions(
    server: ScriptedServer, probe: InfluxProbe, version: str, build: str, kind: InfluxKind
) -> None:
    server.script = [answer(204, X_Influxdb_Version=version, X_Influxdb_Build=build)]
    found = await probe.identify()
    assert found == InfluxServer(kind=kind, version=version.removeprefix("v"))


@pytest.mark.parametrize("build", ["OSS", "Cloud2"])
async def test_a_version_is_shortened_to_its_safe_part(
    server: ScriptedServer, probe: InfluxProbe, build: str
) -> None:
    hostile = "2.7.12![x](https://evil.example/)<img>"
    server.script = [answer(204, X_Influxdb_Version=hostile, X_Influxdb_Build=build)]
    assert (await probe.identify()).version == "2.7.12"
    server.script = [answer(204, X_Influxdb_Version="2." + "7" * 999, X_Influxdb_Build=build)]
    assert len((await probe.identify()).version) == 40


@pytest.mark.parametrize("version", ["0.13.0", "4.0.0", "unknown"])
async def test_unknown_versions(server: ScriptedServer, probe: InfluxProbe, version: str) -> None:
    server.script = [answer(204, X_Influxdb_Version=version), answer(200, "hello", "text/plain")]
    with pytest.raises(InfluxUnknownError) as caught:
        await probe.identify()
    assert "hello" in caught.value.details["said"]


async def test_a_redirect_is_named_and_not_followed(
    server: ScriptedServer, probe: InfluxProbe
) -> None:
    server.script = [answer(308, Location="https://login.example/")]
    with pytest.raises(InfluxForeignError) as caught:
        await probe.identify({"Authorization": "Token s3cret"})
    assert "login.example" in caught.value.details["start"]
    assert len(server.requests) == 1


async def test_a_server_that_hangs_or_is_endless(
    server: ScriptedServer, probe: InfluxProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = aiohttp.ClientTimeout(total=0.3)
    monkeypatch.setattr("custom_components.air_state.core.influx.server.probe.PROBE_TIMEOUT", quick)
    server.script = [hang]
    with pytest.raises(InfluxError) as caught:
        await probe.identify()
    assert caught.value.code == "influx_timeout"
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    server.script = [raw(endless, *[b"x" * 65_536] * 32)] * 3
    with pytest.raises(InfluxUnknownError):
        await probe.identify()


async def test_lists_of_another_form_are_empty(server: ScriptedServer, probe: InfluxProbe) -> None:
    for kind in (InfluxKind.V1, InfluxKind.V2):
        target = InfluxTarget(url=server.url, kind=kind, token="x")
        for text in ("", "no JSON", "[]", '{"buckets": 3}', '{"results": [{}]}', "[" * 99_999):
            server.script = [answer(200, text)]
            assert await probe.places(target) == []


def test_reasons_are_found_in_any_form() -> None:
    for text, reason in {
        '{"error": "a"}': "a",
        '{"code": "x", "message": "b"}': "b",
        '{"other": 1}': '{"other": 1}',
        "[1]": "[1]",
        " plain ": "plain",
    }.items():
        assert Answer(status=400, content_type="", text=text).reason == reason
