"""The options of a station."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.ha.conftest import SetUp
from tests.ha.flows.forms import change_options, errors, open_options

ALL = ["bmp180.temperature", "dht22.temperature", "ds18b20.temperature"]


async def test_options_are_kept_and_in_force_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in form["data_schema"].schema
    }
    assert suggested == {
        "poll_seconds": 3600,
        "update_seconds": 0,
        "journal_days": 10,
        "journal_megabytes": 512,
        "counted": ALL,
    }

    result = await change_options(hass, form, poll_seconds=5, journal_days=3, counted=ALL[1:])
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {
        "poll_seconds": 5,
        "update_seconds": 10,
        "journal_days": 3,
        "journal_megabytes": 512,
        "excluded": [["bmp180", "temperature"]],
        "included": [],
        "forgotten": [],
    }
    coordinator = entry.runtime_data.coordinator
    assert coordinator.update_interval.total_seconds() == 5
    state = hass.states.get("sensor.attic_mean_temperature")
    assert state is not None
    assert float(state.state) == pytest.approx((21.06 + 21.20) / 2, abs=0.006)


async def test_a_mean_of_one_is_no_mean_and_comes_back(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    await change_options(hass, await open_options(hass, entry), counted=["dht22.temperature"])
    await hass.async_block_till_done()
    assert hass.states.get("sensor.attic_mean_temperature") is None
    assert er.async_get(hass).async_get("sensor.attic_mean_temperature") is None

    await change_options(hass, await open_options(hass, entry), counted=ALL)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.attic_mean_temperature") is not None


async def test_at_least_one_sensor_counts(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    form = await change_options(hass, await open_options(hass, entry), counted=[])

    assert errors(form) == {"counted": "none_counted"}
    result = await change_options(hass, form, counted=["dht22.temperature"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_options_while_the_station_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, options={"excluded": [["a", "t"]]})
    form = await open_options(hass, entry)
    assert form["data_schema"] is not None
    assert "counted" not in form["data_schema"].schema

    await change_options(hass, form, journal_days=5)
    assert entry.options["excluded"] == [["a", "t"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("update_seconds", -1), ("journal_days", 0), ("journal_megabytes", 15), ("poll_seconds", 0)],
)
async def test_options_are_bounded(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, value: int
) -> None:
    form = await open_options(hass, entry)

    with pytest.raises(InvalidData):
        await change_options(hass, form, **{name: value})
