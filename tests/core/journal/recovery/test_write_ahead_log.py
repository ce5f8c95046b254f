"""Damage to the write-ahead log is noticed, and what can be read of it is kept."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.journal.recovery.rebuild import open_journal
from tests.core.journal.recovery.killed import ALL, ROWS, killed, lay, times
from tests.core.journal.snapshots import T0


async def test_a_killed_process_is_no_loss(tmp_path: Path) -> None:
    left = await killed(tmp_path / "a" / "station.db")
    assert left.keys() == {".db", ".db-wal", ".db-shm", ".mark"}
    journal, damage = open_journal(lay(tmp_path / "b", left), T0)
    with closing(journal):
        assert (times(journal), damage) == (ALL, None)


@pytest.mark.slow
@pytest.mark.parametrize("without", ["", ".db-shm", ".mark"])
async def test_no_bit_of_the_log_flips_without_a_word(tmp_path: Path, without: str) -> None:
    """Either all rows are there, or a loss is reported and the rows before it are kept.

    Without the index, and in the last commit, damage looks like a commit that was broken
    off; that costs the last row at most.
    """
    left = await killed(tmp_path / "a" / "station.db")
    left.pop(without, None)
    chance = random.Random(4)
    kept: set[int] = set()
    for number in range(60):
        data = bytearray(left[".db-wal"])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = lay(tmp_path / str(number), {**left, ".db-wal": bytes(data)})
        journal, damage = open_journal(path, T0)
        with closing(journal):
            found = times(journal)
        assert found == ALL[: len(found)]
        if without == ".db-shm" and damage is None:
            assert len(found) >= ROWS - 1
            continue
        assert (damage is None) == (found == ALL) or (
            damage is not None and damage.file is not None
        )
        if damage is not None:
            kept.add(damage.kept)
            assert damage.kept == len(found)
            if damage.file is not None:
                assert damage.file.with_name(f"{damage.file.name}-wal").read_bytes() == bytes(data)
            if without != ".mark":
                assert damage.known >= 16
                assert damage.newest is not None
    assert len(kept) > 5


@pytest.mark.parametrize("without", ["", ".db-shm"])
async def test_no_cut_of_the_log_is_without_a_word(tmp_path: Path, without: str) -> None:
    left = await killed(tmp_path / "a" / "station.db")
    left.pop(without, None)
    log = left[".db-wal"]
    chance = random.Random(5)
    for number, length in enumerate(
        [0, 1, 31, 32, *(chance.randrange(len(log)) for _ in range(30))]
    ):
        path = lay(tmp_path / str(number), {**left, ".db-wal": log[:length]})
        journal, damage = open_journal(path, T0)
        with closing(journal):
            found = times(journal)
        assert found == ALL[: len(found)]
        # The mark is of the 16th row, the index of all.
        assert (damage is not None) or len(found) >= (16 if without else ROWS)


@pytest.mark.parametrize("main", [None, b""])
async def test_a_log_that_is_left_alone_is_set_aside(tmp_path: Path, main: bytes | None) -> None:
    """SQLite would delete it."""
    left = await killed(tmp_path / "a" / "station.db")
    log = left[".db-wal"]
    del left[".db"]
    if main is not None:
        left[".db"] = main
    path = lay(tmp_path / "b", left)
    journal, damage = open_journal(path, T0)
    journal.close()
    assert damage is not None
    assert damage.file is not None
    assert damage.file.with_name(f"{damage.file.name}-wal").read_bytes() == log
