"""The journal as one sink sees it: the rows that it does not have yet, as lines."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate

from ..domain.errors import JournalUnavailableError
from ..domain.models import Lines
from ..influx.line_protocol import LineEncoder
from ..journal.storage.file import Journal
from ..journal.writer import JournalWriter
from ..journal.writing.available_rows import AvailableRows
from .dead_letters import DeadLetterStore

MAX_LINES = 5_000  # of a request
MAX_BYTES = 1_000_000  # of a request; a larger one would hold up the event loop
_FIRST_ROW_LIMIT = 256
_MAX_GROWTH = 8  # of the row limit, from one batch to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Lines to send in one request.

    `last` is the time (UTC ms) of the last row read: once the lines are settled, so is everything
    up to it. `has_more` says whether more rows are known to follow.
    """

    lines: Lines
    last: int
    has_more: bool


class Outbox:
    """What one sink still has to get from a journal; `dead_letters` are the lines that it refused.

    A cursor is the time (UTC ms) of the last row that the sink has.
    """

    def __init__(
        self, journal: JournalWriter, sink: str, encoder: LineEncoder, *, since: int = 0
    ) -> None:
        """Hold the rows taken after `since` (UTC ms) for the sink named `sink`."""
        self.dead_letters = DeadLetterStore(journal, sink)
        self._journal = journal
        self._sink = sink
        self._encoder = encoder
        self._since = since
        self._row_limit = _FIRST_ROW_LIMIT

    @property
    def since(self) -> int:
        """Return the time (UTC ms) after which rows are sent."""
        return self._since

    async def open(self) -> int:
        """Return the sink's cursor. Raises JournalError.

        Cursors of other sinks are deleted: a station has one sink.
        """

        def job(journal: Journal) -> int:
            if (cursor := journal.cursors.get(self._sink)) is None:
                cursor = self._since
            with suppress(JournalUnavailableError):  # a full disk; it is stored with the next rows
                journal.keep_only_sinks({self._sink})
                journal.cursors.setdefault(self._sink, cursor)
            journal.stamp_after(cursor)
            return cursor

        cursor = await self._journal.execute(job, writes=True)
        # If the file turns out to be damaged, the new file gets the cursor as well.
        self._journal.set_cursor(self._sink, cursor)
        return cursor

    def set_rows_listener(self, on_rows: Callable[[int], None]) -> None:
        """Call `on_rows` with the number of rows that became available."""
        self._journal.set_rows_listener(on_rows)

    def advance(self, cursor: int) -> None:
        """Move the sink's cursor forward; the journal stores it with the next rows."""
        self._journal.set_cursor(self._sink, cursor)

    async def rewind(self, cursor: int) -> None:
        """Move the sink's cursor back, in the file as well. Raises JournalError."""
        self._journal.set_cursor(self._sink, cursor)
        await self._journal.execute(
            lambda journal: journal.cursors.rewind(self._sink, cursor), writes=True
        )

    async def read_batch(self, cursor: int, *, stop: int | None = None) -> Batch:
        """Return the next lines after `cursor`, of rows before `stop`. Raises JournalError.

        Rows that wait in memory because the disk is full are included. Reading and encoding happen
        in the journal's thread.
        """

        def job(rows: AvailableRows) -> Batch:
            limit = self._row_limit
            lines = self._encoder.encode(rows.after(cursor, limit, stop=stop))
            self._row_limit = _next_row_limit(limit, lines)
            count = _count_for_request(lines.lines)
            if count == len(lines.lines):
                last = lines.row_times[-1] if lines.row_times else cursor
                return Batch(lines=lines, last=last, has_more=len(lines.row_times) == limit)
            # Whole rows only: the first one that does not fit begins the next batch.
            last = lines.line_times[count] - 1
            return Batch(lines=_lines_up_to(lines, last), last=last, has_more=True)

        return await self._journal.read_rows(job)

    async def flush(self) -> None:
        """Make all readings that the journal was given readable, if the disk allows it."""
        await self._journal.flush()

    async def newest(self) -> int:
        """Return the time (UTC ms) of the newest row. Raises JournalError."""
        return await self._journal.read_rows(lambda rows: rows.newest)

    async def count(self, cursor: int) -> int:
        """Return how many rows were taken after `cursor`. Raises JournalError."""
        return await self._journal.read_rows(lambda rows: rows.count_after(cursor))


def _count_for_request(lines: Sequence[str]) -> int:
    """Return how many of the lines go into one request: at least one, if there are any."""
    max_lines = min(len(lines), MAX_LINES)
    sizes = accumulate(len(line) + 1 for line in lines[:max_lines])
    return max(bisect_right(list(sizes), MAX_BYTES), min(max_lines, 1))


def _lines_up_to(lines: Lines, last: int) -> Lines:
    """Return the lines of rows taken up to `last` (UTC ms)."""
    count = bisect_right(lines.line_times, last)
    return Lines(
        lines=lines.lines[:count],
        line_times=lines.line_times[:count],
        row_times=lines.row_times[: bisect_right(lines.row_times, last)],
    )


def _next_row_limit(limit: int, lines: Lines) -> int:
    """Return how many rows to read for a full request, judging by what the last ones became."""
    size = sum(map(len, lines.lines)) + len(lines.lines)
    if not size:
        return limit
    rows = min(MAX_LINES / len(lines.lines), MAX_BYTES / size) * len(lines.row_times)
    return max(1, min(int(rows), MAX_LINES, limit * _MAX_GROWTH))
