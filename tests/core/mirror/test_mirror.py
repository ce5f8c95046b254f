"""The mirror's loop: when it sends, how long it waits, and how it ends."""

import asyncio
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.influx.errors import (
    InfluxBusyError,
    InfluxUnexpectedError,
)
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.journal.snapshots import T0, snapshot
from tests.core.mirror.bench import Bench, bench
from tests.core.mirror.sinks import ADDRESS, Fault, broken

__all__ = ["bench"]


async def test_a_row_is_sent_long_before_its_group_is_synced(bench: Bench) -> None:
    """A poll a second: synced every 5 s, but in InfluxDB within 2 s."""
    bench.start()
    bench.journal.add(snapshot(0))
    await bench.until(1)
    bench.journal.add(snapshot(1))
    await bench.until(2, seconds=journal_schedule.GROUP_SECONDS - 1)
    assert bench.journal._committer.unsynced


async def test_what_gathers_while_a_request_is_under_way_goes_at_once(bench: Bench) -> None:
    for number in range(1_000):
        bench.journal.add(snapshot(number))
    bench.start()
    await bench.until(1_000)
    assert sum(bench.sink.requests) == 1_000
    assert len(bench.sink.requests) <= 3


async def test_a_retry_does_not_wait(bench: Bench) -> None:
    slow = InfluxBusyError(address=ADDRESS, status=503, reason="x")
    slow.retry_after = 3_000
    bench.sink.faults = [Fault(slow)]
    bench.journal.add(snapshot(0))
    bench.start()
    async with asyncio.timeout(5):
        while bench.mirror.status.problem is None:
            await asyncio.sleep(0.005)
    bench.mirror.retry()
    await bench.until(1)
    assert bench.mirror.status.problem is None


async def test_a_fault_of_our_own_does_not_end_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [RuntimeError("with a s3cret"), JournalUnavailableError(path="x", reason="y")]
    batch = Outbox.read_batch

    async def fails_at_first(own: Outbox, cursor: int, *, stop: int | None = None) -> object:
        if failures:
            raise failures.pop(0)
        return await batch(own, cursor, stop=stop)

    monkeypatch.setattr(Outbox, "read_batch", fails_at_first)
    bench.journal.add(snapshot(0))
    bench.start()
    await bench.until(1)
    problems = [status.problem for status in bench.statuses if status.problem]
    assert isinstance(problems[0], InfluxUnexpectedError)
    assert "RuntimeError in test_mirror.py:" in str(problems[0])
    assert "s3cret" not in repr(problems)
    assert isinstance(problems[-1], JournalUnavailableError)


async def test_a_fault_of_the_sinks_own_reaches_who_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(_body: bytes) -> None:
        raise RuntimeError

    bench.journal.add(snapshot(0))
    await bench.journal.flush()
    monkeypatch.setattr(bench.sink, "write", closed)
    with pytest.raises(InfluxUnexpectedError):
        await bench.mirror.replay(0, T0 * 2)
    with pytest.raises(InfluxUnexpectedError):
        await bench.mirror.try_now()


async def test_closing_sends_what_is_left_and_is_over_in_time(bench: Bench) -> None:
    bench.start()
    await bench.until(0)
    for number in range(5):
        bench.journal.add(snapshot(number))
    await bench.mirror.close(5)
    assert len(bench.sink.times()) == 5
    assert bench.sink.closed
    await bench.mirror.close(5)


async def test_closing_before_it_ran_sends_as_well(bench: Bench) -> None:
    bench.journal.add(snapshot(0))
    await bench.mirror.close(5)
    assert len(bench.sink.times()) == 1


async def test_closing_while_the_sink_is_away_keeps_the_rest(tmp_path: Path) -> None:
    first = Bench(tmp_path / "station.db")
    first.sink.faults = [broken()] * 9
    first.journal.add(snapshot(0))
    first.start()
    await first.close()
    second = Bench(tmp_path / "station.db")
    second.start()
    await second.until(1)
    await second.close()


async def test_after_the_end_the_journal_is_closed_and_says_so(bench: Bench) -> None:
    await bench.close()
    with pytest.raises(JournalUnavailableError):
        await bench.mirror.replay(0, T0)


async def test_closing_twice_at_once_is_closing_once(bench: Bench) -> None:
    bench.start()
    for number in range(5):
        bench.journal.add(snapshot(number))
    await asyncio.gather(bench.mirror.close(5), bench.mirror.close(5))
    assert len(bench.sink.times()) == 5
