"""The device tag, and whether the journal's history is sent."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.core.influx.target import InfluxKind
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.forms import placeholders, start_reconfigure, submit
from tests.ha.flows.influx.forms import (
    PLACES,
    POINTS,
    Start,
    fields_of,
    suggestion,
    to_mirror,
    to_place,
)


@pytest.mark.parametrize("send_history", [True, False])
async def test_influxdb_is_added_with_or_without_history(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    start: Start,
    *,
    send_history: bool,
) -> None:
    data = await set_up()
    await data.coordinator.async_refresh()
    await data.journal.flush()
    influx = await start(InfluxKind.V2)
    menu = await start_reconfigure(hass, entry)
    assert menu["menu_options"] == ["address", "connect_influxdb"]
    form = await to_place(hass, menu, influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert (form["step_id"], placeholders(form)["rows"]) == ("points", "2")
    assert fields_of(form) == {"device_tag", "own_readings", "send_history"}
    result = await submit(hass, form, **POINTS, send_history=send_history)
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(set(influx.lines)) == (3 if send_history else 1)  # a poll came with the reload


async def test_a_station_that_is_away_can_get_an_influxdb(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, start: Start
) -> None:
    await station.stop()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await start_reconfigure(hass, entry), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert (form["step_id"], placeholders(form)["rows"]) == ("points", "?")
    assert "send_history" in fields_of(form)
    result = await submit(hass, form, **POINTS, send_history=False)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()


async def test_the_stations_own_name_is_proposed_where_what_it_sends_is_taken(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert suggestion(form, "device_tag") == "nodemcu"
    await submit(hass, form, device_tag="nodemcu", own_readings=False)
    await hass.async_block_till_done()
    second = FakeStation()
    await second.start()
    form = await submit(hass, await to_mirror(hass, second), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert suggestion(form, "device_tag") == "Attic"
    await second.stop()
