"""Tasks that fail are logged once and started again, and logged when they have recovered."""

import asyncio
import logging
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant

from custom_components.air_state import tasks
from custom_components.air_state.core.journal.writer import JournalWriter
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.tasks import keep_running
from tests.ha.conftest import SetUp
from tests.ha.issues import own_lines
from tests.ha.test_init import rows


async def test_a_task_that_fails_is_started_again_and_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_RECOVERED_SECONDS", 0.05)
    starts, secret = 0, "a secret"
    well = asyncio.Event()

    async def run() -> None:
        nonlocal starts
        starts += 1
        await asyncio.sleep(0)
        if starts < 4:
            raise ValueError(secret)
        await well.wait()
        if starts == 4:
            raise KeyError(secret)

    task = asyncio.create_task(keep_running("journal of Attic", run, jitter=lambda: 0.0))
    async with asyncio.timeout(10):
        while len(own_lines(caplog)) < 2:
            await asyncio.sleep(0.01)
    assert starts == 4
    assert [level for level, _ in own_lines(caplog)] == [logging.ERROR, logging.INFO]
    assert "journal of Attic" in own_lines(caplog)[0][1]
    assert "ValueError in test_tasks.py:" in own_lines(caplog)[0][1]
    assert "secret" not in caplog.text

    well.set()
    await asyncio.wait_for(task, 10)
    assert starts == 5
    assert [level for level, _ in own_lines(caplog)[2:]] == [logging.ERROR]


async def test_a_task_that_is_cancelled_ends() -> None:
    task = asyncio.create_task(keep_running("x", asyncio.Event().wait))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


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
