"""In which unit a station's InfluxDB holds what, whatever was written there before."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx import InfluxKind, InfluxTarget
from custom_components.air_state.influxdb import MINOR_VERSION, InfluxSettings
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux

PASCAL = {"pressure": "Pa", "seaLevelPressure": "Pa"}


@pytest.fixture
async def influx(socket_enabled: None) -> AsyncIterator[FakeInflux]:
    async with FakeInflux(InfluxKind.V2) as fake:
        yield fake


def mirrored(hass: HomeAssistant, entry: MockConfigEntry, url: str, minor_version: int) -> None:
    """Let the entry be one that an Air State of that version has stored."""
    target = InfluxTarget(
        url=url, kind=InfluxKind.V2, place="air", organisation=ORGANISATION, token=TOKEN
    )
    stored = {**InfluxSettings.new(target, since=0).as_stored(), "url": url}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_INFLUXDB: stored}, minor_version=minor_version
    )


async def first_line(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> str:
    """Return the first line that gets to InfluxDB until the entry is unloaded."""
    for _ in range(500):
        if influx.lines:
            break
        await asyncio.sleep(0.01)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    return influx.lines[0]


async def test_a_series_that_was_written_in_pascal_goes_on_in_pascal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    station.sends(bmp180={"pressure": "998.42", "seaLevelPressure": "1013.25"})
    mirrored(hass, entry, influx.url, minor_version=1)
    await set_up()
    line = await first_line(hass, entry, influx)
    assert "pressure=99842.0," in line
    assert "seaLevelPressure=101325.0," in line
    assert (entry.minor_version, entry.options["stored_units"]) == (MINOR_VERSION, PASCAL)


async def test_a_new_series_is_in_hectopascal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    station.sends(bmp180={"pressure": "998.42"})
    mirrored(hass, entry, influx.url, minor_version=MINOR_VERSION)
    await set_up()
    assert "pressure=998.42," in await first_line(hass, entry, influx)


async def test_an_entry_without_influxdb_has_no_units_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    hass.config_entries.async_update_entry(entry, minor_version=1)
    await set_up()
    assert (entry.minor_version, "stored_units" in entry.options) == (MINOR_VERSION, False)


async def test_an_address_that_was_stored_without_port_80_gets_it_back(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    for before, after in {
        "http://influx.test": "http://influx.test:80",
        "http://influx.test/way": "http://influx.test:80/way",
        "http://influx.test:8086": "http://influx.test:8086",
        "https://influx.test": "https://influx.test",
    }.items():
        mirrored(hass, entry, before, minor_version=1)
        await set_up()
        assert entry.data[CONF_INFLUXDB]["url"] == after
        await hass.config_entries.async_unload(entry.entry_id)


async def test_other_options_leave_the_units_alone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    mirrored(hass, entry, influx.url, minor_version=1)
    await set_up()
    form = await hass.config_entries.options.async_init(entry.entry_id)
    values = {"poll_seconds": 60, "update_seconds": 10, "journal_days": 9, "journal_megabytes": 99}
    form = await hass.config_entries.options.async_configure(
        form["flow_id"], {**values, "device_tag": "attic", "own_readings": False, "counted": []}
    )
    await hass.async_block_till_done()
    assert entry.options["stored_units"] == PASCAL
