"""Questions to a journal that cannot be read, and questions that are cancelled."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from custom_components.air_state.core.domain.errors import (
    JournalUnavailableError,
    JournalVersionError,
)
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.journal import source as journal_history
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.history.bench import Bench, at, bench, poll
from tests.core.history.reference import drifting

__all__ = ["bench"]


async def test_the_journal_cannot_be_opened(bench: Bench) -> None:
    bench.path.mkdir()
    bench.put([poll(at("2026-11-02T10:00"), s_p=1)])

    with pytest.raises(JournalUnavailableError):
        await bench.ask(HistoryRequest())


async def test_the_journal_is_of_a_newer_version(bench: Bench) -> None:
    Journal(bench.path).close()
    with closing(sqlite3.connect(bench.path)) as plain:
        plain.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalVersionError):
        await bench.ask(HistoryRequest())


async def test_a_question_that_nobody_waits_for_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(drifting("2026-10-01", "2026-11-01", timedelta(seconds=30)))
    await bench.writer.flush()
    stopped: list[JournalUnavailableError] = []
    run = journal_history._with_connection

    def watched(path: Path, abandoned: Event, job: Callable[..., object]) -> object:
        try:
            return run(path, abandoned, job)
        except JournalUnavailableError as error:
            stopped.append(error)
            raise

    monkeypatch.setattr(journal_history, "_with_connection", watched)
    request = HistoryRequest(start="2026-10-01", window="1s", limit=25_000)
    task = asyncio.create_task(bench.ask(request))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while not stopped:
            await asyncio.sleep(0.01)
    assert "interrupted" in stopped[0].details["reason"]
