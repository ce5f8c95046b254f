"""Stations are known by their id, however they are flashed or replaced."""

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, DOMAIN
from tests.firmware.simulator import Simulator
from tests.ha.conftest import FakeStation
from tests.ha.firmware.stations import (
    FIVE_MINUTES,
    ID,
    MAC,
    OTHER_ID,
    entry_of,
    poll,
    sends,
    set_up,
    state,
    tells,
)


async def test_flashing_the_present_firmware_loses_nothing(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory
) -> None:
    with Simulator("--old") as old:
        old.tell("probes 8", FIVE_MINUTES)
        entry = entry_of(hass, old.address)
        await set_up(hass, entry)
        port = old.address.partition(":")[2]
    assert entry.unique_id is None
    assert hass.states.get("sensor.attic_wlan_signal") is None
    registry = er.async_get(hass)
    before = {
        each.entity_id: each.unique_id
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    await poll(hass, entry)
    assert state(hass, "sensor.attic_dht22_humidity") == STATE_UNAVAILABLE

    with Simulator("--id", ID, "--port", port) as new:
        new.tell(FIVE_MINUTES)
        freezer.tick(120)
        await poll(hass, entry)
        assert entry.unique_id == ID
        after = {
            each.entity_id: each.unique_id
            for each in er.async_entries_for_config_entry(registry, entry.entry_id)
        }
        assert before.items() <= after.items()
        assert after.keys() - before.keys() == {
            *("sensor.attic_wlan_signal", "sensor.attic_switched_on"),
            "binary_sensor.attic_warming_up",
        }
        assert float(state(hass, "sensor.attic_dht22_humidity")) > 40
        device = dr.async_get(hass).async_get_device_by_identifier(
            (DOMAIN, entry.entry_id), entry.entry_id
        )
        assert device is not None
        assert device.sw_version == "1.0.0"
        assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}


async def test_another_stations_readings_are_not_taken(
    hass: HomeAssistant, board: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    entry = entry_of(hass, board.address, OTHER_ID)
    entry.runtime_data = None
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert f"Another station (id {ID}) answers" in caplog.text
    assert f"({OTHER_ID})" in caplog.text


async def test_a_device_that_tells_anothers_id_is_not_believed(
    hass: HomeAssistant, station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    another = MockConfigEntry(domain="other")
    another.add_to_hass(hass)
    phone = dr.async_get(hass).async_get_or_create(
        config_entry_id=another.entry_id,
        connections={(dr.CONNECTION_NETWORK_MAC, "5e:cf:7f:00:00:bb")},
    )
    station.body, station.info = sends(ID), tells(OTHER_ID)
    entry = entry_of(hass, station.address)
    await set_up(hass, entry)
    for _ in range(3):
        entry.runtime_data.coordinator._station_info._next_poll = 0.0
        await poll(hass, entry)

    assert entry.unique_id == ID
    assert state(hass, "sensor.attic_dht22_humidity") == "45.1"
    registry = dr.async_get(hass)
    made = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert made is not None
    assert (made.id != phone.id, made.connections) == (True, set())
    assert hass.states.get("sensor.attic_wlan_signal") is None
    said = [each.getMessage() for each in caplog.records if "is ignored" in each.getMessage()]
    assert len(said) == 1
    assert said[0].startswith(
        f"Attic: its report about itself has the id {OTHER_ID}, its readings have {ID};"
    )

    station.info = tells(ID)
    entry.runtime_data.coordinator._station_info._next_poll = 0.0
    await poll(hass, entry)
    assert state(hass, "sensor.attic_wlan_signal") == "-58"
    assert "its report about itself has the same id as its readings again" in caplog.text


async def test_a_station_without_an_id_is_not_taken_for_one_that_has_one(
    hass: HomeAssistant, socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    with Simulator("--old") as old:
        old.tell("probes 8", FIVE_MINUTES)
        entry = entry_of(hass, old.address, ID)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert f"not the known one ({ID})" in caplog.text

        menu = await entry.start_reconfigure_flow(hass)
        flow_id = menu["flow_id"]
        await hass.config_entries.flow.async_configure(flow_id, {"next_step_id": "address"})
        form = await hass.config_entries.flow.async_configure(flow_id, {"address": old.address})
        assert form["step_id"] == "other_station"
        await hass.config_entries.flow.async_configure(flow_id, {})
        await hass.async_block_till_done()
        assert entry.unique_id is None
        assert float(state(hass, "sensor.attic_dht22_humidity")) > 40


async def test_two_entries_do_not_take_readings_of_one_station(
    hass: HomeAssistant, board: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    entry_of(hass, "127.0.0.1:1", ID)
    second = entry_of(hass, board.address)
    assert not await hass.config_entries.async_setup(second.entry_id)
    await hass.async_block_till_done()
    assert f"(id {ID}) belongs to the entry Attic" in caplog.text
    assert second.unique_id is None


async def test_a_board_that_was_replaced_is_confirmed(
    hass: HomeAssistant, board: Simulator
) -> None:
    entry = entry_of(hass, "127.0.0.1:1", OTHER_ID)
    menu = await entry.start_reconfigure_flow(hass)
    flow_id = menu["flow_id"]
    await hass.config_entries.flow.async_configure(flow_id, {"next_step_id": "address"})
    form = await hass.config_entries.flow.async_configure(flow_id, {"address": board.address})
    assert form["step_id"] == "other_station"
    done = await hass.config_entries.flow.async_configure(flow_id, {})
    assert done["reason"] == "reconfigure_successful"
    assert (entry.unique_id, entry.data[CONF_ADDRESS]) == (ID, board.address)
    await hass.async_block_till_done()


async def test_a_station_whose_discovery_was_ignored_goes_on(
    hass: HomeAssistant, board: Simulator
) -> None:
    """Its board was just flashed; somebody ignored the card before the entry took the id over."""
    ignored = MockConfigEntry(domain=DOMAIN, unique_id=ID, source=SOURCE_IGNORE)
    ignored.add_to_hass(hass)
    entry = entry_of(hass, board.address)
    await set_up(hass, entry)
    assert float(state(hass, "sensor.attic_dht22_humidity")) > 40
    assert entry.unique_id is None  # the card stays away
