"""A station with two days of history, and actions called as scripts call them."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.storage.file import Journal
from tests.ha.conftest import FakeStation

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = "2026-11-02T12:00:00+01:00"
CO2, T_BMP, T_DHT = (
    ReadingKey("mq135", "co2"),
    ReadingKey("bmp180", "temperature"),
    ReadingKey("dht22", "temperature"),
)


def fill(path: Path) -> None:
    """Write two days of polls, one every half hour, up to noon of `NOW`."""
    end = datetime.fromisoformat(NOW).timestamp()
    snapshots = [
        Snapshot(
            device="nodemcu",
            taken_at=int(end - 1800 * (96 - number)) * 1000,
            readings={CO2: 400.0 + number, T_BMP: 20.0, T_DHT: 20.0 + number % 2 / 10},
        )
        for number in range(96)
    ]
    journal = Journal(path)
    journal.append(snapshots)
    journal.close()


@pytest.fixture
async def filled(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    journal_path: Path,
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return an entry with two days in its journal, whose station does not answer any more."""
    freezer.move_to(NOW)
    await hass.async_add_executor_job(fill, journal_path)
    await station.stop()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def act(hass: HomeAssistant, action: str, entry: MockConfigEntry, **data: object) -> Any:  # noqa: ANN401 - JSON
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=True,
    )
    json_bytes(answer)  # fails if websocket and REST could not send it
    return answer
