"""A mirrored station: outages of InfluxDB, and the end of Home Assistant."""

import asyncio
import logging
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import DOMAIN
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.influx import FakeInflux
from tests.ha.issues import issues, own_lines
from tests.ha.mirroring.mirrored import (
    CONNECTION,
    entry,
    hanging,
    influx,
    poll,
    quick,
    settled,
    times,
    until,
)
from tests.ha.test_init import T_DHT, rows, state

__all__ = ["entry", "influx", "quick"]


async def test_an_outage_is_said_once_and_costs_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    station: FakeStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = await set_up()
    assert data.mirror is not None
    await settled(hass, data)
    await influx.__aexit__()
    for temperature in range(5):
        station.sends(dht22={"temperature": temperature})
        await poll(hass, data)
        assert state(hass, T_DHT) == f"{temperature}.0"  # never waits for InfluxDB
    mirror = data.mirror
    await until(lambda: mirror.status.backlog == 5 and mirror.status.problem)
    await hass.async_block_till_done()
    assert state(hass, CONNECTION) == "off"
    connection = hass.states.get(CONNECTION)
    assert connection is not None
    assert influx.url in connection.attributes["reason"]
    assert issues(hass) == {}

    await influx.__aenter__()
    data.mirror.retry()
    await settled(hass, data)
    assert state(hass, CONNECTION) == "on"
    assert len(times(influx)) == 6
    levels = [level for level, line in own_lines(caplog) if "InfluxDB" in line]
    assert levels == [logging.WARNING, logging.INFO]


async def test_an_influxdb_that_hangs_holds_nobody_up(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    async with hanging(hass, entry):
        data = await set_up()
        for temperature in range(5):
            station.sends(dht22={"temperature": temperature})
            await poll(hass, data)
            assert state(hass, T_DHT) == f"{temperature}.0"
        assert data.mirror is not None
        started = asyncio.get_running_loop().time()
        closing = asyncio.create_task(data.mirror.close(0.2))
        await closing
        assert asyncio.get_running_loop().time() - started < 5


@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_what_can_be_sent_at_the_end_is_sent(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux, how: str
) -> None:
    data = await set_up()
    for _ in range(3):
        await poll(hass, data)
    if how == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        await hass.async_stop(force=True)
    await hass.async_block_till_done()
    assert len(times(influx)) == 4


async def test_what_cannot_be_sent_goes_with_the_next_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    journal_path: Path,
) -> None:
    await influx.__aexit__()
    data = await set_up()
    await poll(hass, data)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert (influx.lines, rows(journal_path)) == ([], 2)

    await influx.__aenter__()
    await settled(hass, await set_up())
    assert len(times(influx)) == 3


async def test_one_station_that_finds_it_back_wakes_the_others(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    await influx.__aexit__()
    other_station = FakeStation()
    await other_station.start()
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Cellar",
        data={**entry.data, "address": other_station.address},
        options={**entry.options, "device_tag": "cellar"},
    )
    data = await set_up()
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    mirrors = [each.runtime_data.mirror for each in (entry, other)]
    for mirror in mirrors:
        mirror._backoff._failures = 60  # it would take minutes
    await until(lambda: all(mirror.status.problem for mirror in mirrors))
    await influx.__aenter__()
    assert data.mirror is not None
    await data.mirror.try_now()
    await until(lambda: not any(mirror.status.problem for mirror in mirrors))
    await other_station.stop()
