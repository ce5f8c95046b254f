"""Rows and dead letters that are sent once more."""

import asyncio
from pathlib import Path

import pytest

from custom_components.air_state.core.influx.errors import InfluxRefusalError
from tests.core.journal.snapshots import T0, snapshot
from tests.core.mirror.bench import Bench, bench

__all__ = ["bench"]


async def test_own_readings_share_their_rows_fate(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "station.db", own_readings=True)
    bad = snapshot(1).taken_at
    bench.sink.refuses = lambda time: "too blue" if time == bad else None
    for number in range(3):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(2)
    assert bench.mirror.status.dead_letters == 3  # the means, and two sensors' own
    bench.sink.refuses = lambda _time: None
    await bench.mirror.resend_dead_letters()
    assert (bench.mirror.status.dead_letters, len(bench.sink.points)) == (0, 9)
    await bench.close()


async def test_dead_letters_that_are_refused_again_stay(bench: Bench) -> None:
    bench.sink.refuses = lambda time: "too blue" if time % 2000 == 0 else None
    for number in range(6):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(3)
    before = bench.mirror.status.dead_letters
    assert before == 3
    with pytest.raises(InfluxRefusalError):
        await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == before
    assert len(await bench.mirror.dead_letters(9)) == before


async def test_a_replay_of_refused_rows_says_so(bench: Bench) -> None:
    bench.start()
    for number in range(3):
        bench.journal.add(snapshot(number))
    await bench.until(3)
    bench.sink.refuses = lambda time: "too blue" if time == T0 else None
    replayed = await bench.mirror.replay(0, T0 * 2)
    assert (replayed.rows, replayed.refused) == (3, 1)
    assert bench.mirror.status.dead_letters == 1
    bench.sink.refuses = lambda _time: "too blue"
    with pytest.raises(InfluxRefusalError):
        await bench.mirror.replay(0, T0 * 2)


async def test_nothing_is_written_while_a_backup_is_made(bench: Bench) -> None:
    bench.start()
    bench.journal.add(snapshot(0))
    await bench.until(1)
    await bench.journal.pause()
    before = bench.journal.path.read_bytes()
    dropping = asyncio.create_task(bench.mirror.delete_dead_letters())
    await asyncio.sleep(0.05)
    assert not dropping.done()
    assert bench.journal.path.read_bytes() == before
    bench.journal.resume()
    await dropping
