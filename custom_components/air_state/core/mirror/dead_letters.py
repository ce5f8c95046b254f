"""Dead letters: lines that a sink refuses for good, put aside so that later ones go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ..domain.errors import JournalUnavailableError
from ..domain.models import DeadLetter
from ..domain.ports import SinkReader
from ..influx.errors import InfluxError, is_beyond_retention
from ..journal.storage.file import Journal
from ..journal.writer import JournalWriter
from .status import StatusReporter

MAX_UNWRITTEN = 5_000  # dead letters in memory while the disk is full; about 2 MB
_READ_SECONDS = 30.0


class DeadLetterStore:
    """Keeps one sink's dead letters in the journal, or in memory while the disk is full.

    Each method raises JournalError.
    """

    def __init__(self, journal: JournalWriter, sink: str) -> None:
        """Keep the dead letters of the sink named `sink`."""
        self._journal = journal
        self._sink = sink
        self._unwritten: list[DeadLetter] = []

    @property
    def has_unwritten(self) -> bool:
        """Return whether some dead letters are only in memory."""
        return bool(self._unwritten)

    async def add(self, letters: Sequence[DeadLetter]) -> None:
        """Keep these dead letters, and try again to write those in memory.

        A full disk raises an error only when memory has no room for more: until then dead letters
        must not hold up the lines after them.
        """
        unwritten = [*self._unwritten, *letters]
        try:
            await self._journal.execute(
                lambda journal: journal.dead_letters.add(self._sink, unwritten), writes=True
            )
        except JournalUnavailableError:
            if len(unwritten) > MAX_UNWRITTEN:
                raise
            self._unwritten = unwritten
        else:
            self._unwritten = []

    async def read(self, *, after: int, limit: int) -> list[DeadLetter]:
        """Return about `limit` dead letters of rows taken after that time (UTC ms), oldest first.

        All dead letters of a row come together, even if that makes a few more.
        """
        return await self._journal.execute(
            lambda journal: journal.dead_letters.list_after(self._sink, after, limit=limit)
        )

    async def count(self) -> tuple[int, str]:
        """Return how many dead letters there are, and why the last one was refused."""

        def job(journal: Journal) -> tuple[int, str]:
            dead_letters = journal.dead_letters
            return dead_letters.count(self._sink), dead_letters.latest_reason(self._sink)

        count, reason = await self._journal.execute(job)
        if self._unwritten:
            return count + len(self._unwritten), self._unwritten[-1].reason
        return count, reason

    async def delete(self, letters: Sequence[DeadLetter] | None = None) -> None:
        """Delete these dead letters from the journal, or all with None."""
        await self._journal.execute(
            lambda journal: journal.dead_letters.delete(self._sink, letters), writes=True
        )


class DeadLetters:
    """The dead letters of a mirror; their number is part of its status.

    Each method raises JournalError.
    """

    def __init__(
        self, store: DeadLetterStore, status: StatusReporter, reader: SinkReader | None
    ) -> None:
        """Keep dead letters in `store`, but not those of rows that `reader` finds in the sink."""
        self._store = store
        self._status = status
        self._reader = reader

    async def add(self, letters: Sequence[DeadLetter]) -> int:
        """Put refused lines aside, and return how many of them the sink does not have."""
        missing = await self.not_stored(letters)
        if missing or self._store.has_unwritten:
            await self._store.add(missing)
            await self.update_status()
        return len(missing)

    async def not_stored(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Return the dead letters without those of rows that the sink has.

        A line near the end of the bucket's retention may be stored in one request, together with
        newer lines, and refused in another. If the sink cannot be read, all of the dead letters are
        returned.
        """
        expired = [each.taken_at for each in letters if is_beyond_retention(each.reason)]
        if self._reader is None or not expired:
            return list(letters)
        try:
            async with asyncio.timeout(_READ_SECONDS):
                stored = await self._reader.times(min(expired), max(expired) + 1)
        except InfluxError, TimeoutError:
            return list(letters)
        return [
            each
            for each in letters
            if each.taken_at not in stored or not is_beyond_retention(each.reason)
        ]

    async def read(self, *, after: int = -1, limit: int) -> list[DeadLetter]:
        """Return dead letters as `DeadLetterStore.read` does; by default from the first one on."""
        return await self._store.read(after=after, limit=limit)

    async def delete(self, letters: Sequence[DeadLetter] | None = None) -> None:
        """Delete these dead letters, or all with None."""
        await self._store.delete(letters)
        await self.update_status()

    async def update_status(self) -> None:
        """Count the dead letters for the mirror's status."""
        count, reason = await self._store.count()
        # Read the status only now: it may have changed during the wait.
        self._status.report(replace(self._status.current, dead_letters=count, refusal=reason))
