"""The outbox: how the rows of a journal are cut into requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import DeadLetter
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror import outbox as outboxes
from custom_components.air_state.core.mirror.outbox import Batch, Outbox
from tests.core.journal.snapshots import T0, snapshot

LETTER = DeadLetter(taken_at=T0, line="m f=1 1", reason="too blue", refused_at=T0 + 1)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalWriter]:
    made = JournalWriter(
        tmp_path / "station.db",
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )
    yield made
    await made.close()


async def put(journal: JournalWriter, count: int) -> None:
    for number in range(count):
        journal.add(snapshot(number))
    await journal.flush()


def make(journal: JournalWriter, *, own_readings: bool = False) -> Outbox:
    encoder = LineEncoder(LineFormat(device="x", own_readings=own_readings))
    return Outbox(journal, "influx", encoder)


async def batches(outbox: Outbox) -> list[Batch]:
    read, cursor = [], 0
    while True:
        batch = await outbox.read_batch(cursor)
        read.append(batch)
        cursor = batch.last
        if not batch.has_more:
            return read


async def test_requests_grow_until_they_are_full(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "MAX_LINES", 3_000)
    await put(journal, 6_000)
    read = await batches(make(journal))
    assert [len(each.lines.row_times) for each in read] == [256, 2_048, 3_000, 696]
    assert [each.has_more for each in read] == [True, True, True, False]
    assert read[-1].last == snapshot(5_999).taken_at


@pytest.mark.parametrize("unit", ["lines", "bytes"])
async def test_a_request_has_whole_rows_only(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    """A row has three lines, so a request of at most eight has those of two rows."""
    await put(journal, 7)
    (whole,) = await batches(make(journal, own_readings=True))
    if unit == "lines":
        monkeypatch.setattr(outboxes, "MAX_LINES", 8)
    else:
        monkeypatch.setattr(
            outboxes, "MAX_BYTES", sum(len(each) + 1 for each in whole.lines.lines[:8])
        )
    read = await batches(make(journal, own_readings=True))
    assert [line for each in read for line in each.lines.lines] == whole.lines.lines
    assert [time for each in read for time in each.lines.line_times] == whole.lines.line_times
    assert [row for each in read for row in each.lines.row_times] == whole.lines.row_times
    for each in read[:-1]:
        assert len(each.lines.lines) in {3, 6}
        assert len(each.lines.row_times) == len(each.lines.lines) // 3
        assert each.last >= each.lines.row_times[-1]
    assert len(read) <= 5


async def test_a_line_that_is_larger_than_a_request_goes_alone(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "MAX_BYTES", 10)
    await put(journal, 3)
    assert [len(each.lines.lines) for each in await batches(make(journal))] == [1, 1, 1, 0]


async def test_a_batch_ends_before_a_given_time(journal: JournalWriter) -> None:
    await put(journal, 5)
    batch = await make(journal).read_batch(snapshot(0).taken_at, stop=snapshot(3).taken_at)
    assert batch.lines.row_times == [snapshot(1).taken_at, snapshot(2).taken_at]
    assert (batch.last, batch.has_more) == (snapshot(2).taken_at, False)


async def test_without_rows_the_cursor_stays(journal: JournalWriter) -> None:
    await put(journal, 1)
    batch = await make(journal).read_batch(T0 + 9)
    assert (batch.lines.lines, batch.last, batch.has_more) == ([], T0 + 9, False)


async def test_a_cursor_that_goes_back_does_so_in_the_file(journal: JournalWriter) -> None:
    outbox = make(journal)
    await put(journal, 3)
    await outbox.open()
    outbox.advance(snapshot(2).taken_at)
    await journal.flush()
    await outbox.rewind(T0)
    assert await journal.execute(lambda open_: open_.cursors.get("influx")) == T0
    await put(journal, 4)  # nor do later rows take the cursor along
    assert await journal.execute(lambda open_: open_.cursors.get("influx")) == T0
    assert await outbox.open() == T0


@pytest.mark.parametrize(
    "write",
    [
        Outbox.open,
        lambda outbox: outbox.rewind(0),
        lambda outbox: outbox.dead_letters.add([LETTER]),
        lambda outbox: outbox.dead_letters.delete([LETTER]),
    ],
    ids=["open", "rewind", "add", "delete"],
)
async def test_nothing_is_written_during_a_backup(
    journal: JournalWriter, write: Callable[[Outbox], Awaitable[object]]
) -> None:
    outbox = make(journal)
    await put(journal, 1)
    await journal.pause()
    before = journal.path.read_bytes()
    writing = asyncio.ensure_future(write(outbox))
    await asyncio.sleep(0.05)
    assert not writing.done()
    assert journal.path.read_bytes() == before
    journal.resume()
    await writing
