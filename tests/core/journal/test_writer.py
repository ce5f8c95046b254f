"""The journal's thread: groups, a disk that refuses and heals, backups, the end."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
)
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.recovery import opening
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import committer as journal_commits
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY, read_after, snapshot

DAY = 86_400_000


class Bench:
    """A writer at work, and what it told."""

    def __init__(self, path: Path, limits: JournalLimits) -> None:
        self.path = path
        self.told: list[JournalStatus] = []
        self.writer = JournalWriter(
            path, clock=SystemClock(), limits=limits, on_change=self.told.append
        )

    def start(self) -> None:
        self.task = asyncio.create_task(self.writer.run())

    def rows(self) -> list[int]:
        """Return the times of the rows that are committed, by an eye of our own."""
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as plain:
            return [at for (at,) in plain.execute("SELECT taken_at FROM snapshots")]

    async def until_rows(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.rows()) < count:
                await asyncio.sleep(0.01)

    async def until_told(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.told) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 1.0)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.05)
    made = Bench(tmp_path / "j" / "station.db", JournalLimits(days=36_500, max_bytes=2**40))
    yield made
    await made.writer.close()


async def test_the_first_snapshot_is_committed_at_once_and_the_next_in_a_group(
    bench: Bench,
) -> None:
    assert await bench.writer.open() == frozenset()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)
    for number in range(1, 6):
        bench.writer.add(snapshot(number))
    await asyncio.sleep(0.1)

    assert (len(bench.rows()), bench.writer.pending) == (1, 5)  # within the group's time
    async with asyncio.timeout(30):
        while bench.writer.pending:
            await asyncio.sleep(0.01)
    assert len(bench.rows()) == 6
    assert bench.told == [JournalStatus()]


async def test_it_knows_what_it_held_before(bench: Bench) -> None:
    with closing(Journal(bench.path)) as journal:
        journal.append([snapshot(0)])

    assert await bench.writer.open() == {BMP, DHT, HUMIDITY}


async def test_reading_does_not_wait_for_the_group_nor_cost_a_sync(bench: Bench) -> None:
    await bench.writer.open()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)
    bench.writer.add(snapshot(1))
    await bench.writer.flush()

    assert len(bench.rows()) == 2
    # The next commit, though it has nothing to write, makes it safe from a power cut.
    log = bench.path.with_name("station.db-wal")
    assert log.stat().st_size > 0
    async with asyncio.timeout(5):
        while log.stat().st_size:
            await asyncio.sleep(0.01)


async def test_closing_writes_what_waits(bench: Bench) -> None:
    await bench.writer.open()
    bench.start()
    for number in range(3):
        bench.writer.add(snapshot(number))
    await bench.writer.close()
    await bench.writer.close()

    assert not bench.path.with_name("station.db-wal").exists()
    assert len(bench.rows()) == 3
    await asyncio.wait_for(asyncio.wait([bench.task]), 1)


async def test_a_disk_that_refuses_is_told_once_and_heals(bench: Bench) -> None:
    bench.path.parent.write_text("a file in the folder's place")
    assert await bench.writer.open() == frozenset()
    bench.start()
    for number in range(4):
        bench.writer.add(snapshot(number))
        await asyncio.sleep(0.1)

    assert [type(status.problem) for status in bench.told] == [JournalUnavailableError]
    assert bench.writer.pending == 4
    with pytest.raises(JournalUnavailableError):
        await bench.writer.info()

    bench.path.parent.unlink()
    await bench.until_told(2)
    assert bench.told[1] == JournalStatus()
    assert len(bench.rows()) == 4


async def test_memory_is_bounded_while_the_disk_refuses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_commits, "MAX_PENDING", 10)
    bench.path.parent.write_text("a file in the folder's place")
    for number in range(25):
        bench.writer.add(snapshot(number))
    bench.start()
    await bench.until_told(1)
    assert (bench.writer.pending, bench.told[-1].dropped) == (10, 15)

    bench.path.parent.unlink()
    await bench.until_told(2)
    assert bench.told[-1] == JournalStatus(dropped=15)
    assert bench.rows() == [snapshot(number).taken_at for number in range(15, 25)]


async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(bench: Bench) -> None:
    bench.path.parent.mkdir()
    bench.path.write_bytes(b"what is this? " * 1000)
    assert await bench.writer.open() == frozenset()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)

    (told,) = bench.told
    assert told.problem is None
    assert told.loss is not None
    assert told.loss.aside is not None
    assert told.loss.aside.read_bytes() == b"what is this? " * 1000


async def test_damage_while_it_runs(bench: Bench) -> None:
    """The rows that were being written when it showed go into the new file."""
    await bench.writer.open()
    for number in range(2000):
        bench.writer.add(snapshot(number))
    await bench.writer.flush()
    journal = bench.writer._committer._handle.journal
    assert journal is not None
    await bench.writer._thread.run(journal.checkpoint)
    with bench.path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (bench.path.stat().st_size - 8192))
    # As after a while, when SQLite no longer has the pages in memory.
    journal._connection.execute("PRAGMA shrink_memory")
    bench.writer.add(snapshot(5000))
    bench.start()
    await bench.until_told(2)

    assert bench.told[1].loss is not None
    await bench.until_rows(1)
    assert bench.rows() == [snapshot(5000).taken_at]


async def test_a_file_of_a_newer_version_is_left_alone(bench: Bench) -> None:
    Journal(bench.path).close()
    with closing(sqlite3.connect(bench.path)) as plain:
        plain.execute("PRAGMA user_version = 99")
    await bench.writer.open()
    bench.writer.add(snapshot(0))
    bench.start()
    await asyncio.sleep(0.2)

    assert [type(status.problem) for status in bench.told] == [JournalVersionError]
    assert sorted(each.name for each in bench.path.parent.iterdir()) == ["station.db"]


async def test_a_file_that_was_replaced_is_noticed(bench: Bench) -> None:
    await bench.writer.open()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)

    def remove() -> None:
        """Remove the files, in the thread: it may not be about to make new ones meanwhile."""
        for each in bench.path.parent.iterdir():
            each.unlink()

    await bench.writer._thread.run(remove)
    bench.writer.add(snapshot(1))

    found: list[int] = []
    async with asyncio.timeout(30):
        while found != [snapshot(1).taken_at]:
            await asyncio.sleep(0.02)
            with suppress(sqlite3.OperationalError):  # not there yet, or without tables
                found = bench.rows()


async def test_rows_leave_by_age_a_portion_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    bench = Bench(tmp_path / "station.db", JournalLimits(days=1, max_bytes=2**40))
    now = SystemClock().now()
    old = [snapshot(number) for number in range(7500)]  # of 2023
    with closing(Journal(bench.path)) as journal:
        journal.append(old)
    await bench.writer.open()
    await bench.writer.accept_wall_clock()
    bench.start()
    fresh = snapshot((now - snapshot(0).taken_at) // 1000)
    bench.writer.add(fresh)

    async with asyncio.timeout(10):
        while bench.rows() != [fresh.taken_at]:
            await asyncio.sleep(0.02)
    await bench.writer.close()


async def test_a_backup_finds_the_file_at_rest(bench: Bench) -> None:
    await bench.writer.open()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)
    bench.writer.add(snapshot(1))
    await bench.writer.pause()
    copy = bench.path.with_name("copy.db")
    before = bench.path.read_bytes()
    copy.write_bytes(before)
    bench.writer.add(snapshot(2))
    await bench.writer.flush()
    await asyncio.sleep(1.2)

    assert bench.path.read_bytes() == before
    assert bench.path.with_name("station.db-wal").stat().st_size == 0
    with closing(Journal(copy)) as restored:
        assert len(read_after(restored, 0, 9)) == 2
    bench.writer.resume()
    await bench.until_rows(3)


async def test_figures(bench: Bench) -> None:
    await bench.writer.open()
    bench.writer.add(snapshot(0))
    await bench.writer.flush()

    facts = await bench.writer.info()
    assert (facts.newest, facts.readings, facts.lost) == (snapshot(0).taken_at, 3, 0)
    assert 4096 <= facts.size < 65_536


async def test_cancelling_the_task_in_the_midst_of_a_commit_loses_nothing(bench: Bench) -> None:
    await bench.writer.open()
    for number in range(3000):
        bench.writer.add(snapshot(number))
    bench.start()
    await asyncio.sleep(0.001)
    bench.task.cancel()
    with suppress(asyncio.CancelledError):
        await bench.task
    await bench.writer.close()

    assert bench.rows() == [snapshot(number).taken_at for number in range(3000)]


def test_errors_say_which_file() -> None:
    assert "x.db" in str(JournalDamagedError(path="x.db", reason="r"))


async def test_damage_that_only_a_reader_meets(bench: Bench) -> None:
    """It is set aside when it is met, not at the next start."""
    await bench.writer.open()
    for number in range(20_000):
        bench.writer.add(snapshot(number))
    await bench.writer.flush()
    await bench.writer.close()
    with bench.path.open("r+b") as file:
        file.seek(bench.path.stat().st_size // 2)
        file.write(b"\xff" * 65_536)
    again = Bench(bench.path, JournalLimits(days=36_500, max_bytes=2**40))
    await again.writer.check_file()

    assert again.told[-1].problem is None
    await again.writer.close()
    loss = again.told[-1].loss
    assert loss is not None
    assert loss.known == 20_000
    assert 15_000 < loss.kept < 20_000
    assert len(again.rows()) == loss.kept


async def test_an_error_that_nobody_foresaw_does_not_end_the_writing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.writer.open()
    bench.start()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", lambda *_args, **_named: 1 / 0)
        bench.writer.add(snapshot(0))
        await bench.until_told(2)
        assert isinstance(bench.told[1].problem, JournalUnavailableError)
        assert "ZeroDivisionError" in bench.told[1].problem.details["reason"]

    await bench.until_told(3)
    assert bench.rows() == [snapshot(0).taken_at]


async def test_what_the_disk_never_took_is_counted_at_the_end(bench: Bench) -> None:
    bench.path.parent.write_text("a file in the folder's place")
    await bench.writer.open()
    for number in range(3):
        bench.writer.add(snapshot(number))

    assert await bench.writer.close() == 3
    assert await bench.writer.close() == 0


async def test_damage_that_only_pruning_meets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.01)
    bench = Bench(tmp_path / "station.db", JournalLimits(days=1, max_bytes=2**40))
    with closing(Journal(bench.path)) as journal:
        journal.append([snapshot(number) for number in range(20_000)])  # of 2023
    await bench.writer.open()
    await bench.writer.accept_wall_clock()
    with bench.path.open("r+b") as file:
        file.seek(bench.path.stat().st_size // 20)
        file.write(b"\xff" * 65_536)
    opened = bench.writer._committer._handle.journal
    assert opened is not None
    # As after a while, when SQLite no longer has the pages in memory.
    opened._connection.execute("PRAGMA shrink_memory")
    bench.start()
    fresh = snapshot((SystemClock().now() - snapshot(0).taken_at) // 1000)
    bench.writer.add(fresh)
    await bench.until_told(2)

    assert bench.told[-1].problem is None
    assert bench.told[-1].loss is not None
    bench.writer.add(snapshot((SystemClock().now() - snapshot(0).taken_at) // 1000 + 60))
    await bench.until_rows(1)
    await bench.writer.close()


async def test_a_disk_that_fails_while_damage_is_mended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.path.parent.mkdir()
    bench.path.write_bytes(b"ruined " * 1000)

    def fail(path: Path, _now: int) -> Path:
        raise JournalUnavailableError(path=path, reason="no room for another name")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "set_aside", fail)
        await bench.writer.check_file()
        assert isinstance(bench.writer.status.problem, JournalUnavailableError)

    await bench.writer.check_file()
    assert bench.writer.status.problem is None


async def test_a_question_that_outlives_the_writer_does_no_harm(bench: Bench) -> None:
    await bench.writer.open()
    await bench.writer.close()
    bench.writer.add(snapshot(0))
    await bench.writer.flush()
    await bench.writer.check_file()

    assert bench.told == [JournalStatus()]


async def test_what_comes_while_a_commit_is_under_way_is_not_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.writer.open()
    append = Journal.append

    def slow(
        journal: Journal,
        batch: list[Snapshot],
        *,
        durable: bool,
        cursors: dict[str, int],
        stamped: bool,
    ) -> None:
        append(journal, batch, durable=durable, cursors=cursors, stamped=stamped)
        if len(batch) == 1:
            bench.writer.add(snapshot(2))  # as the event loop may do meanwhile

    monkeypatch.setattr(Journal, "append", slow)
    bench.writer.add(snapshot(1))
    await bench.writer.flush()
    assert bench.writer.pending == 1
    await bench.writer.close()

    assert bench.rows() == [snapshot(1).taken_at, snapshot(2).taken_at]
