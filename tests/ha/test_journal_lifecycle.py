"""Snapshots that the disk does not take before an entry is unloaded."""

import asyncio
import logging
from pathlib import Path

import pytest
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.ha.conftest import SetUp
from tests.ha.issues import issues, own_lines
from tests.ha.test_init import rows


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
