"""A station's life: set up, away, back, unloaded, removed, Home Assistant stopped."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot, Source
from custom_components.air_state.core.journal.storage.file import Journal
from tests.ha.conftest import FakeStation, SetUp
from tests.payloads import encode

T_DHT = "sensor.attic_dht22_temperature"


def state(hass: HomeAssistant, entity_id: str) -> str:
    found = hass.states.get(entity_id)
    assert found is not None
    return found.state


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as plain:
        count: int = plain.execute("SELECT count(*) FROM snapshots").fetchone()[0]
        return count


async def test_set_up_and_unload(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, journal_path: Path
) -> None:
    data = await set_up()
    assert state(hass, T_DHT) == "21.2"

    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert state(hass, T_DHT) == STATE_UNAVAILABLE
    assert data.journal.pending == 0
    assert {each.name for each in journal_path.parent.iterdir()} == {
        journal_path.name,
        journal_path.with_suffix(".mark").name,
    }
    assert rows(journal_path) == 1


async def test_removal_takes_the_journal_along(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, journal_path: Path
) -> None:
    await set_up()
    assert journal_path.exists()

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert list(journal_path.parent.iterdir()) == []
    assert not er.async_get(hass).entities
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)


async def test_home_assistant_stops_without_losing_a_snapshot(
    hass: HomeAssistant, set_up: SetUp, journal_path: Path
) -> None:
    data = await set_up()
    await data.journal.flush()
    for _ in range(3):
        await data.coordinator.async_refresh()
    assert data.journal.pending == 3  # they wait for their group

    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert rows(journal_path) == 4


async def test_a_station_away_at_the_first_start_is_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation
) -> None:
    await station.stop()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert "does not accept connections" in entry.reason


async def test_a_station_away_at_a_later_start_still_has_its_history(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    await station.stop()
    data = await set_up()

    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, T_DHT) == STATE_UNAVAILABLE
    assert len(await data.history.latest(Source.AUTO)) == 11 + 13
    await station.start()
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, T_DHT) == "21.2"


async def test_losing_and_finding_the_station_is_logged_once_each(
    hass: HomeAssistant,
    set_up: SetUp,
    station: FakeStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = await set_up()
    caplog.clear()
    await station.stop()
    for _ in range(3):
        await data.coordinator.async_refresh()
        await hass.async_block_till_done()
        assert state(hass, T_DHT) == STATE_UNAVAILABLE
        assert state(hass, "sensor.attic_mean_temperature") == STATE_UNAVAILABLE
    assert data.journal.pending <= 1  # a failed poll is not journaled

    await station.start()
    for _ in range(2):
        await data.coordinator.async_refresh()
        await hass.async_block_till_done()
        assert state(hass, T_DHT) == "21.2"

    lines = [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name == "custom_components.air_state" and record.levelno > logging.DEBUG
    ]
    assert [level for level, _ in lines] == [logging.ERROR, logging.INFO]
    assert "Attic" in lines[0][1]
    assert "does not accept connections" in lines[0][1]
    assert "recovered" in lines[1][1]


async def test_polling_goes_on_with_every_entity_disabled(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    station: FakeStation,
) -> None:
    await set_up()
    registry = er.async_get(hass)
    for entity_id in list(registry.entities):
        registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids("sensor") == []
    before = station.polls

    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=3601))
    async with asyncio.timeout(5):
        while station.polls == before:
            await asyncio.sleep(0.01)


async def test_polling_needs_no_platform(
    hass: HomeAssistant,
    set_up: SetUp,
    station: FakeStation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The journal listens itself; a platform's listener may not be what keeps polling going."""
    monkeypatch.setattr("custom_components.air_state.PLATFORMS", [])
    await set_up()
    before = station.polls

    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=3601))
    async with asyncio.timeout(5):
        while station.polls == before:
            await asyncio.sleep(0.01)


async def test_what_the_journal_knows_is_there_though_it_is_missing_now(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation, journal_path: Path
) -> None:
    await hass.async_add_executor_job(fill, journal_path)
    await set_up()

    assert state(hass, "sensor.attic_sds011_pm2_5") == "unknown"
    assert hass.states.get("sensor.attic_mean_humidity") is not None


def fill(path: Path) -> None:
    """Write a journal of sensors that the station does not have any more."""
    keys = {ReadingKey("sds011", "pm25"): 7.0, ReadingKey("bme280", "humidity"): 40.0}
    with closing(Journal(path)) as journal:
        journal.append([Snapshot(device="n", taken_at=1, readings=keys)])


async def test_the_device_page(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    await set_up()

    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.identifiers == {(DOMAIN, entry.entry_id)}
    assert (device.name, device.model_id) == ("Attic", "nodemcu")
    assert device.configuration_url == f"http://{station.address}/circumstances"


async def test_the_known_device_is_read_wherever_it_stands(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation
) -> None:
    data = await set_up()
    station.body = encode({"x": {"s": {"p": 1}}, "nodemcu": {"dht22": {"temperature": 5}}})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()

    assert state(hass, T_DHT) == "5.0"
