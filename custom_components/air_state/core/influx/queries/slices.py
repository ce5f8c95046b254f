"""The rows of a query, read in slices of time.

The server holds a slice in memory to pivot and sort it. Slices are short, so that even a small
board can be asked for years, and 3.x for more than the three days or so that it looks at at once.
The next slice is asked for once the rows of this one are taken.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ...domain.errors import StartMissingError
from ...domain.models import Block, HistoryQuery
from ...domain.page_breaks import WholeMilliseconds
from ..errors import InfluxEndlessError, InfluxSpanError
from .downsampling import DownsamplingPlan, merge_answers
from .protocols import InfluxReader
from .selection import QueryPart, TimeRange, query_parts

_TARGET_ROWS = 20_000  # of a slice with one aggregate; with several, as many cells
_MAX_ROWS = 100_000  # of a slice, however many were expected
_HOUR, _DAY = 3_600_000, 86_400_000  # ms
_FIRST_SPAN = _DAY // 4  # of rows as they are stored
_MAX_SPAN = 7 * _DAY  # of rows as they are stored
_MIN_SPAN = _HOUR  # no shorter slice is halved again where 3.x finds it too long
_MAX_GROWTH, _MIN_GROWTH = 4.0, 0.25  # of a slice's span, from one slice to the next
MAX_EMPTY_SLICES = 200  # one after another, with a server that cannot tell where the next row is


@dataclass(slots=True, kw_only=True)
class _Slice:
    """A slice that is being read.

    `row_count` counts its rows so far. `resume_at` (UTC ms) is where to go on if the slice was cut
    short by its limit, else None.
    """

    time_range: TimeRange
    row_count: int = 0
    resume_at: int | None = None


class SlicedQuery:
    """The rows of one query, in the steps of its plan and the units that they are stored in."""

    def __init__(
        self,
        reader: InfluxReader,
        device: str,
        query: HistoryQuery,
        plan: DownsamplingPlan,
        *,
        max_span: int | None,
    ) -> None:
        """Ask a server that looks at `max_span` ms in one query at most; None for any span."""
        self._reader = reader
        self._query = query
        self._plan = plan
        self._step = plan.step
        self._max_span = max_span
        self._parts = query_parts(device, query.series)
        self._width = len(query.series) * plan.columns_per_series
        self._target_rows = max(1, _TARGET_ROWS // plan.columns_per_series)

    async def blocks(self) -> AsyncGenerator[Block]:
        """Yield the rows. Raises InfluxError; StartMissingError after too many empty slices."""
        step, stop = self._step, self._query.stop
        start = self._query.start
        span = self._bounded_span(_FIRST_SPAN if step == 1 else step * self._target_rows)
        rows_left = self._query.limit if self._plan.window is None else None
        empty_count = 0
        while start < stop and self._parts:
            end = start + max(span, step)
            end = min(end - end % step, stop)
            limit = _MAX_ROWS if rows_left is None else min(rows_left, _MAX_ROWS)
            if step == 1:
                limit += 1  # one more row shows whether the last millisecond is complete
            slice_ = _Slice(time_range=TimeRange(start=start, stop=end, limit=limit))
            try:
                async with aclosing(self._complete_rows(slice_)) as blocks:
                    async for block in blocks:
                        yield block
            except InfluxSpanError:
                if slice_.row_count or span <= max(_MIN_SPAN, step):
                    raise
                span //= 2
                continue
            row_count = slice_.row_count
            rows_left = None if rows_left is None else rows_left - row_count
            if rows_left is not None and rows_left <= 0:
                return
            end = end if slice_.resume_at is None else slice_.resume_at
            start = end if row_count else await self._next_start(end)
            empty_count = 0 if row_count or start != end else empty_count + 1
            if empty_count > MAX_EMPTY_SLICES:
                raise StartMissingError(days=empty_count * span // _DAY)
            if row_count:
                growth = min(_MAX_GROWTH, max(_MIN_GROWTH, self._target_rows / row_count))
                span = self._bounded_span(int(span * growth))

    def _bounded_span(self, span: int) -> int:
        """Return a slice's span within what the server, and its memory, can take.

        Rows may get denser from one slice to the next: a station may be polled each second from
        some day on.
        """
        longest = _MAX_SPAN if self._step == 1 else self._step * self._target_rows
        return min(span, self._max_span or span, longest)

    async def _next_start(self, start: int) -> int:
        """Return where to go on after an empty slice: the next row may be years away."""
        stop = self._query.stop
        if start >= stop:
            return stop
        time_range = TimeRange(start=start, stop=stop)
        try:
            first_times = [
                await self._reader.first_time(part.selection, time_range) for part in self._parts
            ]
        except InfluxSpanError:
            return start
        times = [time for time in first_times if time is not None]
        return max(start, min(times) - min(times) % self._step) if times else stop

    async def _complete_rows(self, slice_: _Slice) -> AsyncGenerator[Block]:
        """Yield the rows of a slice, without the last ones if their millisecond is incomplete."""
        step, time_range = self._step, slice_.time_range
        received, last = 0, time_range.start
        milliseconds = WholeMilliseconds()
        async with aclosing(self._rows(time_range)) as blocks:
            async for block in blocks:
                received += len(block.times)
                last = block.times[-1]
                for each in milliseconds.push(block) if step == 1 else (_aligned(block, step),):
                    slice_.row_count += len(each.times)
                    yield each
        is_full = time_range.limit is not None and received >= time_range.limit
        if is_full and step > 1:
            slice_.resume_at = last - last % step + step
        elif is_full and slice_.row_count:
            slice_.resume_at = last
        elif is_full:  # all rows are of one millisecond
            slice_.resume_at = last + 1
            millisecond = TimeRange(start=last, stop=last + 1, limit=_MAX_ROWS)
            async with aclosing(self._rows(millisecond)) as blocks:
                async for block in blocks:
                    slice_.row_count += len(block.times)
                    yield block
            if slice_.row_count >= _MAX_ROWS:
                raise InfluxEndlessError(address="InfluxDB", most=f"{_MAX_ROWS:,} points in 1 ms")
        else:
            for each in milliseconds.rest():
                slice_.row_count += len(each.times)
                yield each

    async def _rows(self, time_range: TimeRange) -> AsyncGenerator[Block]:
        """Yield the rows of a time range, asked for part by part and merged."""
        downsampling = self._plan.downsampling
        if len(self._parts) == 1:
            (part,) = self._parts
            async with aclosing(
                self._reader.rows(part.selection, time_range, downsampling)
            ) as blocks:
                async for block in blocks:
                    yield _in_column_order(block, self._column_indexes(part))
            return
        answers = []
        until = time_range.stop
        for part in self._parts:
            async with aclosing(
                self._reader.rows(part.selection, time_range, downsampling)
            ) as rows:
                answer = [block async for block in rows]
            answers.append((self._column_indexes(part), answer))
            if answer and sum(len(block.times) for block in answer) == time_range.limit:
                # This answer was cut short: rows after its last one would lack its columns.
                until = min(until, answer[-1].times[-1] + 1)
        row_count = 0
        for block in merge_answers(answers, self._width):
            rows_left = (_MAX_ROWS if time_range.limit is None else time_range.limit) - row_count
            complete = block.slice(0, min(bisect_left(block.times, until), rows_left))
            if not complete.times:
                return
            row_count += len(complete.times)
            yield complete
            await asyncio.sleep(0)

    def _column_indexes(self, part: QueryPart) -> list[int]:
        """Return the indexes of a part's columns in the merged rows."""
        count = self._plan.columns_per_series
        return [series * count + number for series in part.series for number in range(count)]


def _in_column_order(block: Block, columns: Sequence[int]) -> Block:
    """Return a block with its columns in the order of `columns`, the indexes of the query's."""
    if list(columns) == sorted(columns):
        return block
    return Block(
        times=block.times,
        columns=tuple(column for _, column in sorted(zip(columns, block.columns, strict=True))),
    )


def _aligned(block: Block, step: int) -> Block:
    """Return a block whose first row, too, is at the start of its window.

    Where a range begins within a window, Flux has the window begin there.
    """
    if not block.times or not (excess := block.times[0] % step):
        return block
    times = array("q", block.times)
    times[0] -= excess
    return replace(block, times=times)
