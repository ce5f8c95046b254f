"""Dead letters: which refused lines are put aside, and what the status says of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.domain.models import DeadLetter
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror import dead_letters
from custom_components.air_state.core.mirror.dead_letters import DeadLetters, DeadLetterStore
from custom_components.air_state.core.mirror.status import StatusReporter

RETENTION = "partial write: points beyond retention policy"


class Reader:
    """Has the rows of some times, and notes what is asked for."""

    def __init__(self, *rows: int) -> None:
        self.rows = frozenset(rows)
        self.asked: list[tuple[int, int]] = []

    async def has_rows(self, start: int, stop: int) -> bool:
        return bool(await self.times(start, stop))

    async def times(self, start: int, stop: int) -> set[int]:
        self.asked.append((start, stop))
        return {time for time in self.rows if start <= time < stop}


class Bench:
    """A store of dead letters in a journal; the disk may be full."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.journal = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        self.store = DeadLetterStore(self.journal, "influx")
        self.is_full = False
        execute = self.journal.execute

        async def refusing(job: Callable[[Journal], object], *, writes: bool = False) -> object:
            if writes and self.is_full:
                raise JournalUnavailableError(path=path, reason="disk full")
            return await execute(job, writes=writes)

        monkeypatch.setattr(self.journal, "execute", refusing)

    def over(self, reader: Reader | None = None) -> DeadLetters:
        return DeadLetters(self.store, StatusReporter(lambda _: None), reader)

    async def stored(self) -> list[int]:
        def job(journal: Journal) -> list[int]:
            letters = journal.dead_letters.list_after("influx", -1, limit=99)
            return [each.taken_at for each in letters]

        return await self.journal.execute(job)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "station.db", monkeypatch)
    yield made
    await made.journal.close()


def letter(taken_at: int, reason: str = RETENTION) -> DeadLetter:
    return DeadLetter(taken_at=taken_at, line=f"m f=1 {taken_at}", reason=reason, refused_at=99)


def times(letters: Sequence[DeadLetter]) -> list[int]:
    return [each.taken_at for each in letters]


async def test_on_a_full_disk_they_wait_in_memory_for_the_next_ones(bench: Bench) -> None:
    bench.is_full = True
    await bench.store.add([letter(1, "a"), letter(2, "b")])
    assert bench.store.has_unwritten
    assert await bench.store.count() == (2, "b")
    await bench.store.add([letter(3, "c")])
    assert await bench.store.count() == (3, "c")
    assert await bench.stored() == []
    bench.is_full = False
    await bench.store.add([])
    assert not bench.store.has_unwritten
    assert await bench.stored() == [1, 2, 3]
    assert await bench.store.count() == (3, "c")


async def test_those_in_memory_and_in_the_file_are_counted_together(bench: Bench) -> None:
    await bench.store.add([letter(1, "a"), letter(2, "b")])
    bench.is_full = True
    await bench.store.add([letter(3, "c")])
    assert await bench.store.count() == (3, "c")


async def test_memory_has_room_for_so_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MAX_UNWRITTEN", 3)
    bench.is_full = True
    await bench.store.add([letter(1), letter(2), letter(3)])
    with pytest.raises(JournalUnavailableError):
        await bench.store.add([letter(4)])
    assert (await bench.store.count())[0] == 3
    bench.is_full = False
    await bench.store.add([letter(4)])
    assert await bench.stored() == [1, 2, 3, 4]


async def test_lines_too_old_for_the_bucket_that_it_has_are_none(bench: Bench) -> None:
    reader = Reader(2, 4, 5)
    letters = [letter(1, "too blue"), *map(letter, (4, 2, 3)), letter(5, "too blue")]
    own = bench.over(reader)
    assert times(await own.not_stored(letters)) == [1, 3, 5]
    assert reader.asked == [(2, 5)]  # of the old ones alone
    assert await own.add(letters) == 3
    assert await bench.stored() == [1, 3, 5]
    assert times(await bench.over().not_stored(letters)) == times(letters)


async def test_the_sink_is_not_read_for_other_reasons(bench: Bench) -> None:
    reader = Reader(1)
    assert times(await bench.over(reader).not_stored([letter(1, "too blue")])) == [1]
    assert reader.asked == []


async def test_a_sink_that_does_not_answer_in_time_cannot_be_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_start: int, _stop: int) -> set[int]:
        await asyncio.Event().wait()
        return set()

    reader = Reader(1)
    monkeypatch.setattr(reader, "times", hangs)
    monkeypatch.setattr(dead_letters, "_READ_SECONDS", 0.01)
    async with asyncio.timeout(5):
        assert times(await bench.over(reader).not_stored([letter(1)])) == [1]


async def test_the_status_counts_them(bench: Bench) -> None:
    own = bench.over()
    assert await own.add([letter(1, "a"), letter(2, "b")]) == 2
    assert (own._status.current.dead_letters, own._status.current.refusal) == (2, "b")
    assert times(await own.read(limit=9)) == [1, 2]
    assert times(await own.read(limit=1)) == [1]
    assert times(await own.read(after=1, limit=9)) == [2]
    await own.delete([letter(2, "b")])
    assert (own._status.current.dead_letters, own._status.current.refusal) == (1, "a")
    await own.delete()
    assert (own._status.current.dead_letters, own._status.current.refusal) == (0, "")


async def test_a_row_at_the_start_of_time_can_be_read(bench: Bench) -> None:
    own = bench.over()
    await own.add([letter(0, "a")])
    assert times(await own.read(limit=9)) == [0]
