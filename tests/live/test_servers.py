"""What real servers tell about themselves, and how they refuse credentials and places."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from custom_components.air_state.core.influx.errors import InfluxCredentialsError, InfluxError
from custom_components.air_state.core.influx.server.probe import InfluxProbe
from custom_components.air_state.core.influx.target import InfluxTarget
from tests.live.conftest import Bench
from tests.live.influx_v1 import InfluxV1
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import PLACE, RealServer
from tests.live.servers import V1_AUTH, V1_FLUX_AUTH, V2
from tests.live.test_mirror import snapshot

ONLY_V1 = pytest.mark.parametrize("server", [*V1_AUTH, *V1_FLUX_AUTH], indirect=True)
ONLY_V2 = pytest.mark.parametrize("server", V2, indirect=True)


@pytest.fixture
async def probe(server: RealServer) -> AsyncIterator[InfluxProbe]:
    async with aiohttp.ClientSession() as session:
        yield InfluxProbe(session, server.url)


async def test_a_server_says_what_it_is(server: RealServer, probe: InfluxProbe) -> None:
    found = await probe.identify()
    assert found.kind is server.kind
    assert found.version == server.version


async def test_places_are_listed_for_those_who_may_see_them(
    server: RealServer, probe: InfluxProbe
) -> None:
    found = await probe.places(server.target)
    assert PLACE in [each.name for each in found]
    assert not any(each.name.startswith("_") for each in found)
    if isinstance(server, InfluxV2):
        assert {each.organisation for each in found} == {server.organisation_id}
    else:
        assert await probe.policies(server.target) == ["autogen"]


async def test_a_check_writes_nothing(server: RealServer, bench: Bench) -> None:
    sink = bench.sink()
    await sink.check()
    await sink.close()
    assert await asyncio.to_thread(server.points) == {}


async def refused(bench: Bench, target: InfluxTarget) -> str:
    sink = bench.sink(target)
    try:
        with pytest.raises(InfluxError) as caught:
            await sink.check()
        return caught.value.code
    finally:
        await sink.close()


@ONLY_V1
async def test_refused_credentials_and_places_of_1x(
    server: InfluxV1, bench: Bench, probe: InfluxProbe
) -> None:
    server.user("writer", "WRITE")
    server.user("reader", "READ")
    good = server.target
    assert await refused(bench, replace(good, password="wrong")) == "influx_credentials"
    assert await refused(bench, replace(good, username="")) == "influx_credentials"
    assert await refused(bench, replace(good, place="nowhere")) == "influx_no_database"
    assert await refused(bench, replace(good, policy="nowhere")) == "influx_no_policy"
    reader = replace(good, username="reader", password="pw")
    assert await refused(bench, reader) == "influx_write_forbidden"
    writer = replace(good, username="writer", password="pw")
    assert await refused(bench, writer) == "influx_read_forbidden"
    with pytest.raises(InfluxCredentialsError):
        await probe.places(replace(good, password="wrong"))
    assert [each.name for each in await probe.places(writer)] in ([], [PLACE])


@ONLY_V2
async def test_refused_credentials_and_places_of_2x(
    server: InfluxV2, bench: Bench, probe: InfluxProbe
) -> None:
    good = server.target
    assert await refused(bench, replace(good, token="wrong")) == "influx_credentials"
    assert await refused(bench, replace(good, token="")) == "influx_credentials"
    assert await refused(bench, replace(good, place="nowhere")) == "influx_no_bucket"
    assert await refused(bench, replace(good, organisation="no")) == "influx_no_organisation"
    reader = replace(good, token=server.token_for("read"))
    assert await refused(bench, reader) == "influx_write_forbidden"
    writer = replace(good, token=server.token_for("write"))
    assert await refused(bench, writer) == "influx_read_forbidden"
    with pytest.raises(InfluxCredentialsError):
        await probe.places(replace(good, token="wrong"))
    # A token for the bucket alone cannot list organisations, but the bucket has its id.
    both = replace(good, token=server.token_for("read", "write"))
    (found,) = await probe.places(both)
    assert (found.name, found.organisation) == (PLACE, server.organisation_id)
    sink = bench.sink(replace(both, organisation=found.organisation))
    await sink.check()
    await sink.close()


@ONLY_V2
async def test_a_revoked_token_keeps_all_until_there_is_another(
    server: InfluxV2, bench: Bench
) -> None:
    token = server.token_for("read", "write")
    bench.target = replace(bench.target, token=token)
    await bench.start()
    bench.put(snapshot(0))
    await bench.until_mirrored()
    await asyncio.to_thread(server.revoke, token)
    bench.put(snapshot(1))
    await bench.until_problem("influx_credentials")
    await bench.close()

    bench.target = server.target
    await bench.start()
    await bench.until_mirrored()
    assert await asyncio.to_thread(server.points) == await bench.expected()
    await bench.close()
