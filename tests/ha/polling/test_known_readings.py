"""Readings that nobody sends any more: their entities go, their history stays."""

from datetime import timedelta

import pytest
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.forms import change_options, open_options
from tests.ha.history import act
from tests.payloads import encode

OLD = ("sensor.attic_dht22_temperature", "sensor.attic_dht22_humidity")
NEW = ("sensor.attic_bme280_temperature", "sensor.attic_bme280_humidity")
MEANS = ("sensor.attic_mean_temperature", "sensor.attic_mean_humidity")
FORGOTTEN = [["dht22", "humidity"], ["dht22", "temperature"]]


def sends(station: FakeStation, **sensors: dict[str, object]) -> None:
    station.body = encode({"nodemcu": sensors})


AIR: dict[str, object] = {"temperature": 20.5, "humidity": 45}


async def poll(hass: HomeAssistant, entry: AirStateConfigEntry) -> None:
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


def there(hass: HomeAssistant) -> set[str]:
    """Return which entities of the two sensors there are, in the registry or as states."""
    registry = er.async_get(hass)
    return {
        name
        for name in (*OLD, *NEW, *MEANS)
        if registry.async_get(name) is not None or hass.states.get(name) is not None
    }


@pytest.fixture
async def swapped(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    """Let a DHT22 be taken away and a BME280 be put in its place."""
    sends(station, dht22=AIR)
    await set_up()
    sends(station, bme280=AIR)
    await poll(hass, entry)
    await reload(hass, entry)
    assert there(hass) == {*OLD, *NEW, *MEANS}
    state = hass.states.get(OLD[0])
    assert state is not None
    assert state.state == STATE_UNKNOWN


async def latest(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    answer = await hass.services.async_call(
        DOMAIN,
        "get_latest",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    readings = answer["readings"]
    assert isinstance(readings, dict)
    return set(readings)


async def test_a_sensor_that_was_swapped_can_be_forgotten(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, swapped: None
) -> None:
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    (field,) = (each for each in form["data_schema"].schema if each == "forgotten")
    selector = form["data_schema"].schema[field]
    assert selector.config["options"] == [
        {"value": "dht22.humidity", "label": "DHT22 humidity"},
        {"value": "dht22.temperature", "label": "DHT22 temperature"},
    ]
    await change_options(
        hass,
        form,
        counted=["bme280.temperature", "bme280.humidity", "dht22.temperature", "dht22.humidity"],
        forgotten=["dht22.temperature", "dht22.humidity"],
    )
    await hass.async_block_till_done()
    assert entry.options["forgotten"] == FORGOTTEN
    assert there(hass) == set(NEW)
    # They stay away at each start, and can be asked for.
    for _ in range(2):
        await reload(hass, entry)
        await poll(hass, entry)
        assert there(hass) == set(NEW)
    assert {"dht22.temperature", "dht22.humidity"} <= await latest(hass, entry)
    # Until they are sent again.
    sends(station, bme280=AIR, dht22={"temperature": 21.5, "humidity": "nan"})
    await poll(hass, entry)
    assert there(hass) == {*NEW, OLD[0], MEANS[0]}
    state = hass.states.get(MEANS[0])
    assert state is not None
    assert state.state == "21.0"
    assert entry.options["forgotten"] == FORGOTTEN[:1]
    await reload(hass, entry)
    assert there(hass) == {*NEW, OLD[0], MEANS[0]}


async def test_what_was_forgotten_can_be_remembered(
    hass: HomeAssistant, entry: MockConfigEntry, swapped: None
) -> None:
    counted = ["bme280.temperature", "bme280.humidity", "dht22.temperature", "dht22.humidity"]
    await change_options(
        hass, await open_options(hass, entry), counted=counted, forgotten=["dht22.humidity"]
    )
    await hass.async_block_till_done()
    assert there(hass) == {*NEW, OLD[0], MEANS[0]}
    await change_options(hass, await open_options(hass, entry), counted=counted[::2], forgotten=[])
    await hass.async_block_till_done()
    assert entry.options["forgotten"] == []
    assert there(hass) == {*OLD, *NEW, *MEANS}


async def test_deleting_its_entity_forgets_a_reading(
    hass: HomeAssistant, entry: MockConfigEntry, swapped: None
) -> None:
    registry = er.async_get(hass)
    for name in OLD:
        registry.async_remove(name)
    await hass.async_block_till_done()
    assert entry.options["forgotten"] == FORGOTTEN
    assert there(hass) == set(NEW)
    await reload(hass, entry)
    assert there(hass) == set(NEW)
    # One that is still sent is not forgotten.
    registry.async_remove(NEW[0])
    await hass.async_block_till_done()
    assert entry.options["forgotten"] == FORGOTTEN
    await reload(hass, entry)
    assert there(hass) == set(NEW)


async def test_an_option_form_before_the_first_poll_offers_nothing_to_forget(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    sends(station, dht22=AIR)
    await set_up()
    await station.stop()
    await reload(hass, entry)
    assert set(OLD) <= there(hass)
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    assert "forgotten" not in form["data_schema"].schema


async def test_all_sensors_of_a_parameter_can_be_forgotten(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    sends(station, dht22=AIR, bme280=AIR)
    await set_up()
    sends(station, mq135={"co2": 403})
    await poll(hass, entry)
    everything = [f"{sensor}.{name}" for sensor in ("bme280", "dht22") for name in AIR]
    await change_options(
        hass, await open_options(hass, entry), counted=everything, forgotten=everything
    )
    await hass.async_block_till_done()
    assert there(hass) == set()


async def test_an_estimate_does_not_count_beside_a_measurement_at_first(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    sends(station, mq135={"co2": 404}, sgp30={"co2": 420}, MH_Z19B={"CO2": 1}, scd41={"co2": 612})
    await set_up()
    assert hass.states.get("sensor.attic_mean_carbon_dioxide") is None
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    (field,) = (each for each in form["data_schema"].schema if each == "counted")
    assert field.description == {"suggested_value": ["scd41.co2"]}

    await change_options(hass, form, counted=["scd41.co2", "mq135.co2"])
    await hass.async_block_till_done()
    assert (entry.options["excluded"], entry.options["included"]) == ([], [["mq135", "co2"]])
    state = hass.states.get("sensor.attic_mean_carbon_dioxide")
    assert state is not None
    assert float(state.state) == 508


async def test_an_estimate_counts_again_when_the_measurement_is_forgotten(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    sends(station, mq135={"co2": 404}, scd41={"co2": 612})
    data = await set_up()
    sends(station, mq135={"co2": 404})
    await poll(hass, entry)
    er.async_get(hass).async_remove("sensor.attic_scd41_carbon_dioxide")
    await hass.async_block_till_done()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await hass.async_block_till_done()
    assert entry.runtime_data is not data  # all that takes means was loaded anew
    await poll(hass, entry)
    answer = await act(hass, "get_latest", entry)
    assert answer["parameters"]["co2"]["value"] == 404
    assert answer["readings"]["scd41.co2"]["value"] == 612
    (last, *_) = (await act(hass, "get_history", entry, parameters=["co2"]))["records"][::-1]
    assert last["co2"] == 404
