"""A disk that is really full: rows are sent nevertheless, and written later with the same times."""

import asyncio
import os
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from shutil import which
from typing import Protocol

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import committer as journal_commits
from custom_components.air_state.core.journal.writing import handle as journal_handle
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import HUMIDITY, T0, read_after, snapshot
from tests.core.mirror.sinks import ModelSink, broken

LIMITS = JournalLimits(days=36_500, max_bytes=2**40)


class Disk(Protocol):
    """A folder on a disk that can be full."""

    folder: Path

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give all room back."""


class LimitedDisk:
    """No file of this process may grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, most: int = 30_000) -> None:
        """Let files have no more than `most` bytes, by default less than the log's index has."""
        largest = max(each.stat().st_size for each in self.folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(largest, most), self._limits[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)


class SmallDisk:
    """A file system of 2 MiB in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        with (self.folder / "filler").open("ab", buffering=0) as file:
            while True:
                try:
                    file.write(b"x" * 4096)
                except OSError:
                    return

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


@pytest.fixture(params=["limit", "tmpfs"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "limit":
        limited = LimitedDisk(tmp_path)
        yield limited
        limited.free()
        return
    mount, unmount = which("mount"), which("umount")
    options = ["-t", "tmpfs", "-o", "size=2M", "tmpfs", str(tmp_path)]
    if (
        os.geteuid()
        or not (mount and unmount)
        or subprocess.run([mount, *options], check=False, capture_output=True).returncode
    ):
        pytest.skip("only root can mount a file system; the other disk of this test is as full")
    yield SmallDisk(tmp_path)
    subprocess.run([unmount, "--lazy", str(tmp_path)], check=True)


class Bench:
    """A journal and a mirror on such a disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.path = disk.folder / "station.db"
        self.sink = ModelSink()
        self.statuses: list[MirrorStatus] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.prepare()

    def prepare(self) -> None:
        self.sink.closed = False
        self.journal = JournalWriter(
            self.path, clock=SystemClock(), limits=LIMITS, on_change=lambda _: None
        )
        self.mirror = Mirror(
            Outbox(self.journal, "influx", LineEncoder(LineFormat(device="attic"))),
            self.sink,
            clock=SystemClock(),
            on_change=self.statuses.append,
            jitter=lambda: 0.01,
        )

    async def start(self) -> None:
        await self.journal.open()
        self.tasks = [
            asyncio.create_task(self.journal.run()),
            asyncio.create_task(self.mirror.run()),
        ]

    async def until_sent(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.sink.times()) < count or self.mirror.status.backlog:
                await asyncio.sleep(0.01)

    async def until_backlog(self, count: int) -> None:
        async with asyncio.timeout(30):
            while self.mirror.status.backlog != count:
                await asyncio.sleep(0.01)

    async def until_written(self) -> None:
        async with asyncio.timeout(30):
            while self.journal.pending:
                await asyncio.sleep(0.01)

    async def fill(self) -> None:
        """Fill the disk, after some rows, while nothing is being written."""
        await self.start()
        for number in range(3):
            self.journal.add(snapshot(number))
        await self.until_sent(3)
        await self.until_written()
        await self.journal._thread.run(self.disk.fill)

    def stored(self) -> list[Snapshot]:
        with closing(Journal(self.path)) as journal:
            return read_after(journal, 0, 10**6)

    async def close(self) -> None:
        await self.mirror.close(5)
        await self.journal.close()


@pytest.fixture
async def bench(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.05)
    monkeypatch.setattr(journal_schedule, "EAGER_SECONDS", 0.05)
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr(journal_handle, "_REOPEN_SECONDS", 0.0)
    made = Bench(disk)
    yield made
    disk.free()
    await made.close()


async def test_rows_that_cannot_be_written_are_sent(bench: Bench) -> None:
    await bench.fill()
    for number in range(3, 73):
        bench.journal.add(snapshot(number))
    await bench.until_sent(73)

    assert bench.journal.pending > 0
    assert isinstance(bench.journal.status.problem, JournalUnavailableError)
    assert bench.mirror.status == MirrorStatus(mirrored_to=snapshot(72).taken_at, reached=True)
    bench.disk.free()
    await bench.until_written()
    await bench.close()
    assert [each.taken_at for each in bench.stored()] == bench.sink.times()
    assert sum(bench.sink.requests) == 73  # none was sent once more


async def test_what_waits_in_memory_counts_as_backlog(bench: Bench) -> None:
    await bench.fill()
    bench.sink.faults = [broken()] * 1_000
    for number in range(3, 73):
        bench.journal.add(snapshot(number))
    await bench.until_backlog(70)
    bench.sink.faults = []
    await bench.until_sent(73)
    bench.journal.add(snapshot(80))
    await bench.until_sent(74)
    bench.disk.free()
    await bench.until_written()
    bench.journal.add(snapshot(90))
    await bench.until_sent(75)
    assert not any(status.backlog > 70 for status in bench.statuses)


async def test_rows_keep_the_times_that_they_were_sent_with(bench: Bench) -> None:
    """Even if the clock is set back, and a cursor is ahead of the file."""
    await bench.fill()
    for number in (100, 50, 50, 101, 20):
        bench.journal.add(snapshot(number))
    await bench.until_sent(8)
    bench.disk.free()
    await bench.until_written()
    bench.journal.add(snapshot(10))
    await bench.until_sent(9)
    await bench.close()

    stored = bench.stored()
    assert [each.taken_at for each in stored] == bench.sink.times()
    assert sum(bench.sink.requests) == 9
    for each in stored:
        (fields,) = (
            point for (_, time), point in bench.sink.points.items() if time == each.taken_at
        )
        assert fields["humidity"] == each.readings[HUMIDITY]


async def test_what_the_disk_does_not_take_at_the_end_is_taken_back(bench: Bench) -> None:
    await bench.fill()
    bench.sink.faults = [broken()] * 1_000
    for number in range(3, 13):
        bench.journal.add(snapshot(number))
    await bench.until_backlog(10)
    await bench.mirror.close(0.1)
    left = await bench.journal.close()
    back = bench.journal.unwritten()
    assert len(back) == left > 0

    bench.sink.faults = []
    bench.prepare()
    for each in back:
        bench.journal.add(each)
    await bench.start()
    bench.journal.add(snapshot(20))
    await bench.until_sent(14)
    bench.disk.free()
    await bench.until_written()
    await bench.close()
    assert [each.taken_at for each in bench.stored()] == bench.sink.times()


async def test_closing_writes_as_much_as_the_disk_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 37
    append = Journal.append

    def narrow(journal: Journal, batch: list[Snapshot], **named: bool) -> None:
        nonlocal room
        if len(batch) > room:
            raise JournalUnavailableError(path=journal.path, reason="full")
        append(journal, batch, durable=True, stamped=named["stamped"])
        room -= len(batch)

    monkeypatch.setattr(Journal, "append", narrow)
    path = tmp_path / "station.db"
    writer = JournalWriter(path, clock=SystemClock(), limits=LIMITS, on_change=lambda _: None)
    await writer.open()
    for number in range(100):
        writer.add(snapshot(number))
    assert await writer.close() == 63
    assert [each.taken_at for each in writer.unwritten()] == [
        snapshot(number).taken_at for number in range(37, 100)
    ]
    with closing(Journal(path)) as journal:
        assert len(read_after(journal, 0, 1_000)) == 37


async def test_a_disk_that_was_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror knows from before that no row of the file has to be sent first."""
    monkeypatch.setattr(journal_schedule, "RETRY_SECONDS", 0.1)
    disk = LimitedDisk(tmp_path / "disk")
    disk.folder.mkdir()
    bench = Bench(disk)
    await bench.start()
    bench.journal.add(snapshot(0))
    await bench.until_sent(1)
    await bench.until_written()

    def take_away() -> None:
        disk.folder.rename(tmp_path / "away")
        disk.folder.write_text("nothing is mounted here")

    await bench.journal._thread.run(take_away)
    bench.journal.add(snapshot(1))
    bench.journal.add(snapshot(2))
    await bench.until_sent(3)
    disk.folder.unlink()
    (tmp_path / "away").rename(disk.folder)
    await bench.until_written()
    await bench.close()
    assert [each.taken_at for each in bench.stored()] == bench.sink.times()


async def test_a_start_on_a_full_disk(bench: Bench) -> None:
    """SQLite then has no log and index to open the file with, and no room to make them."""
    await bench.fill()
    bench.disk.free()
    bench.sink.faults = [broken()] * 1_000
    bench.journal.add(snapshot(3))  # which InfluxDB does not have yet
    await bench.until_backlog(1)
    await bench.mirror.close(0.1)
    await bench.journal.close()
    bench.sink.faults = []
    bench.disk.fill()
    with pytest.raises(JournalUnavailableError):
        Journal(bench.path)

    bench.prepare()
    await bench.start()
    bench.journal.add(snapshot(4))
    bench.journal.add(snapshot(5))
    await bench.until_sent(6)
    # What is left of the log's own room may take a few rows, where it is files that may not grow.
    assert bench.journal.pending == 2 or isinstance(bench.disk, LimitedDisk)
    bench.disk.free()
    bench.journal.add(snapshot(6))
    await bench.until_written()
    with closing(sqlite3.connect(bench.path)) as plain:  # others may read it again
        assert plain.execute("SELECT count(*) FROM snapshots").fetchone() == (7,)
    await bench.until_sent(7)
    await bench.close()
    assert [each.taken_at for each in bench.stored()] == bench.sink.times()


async def test_a_new_sink_begins_on_a_full_disk(bench: Bench) -> None:
    with closing(Journal(bench.path)) as journal:
        journal.append([snapshot(0)])
        journal.cursors.advance("former", T0)
    opened = await bench.journal.open()
    assert opened
    await bench.journal._thread.run(bench.disk.fill)
    bench.tasks = [
        asyncio.create_task(bench.journal.run()),
        asyncio.create_task(bench.mirror.run()),
    ]
    bench.journal.add(snapshot(1))
    await bench.until_sent(2)
    bench.disk.free()
    await bench.until_written()
    await bench.close()
    with closing(sqlite3.connect(bench.path)) as plain:
        cursors = dict(plain.execute("SELECT sink, taken_at FROM cursors"))
    assert cursors["influx"] == snapshot(1).taken_at


async def test_memory_is_bounded_and_what_was_sent_is_not_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_commits, "MAX_PENDING", 10)
    await bench.fill()
    for number in range(3, 33):
        bench.journal.add(snapshot(number))
        await bench.until_sent(number + 1)
    async with asyncio.timeout(30):
        while bench.journal.pending > 10:
            await asyncio.sleep(0.01)
    assert len(bench.sink.times()) == 33
