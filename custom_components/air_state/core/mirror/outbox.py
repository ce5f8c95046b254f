"""The journal as one sink sees it: what is still to be sent, and what was refused."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate

from ..domain.errors import JournalUnavailableError
from ..domain.models import DeadLetter, Lines
from ..influx.line_protocol import LineEncoder
from ..journal.snapshot_queue import AllRows
from ..journal.storage.file import Journal
from ..journal.writer import JournalWriter

MAX_LINES = 5_000
MAX_UNWRITTEN = 5_000  # dead letters in memory while the disk is full; about 2 MB
MAX_BYTES = 1_000_000  # of a request; more at once would hold up the event loop
_ROWS_AT_FIRST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Lines to send at once.

    `last` is the time (UTC ms) of the last row looked at: when the lines are settled, so is
    everything up to it. `more` says whether rows are known to follow.
    """

    lines: Lines
    last: int
    more: bool


class Outbox:
    """What one sink has to get from a journal."""

    def __init__(
        self, journal: JournalWriter, sink: str, encoder: LineEncoder, *, since: int = 0
    ) -> None:
        """Send for the sink named `sink` what was taken after `since` (UTC ms)."""
        self._journal = journal
        self._sink = sink
        self._encoder = encoder
        self._since = since
        self._rows = _ROWS_AT_FIRST
        self._unwritten: list[DeadLetter] = []

    @property
    def since(self) -> int:
        """Return from when on rows are sent (UTC ms)."""
        return self._since

    async def open(self) -> int:
        """Return up to where the sink has the journal (UTC ms). Raises JournalError.

        Other sinks' cursors are dropped: a station has one.
        """

        def job(journal: Journal) -> int:
            if (cursor := journal.sinks.known(self._sink)) is None:
                cursor = self._since
            with suppress(JournalUnavailableError):  # a full disk; noted with the next rows
                journal.sinks.keep({self._sink})
                journal.sinks.cursor(self._sink, start=cursor)
            journal.stamp_after(cursor)
            return cursor

        cursor = await self._journal.ask(job, writes=True)
        # If the file is damaged and a new one begun, that one gets it as well.
        self._journal.note_cursor(self._sink, cursor)
        return cursor

    def tell_commits(self, on_commit: Callable[[int], None]) -> None:
        """Call `on_commit` with the number of rows whenever there are more."""
        self._journal.tell_commits(on_commit)

    def advance(self, cursor: int) -> None:
        """Note that the sink has everything up to `cursor`; it is written with the next rows."""
        self._journal.note_cursor(self._sink, cursor)

    async def rewind(self, cursor: int) -> None:
        """Note that the sink has nothing after `cursor` after all. Raises JournalError."""
        self._journal.note_cursor(self._sink, cursor)
        await self._journal.ask(
            lambda journal: journal.sinks.rewind(self._sink, cursor), writes=True
        )

    async def batch(self, cursor: int, *, stop: int | None = None) -> Batch:
        """Return the next lines after `cursor`, of rows before `stop`. Raises JournalError.

        Rows that the disk refuses are among them: they would have to wait for it else.
        Reading and encoding happen in the journal's thread.
        """

        def job(rows: AllRows) -> Batch:
            limit = self._rows
            lines = self._encoder.encode(rows.after(cursor, limit, stop=stop))
            self._rows = _next_size(limit, lines)
            fits = _fitting(lines.lines)
            if fits == len(lines.lines):
                last = lines.rows[-1] if lines.rows else cursor
                return Batch(lines=lines, last=last, more=len(lines.rows) == limit)
            # Whole rows only: the first that does not fit begins the next batch.
            last = lines.times[fits] - 1
            return Batch(lines=_up_to(lines, last), last=last, more=True)

        return await self._journal.ask_rows(job)

    async def flush(self) -> None:
        """See to it that whatever is put can be read, if the disk lets it."""
        await self._journal.flush()

    async def newest(self) -> int:
        """Return when the newest row was taken (UTC ms). Raises JournalError."""
        return await self._journal.ask_rows(lambda rows: rows.newest)

    async def count(self, cursor: int) -> int:
        """Return how many rows were taken after `cursor`. Raises JournalError."""
        return await self._journal.ask_rows(lambda rows: rows.count_after(cursor))

    @property
    def has_unwritten(self) -> bool:
        """Return whether there are dead letters that the disk did not take."""
        return bool(self._unwritten)

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep lines that the sink refuses, with their reasons. Raises JournalError.

        While the disk is full some are kept in memory: they must not hold up the lines after them.
        """
        waiting = [*self._unwritten, *letters]
        try:
            await self._journal.ask(
                lambda journal: journal.sinks.add_dead_letters(self._sink, waiting), writes=True
            )
        except JournalUnavailableError:
            if len(waiting) > MAX_UNWRITTEN:
                raise
            self._unwritten = waiting
        else:
            self._unwritten = []

    async def dead_letters(self, *, after: int, limit: int) -> list[DeadLetter]:
        """Return dead letters of rows taken after that time (UTC ms). Raises JournalError."""
        return await self._journal.ask(
            lambda journal: journal.sinks.dead_letters(self._sink, after=after, limit=limit)
        )

    async def count_dead_letters(self) -> tuple[int, str]:
        """Return how many dead letters there are, and why the last is one. Raises JournalError."""

        def job(journal: Journal) -> tuple[int, str]:
            sinks = journal.sinks
            return sinks.count_dead_letters(self._sink), sinks.last_refusal(self._sink)

        count, reason = await self._journal.ask(job)
        if self._unwritten:
            return count + len(self._unwritten), self._unwritten[-1].reason
        return count, reason

    async def discard_dead_letters(self, letters: Sequence[DeadLetter] | None = None) -> None:
        """Forget these dead letters, or all. Raises JournalError."""
        await self._journal.ask(
            lambda journal: journal.sinks.discard_dead_letters(self._sink, letters), writes=True
        )


def _fitting(lines: Sequence[str]) -> int:
    """Return how many lines go into one request, at least one."""
    most = min(len(lines), MAX_LINES)
    sizes = accumulate(len(line) + 1 for line in lines[:most])
    return max(bisect_right(list(sizes), MAX_BYTES), min(most, 1))


def _up_to(lines: Lines, last: int) -> Lines:
    """Return the lines of rows up to that time."""
    count = bisect_right(lines.times, last)
    return Lines(
        lines=lines.lines[:count],
        times=lines.times[:count],
        rows=lines.rows[: bisect_right(lines.rows, last)],
    )


def _next_size(rows: int, lines: Lines) -> int:
    """Return how many rows to read for a full request, from what the last ones made."""
    size = sum(map(len, lines.lines)) + len(lines.lines)
    if not size:
        return rows
    most = min(MAX_LINES / len(lines.lines), MAX_BYTES / size) * len(lines.rows)
    return max(1, min(int(most), MAX_LINES, rows * 8))
