"""Signing in to InfluxDB again."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import errors, placeholders, submit
from tests.ha.flows.influx.forms import POINTS, to_mirror
from tests.ha.influx import ORGANISATION, FakeInflux


async def test_reauth_renews_it_for_every_station_that_shares_it(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    first, influx = mirrored
    other = FakeStation()
    await other.start()
    form = await submit(hass, await to_mirror(hass, other), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    form = await submit(hass, form, organisation=ORGANISATION, bucket="air")
    result = await submit(hass, form, **{**POINTS, "device_tag": "cellar"})
    await hass.async_block_till_done()
    second: Any = result["result"]
    strange = MockConfigEntry(
        domain=DOMAIN,
        data={
            CONF_ADDRESS: "x",
            CONF_DEVICE: "x",
            CONF_INFLUXDB: {**first.data[CONF_INFLUXDB], "token": "of somebody else"},
        },
    )
    strange.add_to_hass(hass)

    influx.secrets = {"renewed"}
    for entry in (first, second):
        await entry.runtime_data.coordinator.async_refresh()
        await entry.runtime_data.journal.flush()
    await hass.async_block_till_done(wait_background_tasks=False)
    async with asyncio.timeout(10):
        while len(hass.config_entries.flow.async_progress()) < 2:
            await asyncio.sleep(0.05)
    flow = next(
        each
        for each in hass.config_entries.flow.async_progress()
        if each["context"]["entry_id"] == first.entry_id
    )
    assert flow["context"]["source"] == "reauth"
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "reauth_confirm"
    assert placeholders(form)["name"] == "Attic"
    form = await submit(hass, form, token="wrong")
    assert errors(form) == {"base": "influx_credentials"}
    result = await submit(hass, form, token="renewed")
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert first.data[CONF_INFLUXDB]["token"] == "renewed"
    assert second.data[CONF_INFLUXDB]["token"] == "renewed"
    assert strange.data[CONF_INFLUXDB]["token"] == "of somebody else"
    assert hass.config_entries.flow.async_progress() == []
    for entry in (first, second):
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert {line.split(" ")[0] for line in influx.lines} == {
        "sensor_data,device=attic",
        "sensor_data,device=cellar",
    }
    await other.stop()
