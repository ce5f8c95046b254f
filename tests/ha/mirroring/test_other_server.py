"""A mirrored station whose InfluxDB is replaced by another server, or was emptied."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import SetUp
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux
from tests.ha.issues import issues, own_lines
from tests.ha.mirroring.mirrored import (
    CONNECTION,
    Client,
    poll,
    quick,
    settled,
    take,
    times,
    until,
)
from tests.ha.test_init import state

__all__ = ["quick"]


@pytest.fixture(params=list(InfluxKind))
async def influx(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[FakeInflux]:
    async with FakeInflux(request.param) as fake:
        yield fake


@pytest.fixture
def entry(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> MockConfigEntry:
    """Return the station's entry, mirrored into the InfluxDB."""
    target = InfluxTarget(
        url=influx.url, kind=influx.kind, place="air", organisation=ORGANISATION, token=TOKEN
    )
    stored = InfluxSettings.new(target, since=0).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    return entry


@pytest.mark.parametrize("said", [(200, "OK"), (200, '{"ok": true}'), (202, ""), (204, "")])
async def test_another_server_at_the_address_stores_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    said: tuple[int, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = await set_up()
    await settled(hass, data)
    assert data.mirror is not None
    mirror = data.mirror
    nothing = dict.fromkeys(("/ping", "/health", "/"), (404, "404"))
    influx.answers = {"/write": said, "/api/v2/write": said, **nothing}
    if influx.kind is InfluxKind.V3:
        influx.answers["/query"] = (200, "{}")
    for _ in range(3):
        await poll(hass, data)
    await until(lambda: mirror.status.backlog == 3 and mirror.status.problem)
    await hass.async_block_till_done()
    assert state(hass, CONNECTION) == "off"
    assert (mirror.status.problem and mirror.status.problem.code) == "influx_unknown_server"
    assert len(times(influx)) == 1

    influx.answers = {}
    mirror.retry()
    await settled(hass, data)
    assert len(times(influx)) == 4
    assert len(own_lines(caplog)) == 2  # one when it broke, one when it healed


@pytest.mark.parametrize("influx", [InfluxKind.V3], indirect=True)
async def test_a_database_of_3x_that_was_dropped_is_missed_and_not_made_anew(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    influx.places = []
    data = await set_up()
    await poll(hass, data)
    await until(lambda: "influx_place_missing" in issues(hass))
    assert "/api/v2/write" not in influx.asked


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Client:
    await async_setup_component(hass, REPAIRS_DOMAIN, {})
    made: Client = await hass_client()
    return made


@pytest.mark.parametrize("influx", [InfluxKind.V2], indirect=True)
@pytest.mark.parametrize(("choice", "sent"), [("send_all", 2), ("leave", 0)])
async def test_what_is_gone_is_told_until_somebody_decides(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    client: Client,
    choice: str,
    sent: int,
) -> None:
    data = await set_up()
    await poll(hass, data)
    await settled(hass, data)
    assert data.mirror is not None
    influx.lines.clear()
    mirror = data.mirror
    mirror._status.report(replace(mirror.status, emptied=1))
    assert issues(hass)["influx_emptied"]["name"] == "Attic"
    await poll(hass, data)
    await settled(hass, data)
    assert "influx_emptied" in issues(hass)
    assert len(times(influx)) == 1

    answer = await take(hass, client, "influx_emptied", choice)
    assert answer["type"] == "create_entry"
    await settled(hass, data)
    assert "influx_emptied" not in issues(hass)
    assert len(times(influx)) == 1 + sent
