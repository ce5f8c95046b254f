"""Repair issues of the journal that a person answers: clocks that were wrong."""

import time
from contextlib import closing
from pathlib import Path

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.core import journal_writer
from custom_components.air_state.core.journal import Journal
from custom_components.air_state.core.journal_clock import Doubt
from custom_components.air_state.core.journal_writer import JournalStatus
from custom_components.air_state.core.models import ReadingKey, Snapshot
from custom_components.air_state.issues import JournalIssues
from tests.ha.conftest import SetUp
from tests.ha.test_init import rows
from tests.ha.test_mirror import Client, take, until
from tests.ha.test_support import issues, own_lines

DAY = 86_400_000


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Client:
    await async_setup_component(hass, REPAIRS_DOMAIN, {})
    made: Client = await hass_client()
    return made


def now() -> int:
    return time.time_ns() // 1_000_000


def fill(path: Path, newest: int) -> None:
    """Write nine days of rows, an hour apart."""
    key = ReadingKey("dht22", "temperature")
    with closing(Journal(path)) as journal:
        journal.append(
            [
                Snapshot(device="n", taken_at=newest - hour * 3_600_000, readings={key: 1.0})
                for hour in reversed(range(216))
            ]
        )


@pytest.mark.parametrize("choice", ["wait", "clock_right"])
async def test_a_clock_that_went_far_ahead(
    hass: HomeAssistant,
    set_up: SetUp,
    journal_path: Path,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    choice: str,
) -> None:
    monkeypatch.setattr(journal_writer, "GROUP_SECONDS", 0.01)
    last = now() - 30 * DAY
    await hass.async_add_executor_job(fill, journal_path, last)
    data = await set_up()
    await until(lambda: "clock_ahead" in issues(hass))
    assert rows(journal_path) == 217
    shown = issues(hass)["clock_ahead"]
    assert shown["count"] == "216"
    assert shown["last"] < shown["now"]
    assert sum("are too old by it wait" in line for _, line in own_lines(caplog)) == 1

    await take(hass, client, "clock_ahead", choice)
    await data.coordinator.async_refresh()
    if choice == "wait":
        await data.journal.flush()
        assert rows(journal_path) == 218
        return
    await until(lambda: rows(journal_path) == 2)
    assert issues(hass) == {}


async def test_a_clock_that_went_ahead_of_a_station_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, journal_path: Path, client: Client
) -> None:
    await hass.async_add_executor_job(fill, journal_path, now() - 30 * DAY)
    await set_up()
    await until(lambda: "clock_ahead" in issues(hass))
    await hass.config_entries.async_unload(entry.entry_id)
    answer = await take(hass, client, "clock_ahead", "clock_right")
    assert (answer["type"], answer["reason"]) == ("abort", "not_loaded")


async def test_times_that_no_zone_can_show(hass: HomeAssistant) -> None:
    year_9999 = 253_402_300_799_999
    told = JournalIssues(hass, "entry", "Attic")
    told.report(JournalStatus(ahead=year_9999, doubt=Doubt(rows=1, last=year_9999, lead=year_9999)))
    assert issues(hass)["clock_behind"]["until"].startswith("9999-01-01")
    assert issues(hass)["clock_ahead"]["now"].startswith("9999-01-01")
    told.report(JournalStatus())
    assert issues(hass) == {}
