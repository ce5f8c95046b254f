"""Repair issues of the journal that a person answers: clocks that were wrong."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.journal.writing.journal_clock import ClockJump
from custom_components.air_state.journal_issues import JournalIssues
from tests.ha.conftest import SetUp
from tests.ha.issues import issues, own_lines
from tests.ha.mirroring.mirrored import Client, take, until
from tests.ha.test_init import rows

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
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
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
    told.report(
        JournalStatus(
            clock_behind_until=year_9999,
            clock_jump=ClockJump(rows=1, last=year_9999, lead=year_9999),
        )
    )
    assert issues(hass)["clock_behind"]["until"].startswith("9999-01-01")
    assert issues(hass)["clock_ahead"]["now"].startswith("9999-01-01")
    told.report(JournalStatus())
    assert issues(hass) == {}


async def take_out(hass: HomeAssistant, set_up: SetUp, client: Client) -> str:
    """Let there be a row of the future, taken out by a person; return the issue that tells."""
    data = await set_up()
    await data.journal.flush()
    key = ReadingKey("dht22", "temperature")
    data.journal.add(Snapshot(device="n", taken_at=now() + 3 * DAY, readings={key: 1.0}))
    await data.journal.flush()
    await data.coordinator.async_refresh()
    await data.journal.flush()
    await until(lambda: "clock_behind" in issues(hass))
    await take(hass, client, "clock_behind", "forget_future")
    await until(lambda: "future_set_aside" in issues(hass))
    assert issues(hass)["future_set_aside"]["count"] == "2"
    (found,) = (
        each
        for each in ir.async_get(hass).issues.values()
        if each.translation_key == "future_set_aside"
    )
    assert found.data is not None
    assert Path(str(found.data["path"])).exists()
    return found.issue_id


async def answer(hass: HomeAssistant, client: Client, issue_id: str, choice: str) -> dict[str, Any]:
    start = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
    )
    flow = await start.json()
    end = await client.post(
        f"/api/repairs/issues/fix/{flow['flow_id']}", json={"next_step_id": choice}
    )
    found: dict[str, Any] = await end.json()
    await hass.async_block_till_done()
    return found


@pytest.mark.parametrize("choice", ["leave_out", "bring_back"])
async def test_rows_that_were_taken_out_can_be_put_back(
    hass: HomeAssistant, set_up: SetUp, journal_path: Path, client: Client, choice: str
) -> None:
    issue_id = await take_out(hass, set_up, client)
    await until(lambda: rows(journal_path) == 2)  # of the first start, and of the one after
    await answer(hass, client, issue_id, choice)
    assert "future_set_aside" not in issues(hass)
    assert "journal_rows_missing" not in issues(hass)
    expected = 2 if choice == "leave_out" else 5
    await until(lambda: rows(journal_path) == expected)


async def test_rows_cannot_be_put_back_while_the_station_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, client: Client
) -> None:
    issue_id = await take_out(hass, set_up, client)
    await hass.config_entries.async_unload(entry.entry_id)
    found = await answer(hass, client, issue_id, "bring_back")
    assert (found["type"], found["reason"]) == ("abort", "not_loaded")


async def test_a_journal_that_is_gone_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    journal_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await hass.async_add_executor_job(fill, journal_path, now())
    await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    journal_path.unlink()
    await set_up()
    shown = issues(hass)["journal_rows_missing"]
    assert (shown["kept"], shown["known"]) == ("0", "217")
    assert shown["newest"].startswith("20")
    assert sum("lacks rows" in line for _, line in own_lines(caplog)) == 1

    await hass.config_entries.async_unload(entry.entry_id)
    await set_up()
    assert sum("lacks rows" in line for _, line in own_lines(caplog)) == 1
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == {}
    assert list(journal_path.parent.iterdir()) == []
