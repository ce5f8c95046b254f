"""The writer of a journal: groups, a disk that refuses and recovers, backups, the end."""

import asyncio
from contextlib import closing, suppress
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    JournalUnavailableError,
)
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.status import JournalStatus
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits
from custom_components.air_state.core.journal.writing import committer as journal_commits
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.bench import Bench
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY, read_after, snapshot

DAY = 86_400_000


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
    assert bench.statuses == [JournalStatus()]


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

    assert [type(status.problem) for status in bench.statuses] == [JournalUnavailableError]
    assert bench.writer.pending == 4
    with pytest.raises(JournalUnavailableError):
        await bench.writer.info()

    bench.path.parent.unlink()
    await bench.until_statuses(2)
    assert bench.statuses[1] == JournalStatus()
    assert len(bench.rows()) == 4


async def test_memory_is_bounded_while_the_disk_refuses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_commits, "MAX_PENDING", 10)
    bench.path.parent.write_text("a file in the folder's place")
    for number in range(25):
        bench.writer.add(snapshot(number))
    bench.start()
    await bench.until_statuses(1)
    assert (bench.writer.pending, bench.statuses[-1].dropped_snapshots) == (10, 15)

    bench.path.parent.unlink()
    await bench.until_statuses(2)
    assert bench.statuses[-1] == JournalStatus(dropped_snapshots=15)
    assert bench.rows() == [snapshot(number).taken_at for number in range(15, 25)]


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
    assert (facts.newest, facts.readings, facts.deleted_unmirrored) == (snapshot(0).taken_at, 3, 0)
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


async def test_an_error_that_nobody_foresaw_does_not_end_the_writing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.writer.open()
    bench.start()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", lambda *_args, **_named: 1 / 0)
        bench.writer.add(snapshot(0))
        await bench.until_statuses(2)
        assert isinstance(bench.statuses[1].problem, JournalUnavailableError)
        assert "ZeroDivisionError" in bench.statuses[1].problem.details["reason"]

    await bench.until_statuses(3)
    assert bench.rows() == [snapshot(0).taken_at]


async def test_what_the_disk_never_took_is_counted_at_the_end(bench: Bench) -> None:
    bench.path.parent.write_text("a file in the folder's place")
    await bench.writer.open()
    for number in range(3):
        bench.writer.add(snapshot(number))

    assert await bench.writer.close() == 3
    assert await bench.writer.close() == 0


async def test_a_question_that_outlives_the_writer_does_no_harm(bench: Bench) -> None:
    await bench.writer.open()
    await bench.writer.close()
    bench.writer.add(snapshot(0))
    await bench.writer.flush()
    await bench.writer.check_file()

    assert bench.statuses == [JournalStatus()]


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
