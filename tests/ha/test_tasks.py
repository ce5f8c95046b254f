"""Tasks that fail are told once, started again, and told when they are well."""

import asyncio
import logging

import pytest

from custom_components.air_state import tasks
from custom_components.air_state.tasks import keep_running
from tests.ha.test_journal_issues import own_lines


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
