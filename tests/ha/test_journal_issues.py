"""Repair issues of a journal, and the log lines with them."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.journal.recovery.rebuild import DamageReport
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.journal_issues import JournalIssues
from custom_components.air_state.translate import escape_markdown
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.issues import issues, own_lines, unescaped
from tests.ha.test_init import T_DHT, rows, state


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
    file = Path(unescaped(issues(hass)["journal_set_aside"]["path"]))
    assert file.read_bytes() == b"ruined " * 1000

    client = await hass_client()
    issue_id = f"journal_set_aside_{entry.entry_id}_{file.name}"
    answer = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
    )
    form = await answer.json()
    assert form["description_placeholders"] == {
        "name": "Attic",
        "path": escape_markdown(str(file)),
        "kept": "0",
        "known": "0",
        "newest": "?",
    }
    await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    assert issues(hass) == {}
    assert file.exists()


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
        told.report(JournalStatus(damage=DamageReport(file=path, kept=1, known=2, newest=None)))

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
