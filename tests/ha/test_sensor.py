"""Entities: what they are, when they change, when they come."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from tests.ha.conftest import FakeStation, SetUp
from tests.ha.test_init import state
from tests.payloads import device, encode

MEAN = "sensor.attic_mean_temperature"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


async def test_all_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    await set_up()

    assert len(hass.states.async_entity_ids(Platform.SENSOR)) == 14
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize(
    ("options", "unit", "shown"),
    [
        ({"sensor.private": {"suggested_unit_of_measurement": "hPa"}}, "hPa", "995.12"),
        ({"sensor": {"unit_of_measurement": "Pa"}}, "Pa", "99512.0"),
        ({"sensor": {"unit_of_measurement": "mmHg"}}, "mmHg", "746.4"),
    ],
)
async def test_pressures_that_were_kept_in_pascal_keep_their_entity_and_unit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    entity_registry: er.EntityRegistry,
    options: Mapping[str, Mapping[str, str]],
    unit: str,
    shown: str,
) -> None:
    old = entity_registry.async_get_or_create(
        Platform.SENSOR,
        "air_state",
        f"{entry.entry_id}/bmp180/pressure",
        config_entry=entry,
        object_id_base="My barometer",
        original_device_class="atmospheric_pressure",
        unit_of_measurement=unit,
        get_initial_options=lambda: options,
    )
    await set_up()

    found = hass.states.get(old.entity_id)
    assert found is not None
    assert found.attributes["unit_of_measurement"] == unit
    assert found.state[: len(shown)] == shown


async def test_the_mean_is_that_of_the_sensors_that_answer(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation
) -> None:
    temperatures = {"bmp180": 30, "ds18b20": 20, "dht22": 10}
    station.sends(**{sensor: {"temperature": value} for sensor, value in temperatures.items()})
    data = await set_up()
    assert state(hass, MEAN) == "20.0"

    station.sends(
        bmp180={"temperature": 30}, ds18b20={"temperature": "nan"}, dht22={"temperature": 10}
    )
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, MEAN) == "20.0"
    assert state(hass, "sensor.attic_ds18b20_temperature") == STATE_UNKNOWN

    station.sends(
        bmp180={"temperature": ""}, ds18b20={"temperature": ""}, dht22={"temperature": ""}
    )
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, MEAN) == STATE_UNKNOWN
    assert state(hass, "sensor.attic_dht22_humidity") == "45.1"


async def test_new_readings_add_entities_while_running(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    data = await set_up()
    station.body = encode(
        {"nodemcu": {**device(), "sds011": {"pm25": 7.5, "fan": 3}, "bme280": {"humidity": 50}}}
    )
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()

    assert state(hass, "sensor.attic_sds011_pm2_5") == "7.5"
    assert state(hass, "sensor.attic_sds011_fan") == "3"
    assert state(hass, "sensor.attic_bme280_humidity") == "50.0"
    assert state(hass, "sensor.attic_mean_humidity") == "47.55"

    station.body = encode({"nodemcu": {"a": {"glow": 1}, "b": {"glow": 2}}})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, "sensor.attic_mean_glow") == "1.5"
    assert len(hass.states.async_entity_ids(Platform.SENSOR)) == 14 + 4 + 3


async def test_a_sensor_that_comes_later_counts_towards_the_mean(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation
) -> None:
    data = await set_up()
    station.sends(bme280={"temperature": 80})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()

    assert float(state(hass, MEAN)) == pytest.approx((21.4 + 21.06 + 21.2 + 80) / 4)


async def test_names_that_nobody_foresaw_have_entities_of_their_own(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    station.body = encode({"n": {"a/b": {"c": 1}, "a": {"b/c": 2}, "A": {"B/C": 3}, "%": {"%": 4}}})
    await set_up()

    states = [found.state for found in hass.states.async_all("sensor")]
    assert sorted(states) == ["1", "2", "3", "4"]
    registry = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert {each.unique_id for each in registry} == {
        f"{entry.entry_id}/{rest}" for rest in ("a%2Fb/c", "a/b%2Fc", "A/B%2FC", "%25/%25")
    }


async def test_only_what_changed_is_written(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation
) -> None:
    data = await set_up()
    reported: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        reported.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _data: True))
    await data.coordinator.async_refresh()  # the first one after adding writes all
    await hass.async_block_till_done()
    reported.clear()

    station.sends(dht22={"humidity": "46.00"})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert reported == ["sensor.attic_dht22_humidity"]


async def test_a_mean_survives_sensors_that_fail_while_the_journal_is_lost(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    station: FakeStation,
    journal_path: Path,
) -> None:
    await set_up()
    er.async_get(hass).async_update_entity(MEAN, name="My mean")
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_add_executor_job(journal_path.write_bytes, b"ruined " * 1000)
    station.sends(bmp180={"temperature": "nan"}, ds18b20={"temperature": "85.00"})
    await set_up()

    kept = er.async_get(hass).async_get(MEAN)
    assert kept is not None
    assert kept.name == "My mean"
