"""Journals are paused during a backup."""

import asyncio
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant

from custom_components.air_state.backup import async_post_backup, async_pre_backup
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.ha.conftest import SetUp
from tests.ha.issues import own_lines


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
