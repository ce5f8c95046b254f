"""Diagnostics explain problems and do not identify the user."""

from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.air_state.diagnostics import async_get_config_entry_diagnostics
from tests.ha.conftest import FakeStation, SetUp


async def test_diagnostics_explain_and_do_not_identify(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    station.sends(dht22={"humidity": "nan"})
    data = await set_up()
    await data.journal.flush()

    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json_bytes(found).decode()
    assert station.address not in text
    assert found["data"] == {"address": "**REDACTED**", "device": "nodemcu"}
    assert found["station"]["answers"] is True
    assert found["station"]["readings"]["dht22.temperature"] == 21.2
    assert found["station"]["refused"] == {
        "dht22.humidity": {"sent": "nan", "reason": "not finite"}
    }
    assert found["journal"]["newest"] == found["station"]["taken_at"]
    assert (found["journal"]["readings"], found["journal"]["lost"]) == (12, 0)
    assert found["means"]["temperature"] == [
        "bmp180.temperature",
        "dht22.temperature",
        "ds18b20.temperature",
    ]


async def test_diagnostics_of_a_station_in_trouble(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    station: FakeStation,
    journal_path: Path,
) -> None:
    def ruin() -> None:
        for each in journal_path.parent.iterdir():
            each.unlink()
        journal_path.mkdir()

    await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    await station.stop()
    await set_up()
    await hass.async_add_executor_job(ruin)

    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["station"] == {
        "answers": False,
        "taken_at": None,
        "readings": {},
        "refused": {},
    }
    assert found["journal"]["problem"] == "journal_unavailable"


@pytest.mark.parametrize("away", [True, False])
async def test_diagnostics_of_a_station_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, *, away: bool
) -> None:
    if away:
        await station.stop()
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()

    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["state"] == ("setup_retry" if away else "not_loaded")
    assert found.keys() == {"data", "options", "state"}
