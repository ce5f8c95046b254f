"""Whatever fails once in the journal's thread or the loop: writing goes on, no row is lost."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    JournalDamagedError,
    JournalError,
    JournalUnavailableError,
)
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.recovery import high_water_mark, rebuild
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.counters import CounterTable
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.storage.snapshots import SnapshotTable
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import handle as journal_handle
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.snapshots import BMP, T0, read_after, snapshot

ERRORS: list[Callable[[], Exception]] = [
    lambda: JournalUnavailableError(path="x", reason="full"),
    lambda: JournalDamagedError(path="x", reason="damaged"),
    lambda: sqlite3.OperationalError("interrupted"),
    RuntimeError,
    MemoryError,
    OSError,
]
PLACES = [
    (Journal, "append"),
    (Journal, "prune"),
    (Journal, "is_in_place"),
    (Journal, "checkpoint"),
    (CounterTable, "save_clock_state"),
    (SnapshotTable, "count_before"),
    (SnapshotTable, "count_after"),
    (Journal, "close"),
    (journal_handle, "open_journal"),
    (high_water_mark, "write_mark"),
    (rebuild, "lacks_commits"),
]


def writer_for(path: Path, statuses: list[JournalStatus] | None = None) -> JournalWriter:
    return JournalWriter(
        path,
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=(statuses if statuses is not None else []).append,
    )


def stored(path: Path) -> list[Snapshot]:
    with closing(Journal(path)) as journal:
        return read_after(journal, 0, 10**6)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _, name in PLACES])
async def test_one_failure_ends_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    error: Callable[[], Exception],
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(journal_schedule, "PRUNE_SECONDS", 0.01)
    path = tmp_path / "station.db"
    writer = writer_for(path)
    await writer.open()
    task = asyncio.create_task(writer.run())
    real = getattr(owner, name)
    failures = 0

    def failing(*args: object, **named: object) -> object:
        nonlocal failures
        if not failures:
            failures += 1
            raise error()
        return real(*args, **named)

    writer.add(snapshot(0))
    monkeypatch.setattr(owner, name, failing)
    await writer.check_file()
    for number in range(1, 8):
        writer.add(snapshot(number))
        await writer.flush()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(20):
        while writer.pending:
            await asyncio.sleep(0.01)
    assert not task.done()
    assert writer.status.problem is None
    await writer.close()
    monkeypatch.undo()
    assert [each.taken_at for each in stored(path)] == [
        snapshot(number).taken_at for number in range(8)
    ]


@pytest.mark.parametrize(
    "readings",
    [
        {BMP: float("inf"), ReadingKey("\ud800", "x"): 1.0},
        {ReadingKey("s", "\ud800"): 1.0},
        {BMP: 2**80},
    ],
)
async def test_a_row_that_cannot_be_written_does_not_stop_those_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readings: dict[ReadingKey, float]
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.01)
    statuses: list[JournalStatus] = []
    path = tmp_path / "station.db"
    writer = writer_for(path, statuses)
    await writer.open()
    task = asyncio.create_task(writer.run())
    writer.add(Snapshot(device="x", taken_at=T0 - 1000, readings=readings))
    async with asyncio.timeout(20):  # alone it is kept: it need not be the row
        while not statuses[-1].problem:
            await asyncio.sleep(0.01)
    for number in range(3):
        writer.add(snapshot(number))
    async with asyncio.timeout(20):
        while writer.pending or writer.status.problem:
            await asyncio.sleep(0.01)
    assert not task.done()
    assert writer.status.dropped_snapshots == 1
    await writer.close()
    assert [each.taken_at for each in stored(path)] == [
        snapshot(number).taken_at for number in range(3)
    ]


async def test_where_no_row_can_be_written_none_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "station.db"
    writer = writer_for(path)
    await writer.open()
    for number in range(3):
        writer.add(snapshot(number))
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", lambda *_args, **_named: 1 / 0)
        await writer.flush()
    assert isinstance(writer.status.problem, JournalError)
    assert (writer.pending, writer.status.dropped_snapshots) == (3, 0)
    await writer.close()
    assert len(stored(path)) == 3


async def test_a_table_that_is_dropped_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    writer = writer_for(path)
    await writer.open()
    await writer.execute(lambda journal: journal._connection.execute("DROP TABLE snapshots"))
    for number in range(3):
        writer.add(snapshot(number))
    await writer.flush()
    await writer.close()
    assert writer.status.damage is not None
    assert writer.status.dropped_snapshots == 0
    assert len(stored(path)) == 3


async def test_a_listener_that_fails_is_told_and_hears_the_next(tmp_path: Path) -> None:
    statuses: list[JournalStatus] = []
    heard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))

    def listen(status: JournalStatus) -> None:
        statuses.append(status)
        if len(statuses) == 1:
            raise OverflowError

    writer = JournalWriter(
        tmp_path / "j" / "station.db",
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=listen,
    )
    (tmp_path / "j").write_text("in the folder's place")
    await writer.open()
    (tmp_path / "j").unlink()
    await writer.check_file()
    await writer.close()
    assert [type(context["exception"]) for context in heard] == [OverflowError]
    assert [status.problem is None for status in statuses] == [False, True]
