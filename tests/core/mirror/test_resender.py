"""Rows and dead letters that are sent once more."""

import asyncio
from pathlib import Path

import pytest

from custom_components.air_state.core.influx.errors import InfluxBrokenError, InfluxRefusalError
from custom_components.air_state.core.mirror import outbox, resender
from tests.core.journal.snapshots import T0, snapshot
from tests.core.mirror.bench import Bench, bench
from tests.core.mirror.sinks import broken

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


async def test_a_replay_is_of_a_range_and_of_any_length(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_LINES", 3)
    bench.start()
    for number in range(12):
        bench.journal.add(snapshot(number))
    await bench.until(12)
    bench.sink.points.clear()
    first, last = snapshot(2).taken_at, snapshot(9).taken_at
    refused = {snapshot(3).taken_at, snapshot(6).taken_at}
    bench.sink.refuses = lambda time: "too blue" if time in refused else None
    replayed = await bench.mirror.replay(first, last)
    assert (replayed.rows, replayed.refused) == (7, 2)
    assert bench.sink.times() == [snapshot(number).taken_at for number in (2, 4, 5, 7, 8)]
    assert len(bench.sink.requests) > 4

    # One millisecond more at either end, and rows there would count.
    assert (await bench.mirror.replay(first + 1, last + 1)).rows == 7


async def put_aside(bench: Bench, count: int) -> list[int]:
    """Let the sink refuse that many rows for good, and return their times."""
    rows = [snapshot(number).taken_at for number in range(count)]
    bench.sink.refuses = lambda time: f"too blue {time}" if time in rows else None
    for number in range(count + 1):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(1)
    assert bench.mirror.status.dead_letters == count
    return rows


async def test_more_dead_letters_than_a_request_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused in an early request is told after the last one."""
    rows = await put_aside(bench, 7)
    monkeypatch.setattr(resender, "MAX_LINES", 2)
    bench.sink.refuses = lambda time: f"too blue {time}" if time == rows[2] else None
    with pytest.raises(InfluxRefusalError) as caught:
        await bench.mirror.resend_dead_letters()
    assert caught.value.reason == f"too blue {rows[2]}"
    assert [each.taken_at for each in await bench.mirror.dead_letters(9)] == [rows[2]]
    assert bench.sink.times() == [*rows[:2], *rows[3:], snapshot(7).taken_at]

    bench.sink.refuses = lambda _time: None
    await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == 0


async def test_what_was_sent_before_the_connection_breaks_is_no_dead_letter_any_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await put_aside(bench, 4)
    monkeypatch.setattr(resender, "MAX_LINES", 2)
    bench.sink.refuses = lambda _time: None
    write = bench.sink.write

    async def breaks_at_the_second(body: bytes) -> None:
        if str(rows[2]).encode() in body:
            bench.sink.faults = [broken()]
        await write(body)

    monkeypatch.setattr(bench.sink, "write", breaks_at_the_second)
    with pytest.raises(InfluxBrokenError):
        await bench.mirror.resend_dead_letters()
    assert [each.taken_at for each in await bench.mirror.dead_letters(9)] == rows[2:]


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
