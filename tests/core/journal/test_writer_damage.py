"""A writer whose file is damaged, replaced or of a newer version."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    JournalDamagedError,
    JournalUnavailableError,
    JournalVersionError,
)
from custom_components.air_state.core.journal.recovery import rebuild
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.core.journal.bench import Bench
from tests.core.journal.snapshots import snapshot


async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(bench: Bench) -> None:
    bench.path.parent.mkdir()
    bench.path.write_bytes(b"what is this? " * 1000)
    assert await bench.writer.open() == frozenset()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)

    (status,) = bench.statuses
    assert status.problem is None
    assert status.damage is not None
    assert status.damage.file is not None
    assert status.damage.file.read_bytes() == b"what is this? " * 1000


async def test_damage_while_it_runs(bench: Bench) -> None:
    """The rows that were being written when it was noticed go into the new file."""
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
    await bench.until_statuses(2)

    assert bench.statuses[1].damage is not None
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

    assert [type(status.problem) for status in bench.statuses] == [JournalVersionError]
    assert sorted(each.name for each in bench.path.parent.iterdir()) == ["station.db"]


async def test_a_file_that_was_replaced_is_noticed(bench: Bench) -> None:
    await bench.writer.open()
    bench.start()
    bench.writer.add(snapshot(0))
    await bench.until_rows(1)

    def remove() -> None:
        """Remove the files, in the thread so that it does not create new ones meanwhile."""
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


def test_errors_say_which_file() -> None:
    assert "x.db" in str(JournalDamagedError(path="x.db", reason="r"))


async def test_damage_that_only_a_reader_meets(bench: Bench) -> None:
    """The file is set aside at once, not at the next start."""
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

    assert again.statuses[-1].problem is None
    await again.writer.close()
    damage = again.statuses[-1].damage
    assert damage is not None
    assert damage.known == 20_000
    assert 15_000 < damage.kept < 20_000
    assert len(again.rows()) == damage.kept


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
    await bench.until_statuses(2)

    assert bench.statuses[-1].problem is None
    assert bench.statuses[-1].damage is not None
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
        patch.setattr(rebuild, "set_aside", fail)
        await bench.writer.check_file()
        assert isinstance(bench.writer.status.problem, JournalUnavailableError)

    await bench.writer.check_file()
    assert bench.writer.status.problem is None
