"""Repair issues, diagnostics, backups and system health."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.backup import async_post_backup, async_pre_backup
from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.journal.recovery.opening import JournalLoss
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalWriter
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.diagnostics import async_get_config_entry_diagnostics
from custom_components.air_state.journal_issues import JournalIssues
from custom_components.air_state.translate import escape_markdown
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.test_init import T_DHT, rows, state


def issues(hass: HomeAssistant) -> dict[str, dict[str, str]]:
    return {
        issue.translation_key or "": dict(issue.translation_placeholders or {})
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


def own_lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name == "custom_components.air_state" and record.levelno > logging.DEBUG
    ]


def unescaped(text: str) -> str:
    return text.replace("\\", "")


async def test_a_journal_that_cannot_be_written_never_stops_the_entities(
    hass: HomeAssistant,
    set_up: SetUp,
    station: FakeStation,
    journal_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.05)
    journal_path.parent.parent.mkdir(exist_ok=True)
    journal_path.parent.write_text("a file in the folder's place")
    data = await set_up()
    for temperature in range(3):
        station.sends(dht22={"temperature": temperature})
        await data.coordinator.async_refresh()
        await hass.async_block_till_done()
        assert state(hass, T_DHT) == f"{temperature}.0"
        await asyncio.sleep(0.1)

    (placeholders,) = issues(hass).values()
    assert issues(hass).keys() == {"journal_not_writable"}
    assert placeholders["name"] == "Attic"
    assert placeholders["path"].endswith(".db")
    assert placeholders["reason"]
    assert [level for level, _ in own_lines(caplog)] == [logging.ERROR]

    journal_path.parent.unlink()
    async with asyncio.timeout(10):
        while issues(hass):
            await asyncio.sleep(0.02)
    assert rows(journal_path) == 4
    assert [level for level, _ in own_lines(caplog)] == [logging.ERROR, logging.INFO]


async def test_a_damaged_journal_is_set_aside_and_the_user_confirms(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    journal_path: Path,
    hass_client: ClientSessionGenerator,
) -> None:
    journal_path.parent.mkdir(parents=True)
    journal_path.write_bytes(b"ruined " * 1000)
    await async_setup_component(hass, REPAIRS_DOMAIN, {})
    await set_up()

    assert state(hass, T_DHT) == "21.2"
    assert issues(hass).keys() == {"journal_set_aside"}
    aside = Path(unescaped(issues(hass)["journal_set_aside"]["path"]))
    assert aside.read_bytes() == b"ruined " * 1000

    client = await hass_client()
    issue_id = f"journal_set_aside_{entry.entry_id}_{aside.name}"
    answer = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
    )
    form = await answer.json()
    assert form["description_placeholders"] == {
        "name": "Attic",
        "path": escape_markdown(str(aside)),
        "kept": "0",
        "known": "0",
        "newest": "?",
    }
    await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    assert issues(hass) == {}
    assert aside.exists()


async def test_a_journal_of_a_newer_version_is_said_and_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, journal_path: Path
) -> None:
    def write() -> bytes:
        Journal(journal_path).close()
        with closing(sqlite3.connect(journal_path)) as plain:
            plain.execute("PRAGMA user_version = 99")
        return journal_path.read_bytes()

    before = await hass.async_add_executor_job(write)
    await set_up()

    assert state(hass, T_DHT) == "21.2"
    assert issues(hass).keys() == {"journal_newer_version"}
    assert issues(hass)["journal_newer_version"]["found"] == "99"
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert journal_path.read_bytes() == before
    assert [each.name for each in journal_path.parent.iterdir()] == [journal_path.name]

    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == {}


async def test_every_damaged_file_is_shown_once_and_none_hides_another(
    hass: HomeAssistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = JournalIssues(hass, "entry", "Attic")
    first, second = tmp_path / "a.damaged.db", tmp_path / "b.damaged.db"
    for path in (first, first, second, second):
        told.report(JournalStatus(loss=JournalLoss(aside=path, kept=1, known=2, newest=None)))

    assert len(own_lines(caplog)) == 2
    paths = [
        unescaped((issue.translation_placeholders or {})["path"])
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    ]
    assert paths == [str(first), str(second)]
    told.clear()
    assert issues(hass) == {}


async def test_setting_up_again_and_again_tells_a_problem_once(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    problem = JournalUnavailableError(path="x.db", reason="disk full")
    for _ in range(3):
        JournalIssues(hass, "entry", "Attic").report(JournalStatus(problem=problem))
    assert [level for level, _ in own_lines(caplog)] == [logging.ERROR]

    for _ in range(2):
        JournalIssues(hass, "entry", "Attic").report(JournalStatus())
    assert [level for level, _ in own_lines(caplog)] == [logging.ERROR, logging.INFO]
    assert issues(hass) == {}


async def test_what_could_not_be_written_at_the_end_is_said(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    journal_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    journal_path.parent.parent.mkdir(exist_ok=True)
    journal_path.parent.write_text("a file in the folder's place")
    await set_up()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    assert (logging.ERROR, "1 snapshots of Attic could not be written and are lost") in own_lines(
        caplog
    )


async def test_loading_again_loses_nothing_that_the_disk_did_not_take(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    journal_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.05)
    journal_path.parent.parent.mkdir(exist_ok=True)
    journal_path.parent.write_text("a file in the folder's place")
    data = await set_up()
    await data.coordinator.async_refresh()
    for _ in range(2):
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    told = [line for _, line in own_lines(caplog) if "they wait until it is loaded again" in line]
    assert len(told) == 1

    journal_path.parent.unlink()
    async with asyncio.timeout(10):
        while issues(hass):
            await asyncio.sleep(0.02)
    assert rows(journal_path) == 4


async def test_a_listener_that_fails_does_not_end_the_writing(
    hass: HomeAssistant,
    set_up: SetUp,
    journal_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as one that cannot show a time of the year 9999."""
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    data = await set_up()
    await data.journal.flush()
    told: list[dict[str, object]] = []
    hass.loop.set_exception_handler(lambda _loop, context: told.append(context))
    monkeypatch.setattr(data.journal._publisher, "_on_change", lambda _status: 1 / 0)
    data.journal._publisher._published = None
    for _ in range(3):
        await data.coordinator.async_refresh()
        async with asyncio.timeout(10):
            while data.journal.pending:
                await asyncio.sleep(0.01)
    assert rows(journal_path) == 4
    assert [type(each["exception"]) for each in told] == [ZeroDivisionError]


async def test_a_task_of_ours_that_dies_is_started_again(
    hass: HomeAssistant,
    set_up: SetUp,
    journal_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    run = JournalWriter.run
    deaths = 2

    async def dying(writer: JournalWriter) -> None:
        nonlocal deaths
        if deaths:
            deaths -= 1
            raise RuntimeError
        await run(writer)

    monkeypatch.setattr(JournalWriter, "run", dying)
    await set_up()
    async with asyncio.timeout(20):
        while not journal_path.exists() or not rows(journal_path):
            await asyncio.sleep(0.02)
    told = [line for _, line in own_lines(caplog) if "is started again" in line]
    assert told == [told[0]]
    assert told[0].startswith("The journal of Attic failed")


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


async def test_a_backup_holds_the_journal_and_lets_it_go(
    hass: HomeAssistant, set_up: SetUp, journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    data = await set_up()
    await async_pre_backup(hass)
    before = journal_path.read_bytes()
    for _ in range(3):
        await data.coordinator.async_refresh()
    await asyncio.sleep(0.2)
    assert journal_path.read_bytes() == before
    assert data.journal.pending == 3

    await async_post_backup(hass)
    async with asyncio.timeout(5):
        while data.journal.pending:
            await asyncio.sleep(0.02)


async def test_a_backup_goes_on_without_a_journal(
    hass: HomeAssistant,
    set_up: SetUp,
    journal_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    journal_path.parent.parent.mkdir(exist_ok=True)
    journal_path.parent.write_text("a file in the folder's place")
    await set_up()
    await async_pre_backup(hass)

    assert any("may lack the last rows of Attic" in line for _, line in own_lines(caplog))
    await async_post_backup(hass)


async def test_system_health(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()

    assert await get_system_health_info(hass, DOMAIN) == {
        "stations": 1,
        "stations_answering": 1,
        "journals_writable": 1,
        "mirrors": 0,
        "mirrors_working": 0,
        "backlog": 0,
    }
