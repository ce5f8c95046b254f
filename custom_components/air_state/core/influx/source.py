"""A station's history out of InfluxDB, in slices of time.

A slice is what the server holds in memory to pivot and sort it, so that any range can be asked
for: years of it on a small board, and of 3.x more than the three days that it looks at in one
query. The next slice is asked for when the rows of this one are taken.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ..domain.errors import StartMissingError
from ..domain.models import Block, HistoryQuery, Latest, Series, StoredSeries
from ..domain.page_breaks import WholeMilliseconds
from ..domain.parameters import convert, unit_factor
from ..domain.ports import Clock
from .errors import InfluxEndlessError, InfluxSpanError
from .line_protocol import field_name, stored_name
from .queries.downsampling import Downsampler, DownsamplingPlan, merge, plan_downsampling
from .queries.protocols import InfluxReader
from .queries.selection import (
    Part,
    StoredFields,
    TimeRange,
    query_parts,
    select_means,
    select_own_readings,
)

_ROWS = 20_000  # that a slice is to have
_MAX_ROWS = 100_000  # that it may have, whatever was expected
_DAY = 86_400_000  # ms
_LONGEST = 7 * _DAY  # of a slice that is not folded
_SHORTEST = 3_600_000  # ms of a slice that 3.x finds too long
_FASTER, _SLOWER = 4.0, 0.25
_MAX_SLICES = 200  # without a row, of a server that cannot tell where the next is
MAX_SPAN_OF_V3 = 2 * _DAY


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What slices are asked for; and of one, how many rows it gave, and where it was cut off.

    `cut_at` is where to go on (UTC ms), None if the slice came to its end.
    """

    parts: Sequence[Part]
    plan: DownsamplingPlan
    width: int
    rows: int = 0
    cut_at: int | None = None


class InfluxHistory:
    """A HistorySource: the points of one station, by its tag."""

    def __init__(
        self,
        reader: InfluxReader,
        device: str,
        clock: Clock,
        *,
        longest: int | None = None,
        stored_units: Mapping[str, str] | None = None,
    ) -> None:
        """Ask `reader` for `device`, of a server that looks at up to `longest` ms at once.

        `stored_units` says which parameters are held in another unit than the catalogue's.
        """
        self._factors = {
            parameter: 1 / unit_factor(parameter, unit)
            for parameter, unit in (stored_units or {}).items()
        }
        self._reader = reader
        self._device = device
        self._clock = clock
        self._longest = longest

    async def held(self, start: int, stop: int) -> StoredFields:
        """Return what there is of the station. Raises InfluxError."""
        return await self._reader.held(self._device, self._recent(start, stop))

    async def has_rows(self, start: int, stop: int) -> bool:
        """Return whether there are means of the station between two times. Raises InfluxError."""
        time_range = TimeRange(start=start, stop=stop)
        return await self._reader.first(select_means(self._device), time_range) is not None

    async def times(self, start: int, stop: int) -> set[int]:
        """Return the times between two at which there are means of the station.

        Raises InfluxError.
        """
        time_range = TimeRange(start=start, stop=stop)
        fields = sorted((await self._reader.held(self._device, time_range)).fields)
        if not fields:
            return set()
        found = replace(select_means(self._device), fields=tuple(fields))
        async with aclosing(self._reader.rows(found, time_range, None)) as blocks:
            return {time async for block in blocks for time in block.times}

    def _recent(self, start: int, stop: int) -> TimeRange:
        """Return the range, or its end if the server does not look at all of it at once."""
        if self._longest is not None:
            start = max(start, min(stop, self._clock.now()) - self._longest)
        return TimeRange(start=min(start, stop - 1), stop=stop)

    async def extent(
        self, series: Collection[Series], start: int, stop: int
    ) -> tuple[int, int] | None:
        """Return the times of the first and last value of a range. Raises InfluxError.

        Of a server that does not look at all of it at once, it is all of the range.
        """
        time_range = TimeRange(start=start, stop=stop)
        parts = [part.selection for part in query_parts(self._device, series)]
        try:
            firsts = [await self._reader.first(part, time_range) for part in parts]
            lasts = [
                each.taken_at
                for part in parts
                for each in await self._reader.newest(part, time_range)
            ]
        except InfluxSpanError:
            return start, stop - 1
        times = [*(first for first in firsts if first is not None), *lasts]
        return (min(times), max(times)) if times else None

    async def blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows of `query`, in the catalogue's units. Raises InfluxError."""
        async with aclosing(self._as_stored(query)) as blocks:
            async for block in blocks:
                yield self._converted(block, query)

    def _converted(self, block: Block, query: HistoryQuery) -> Block:
        """Return a block of stored values in the catalogue's units; numbers of values have none."""
        if not self._factors or query.is_count:
            return block
        return replace(
            block,
            columns=tuple(
                column
                if (factor := self._factors.get(series.parameter)) is None
                else _times_factor(column, factor)
                for series, column in zip(query.series, block.columns, strict=True)
            ),
        )

    async def _as_stored(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows of `query` in the units that they are stored in."""
        plan = plan_downsampling(query, self._longest)
        downsampler = Downsampler(query, plan) if plan.window else None
        left = query.limit
        async with aclosing(self._slices(query, plan)) as blocks:
            async for found in blocks:
                block = downsampler.downsample(found) if downsampler else found
                if query.is_count:
                    block = _with_zeros(block)
                if plan.step > 1 and left is not None and len(block.times) >= left:
                    yield block.slice(0, left)
                    return
                if block.times:
                    yield block
                    left = None if left is None else left - len(block.times)
        if downsampler and (last := downsampler.finish()).times:
            yield _with_zeros(last) if query.is_count else last

    async def _slices(self, query: HistoryQuery, plan: DownsamplingPlan) -> AsyncGenerator[Block]:
        """Yield rows of the plan's steps, slice by slice."""
        parts = query_parts(self._device, query.series)
        step, begin = plan.step, query.start
        span = self._bounded(_DAY // 4 if step == 1 else step * _ROWS, step)
        left = query.limit if plan.window is None else None
        empty = 0  # slices in a row
        while begin < query.stop and parts:
            end = begin + max(span, step)
            end = min(end - end % step, query.stop)
            most = _MAX_ROWS if left is None else min(left, _MAX_ROWS)
            # Of rows one more, to see whether the last millisecond is whole.
            slice_ = TimeRange(start=begin, stop=end, limit=most + 1 if step == 1 else most)
            asked = _Asked(parts=parts, plan=plan, width=len(query.series))
            try:
                async with aclosing(self._whole_rows(asked, slice_)) as blocks:
                    async for block in blocks:
                        yield block
            except InfluxSpanError:
                if asked.rows or span <= max(_SHORTEST, step):
                    raise
                span //= 2
                continue
            rows = asked.rows
            left = None if left is None else left - rows
            if left is not None and left <= 0:
                return
            end = end if asked.cut_at is None else asked.cut_at
            begin = end if rows else await self._next_row(parts, end, query.stop, step)
            empty = 0 if rows or begin != end else empty + 1
            if empty > _MAX_SLICES:
                raise StartMissingError(days=empty * span // _DAY)
            if rows:
                faster = min(_FASTER, max(_SLOWER, _ROWS / rows))
                span = self._bounded(int(span * faster), step)

    def _bounded(self, span: int, step: int) -> int:
        """Return a slice's length within what the server, and its memory, can do.

        Stations may be polled each second from some day on.
        """
        return min(span, self._longest or span, _LONGEST if step == 1 else step * _ROWS)

    async def _next_row(self, parts: Sequence[Part], start: int, stop: int, step: int) -> int:
        """Return where to go on after a slice without rows: gaps may be years long."""
        if start >= stop:
            return stop
        time_range = TimeRange(start=start, stop=stop)
        try:
            found = [await self._reader.first(part.selection, time_range) for part in parts]
        except InfluxSpanError:
            return start
        times = [time for time in found if time is not None]
        return max(start, min(times) - min(times) % step) if times else stop

    async def _whole_rows(self, asked: _Asked, slice_: TimeRange) -> AsyncGenerator[Block]:
        """Yield the rows of one slice, but for those that may not be all of their millisecond."""
        step, received, last = asked.plan.step, 0, slice_.start
        together = WholeMilliseconds()
        async with aclosing(self._slice(asked, slice_)) as blocks:
            async for block in blocks:
                received += len(block.times)
                last = block.times[-1]
                for each in together.push(block) if step == 1 else (_aligned(block, step),):
                    asked.rows += len(each.times)
                    yield each
        full = slice_.limit is not None and received >= slice_.limit
        if full and step > 1:
            asked.cut_at = last - last % step + step
        elif full and asked.rows:
            asked.cut_at = last
        elif full:
            asked.cut_at = last + 1
            alone = TimeRange(start=last, stop=last + 1, limit=_MAX_ROWS)
            async with aclosing(self._slice(asked, alone)) as blocks:
                async for block in blocks:
                    asked.rows += len(block.times)
                    yield block
            if asked.rows >= _MAX_ROWS:
                raise InfluxEndlessError(address="InfluxDB", most=f"{_MAX_ROWS:,} points in 1 ms")
        else:
            for each in together.rest():
                asked.rows += len(each.times)
                yield each

    async def _slice(self, asked: _Asked, slice_: TimeRange) -> AsyncGenerator[Block]:
        """Yield the rows of one slice, one query after another."""
        parts, plan, width = asked.parts, asked.plan, asked.width
        asks = [(part, downsampling) for downsampling in plan.downsamplings for part in parts]
        if len(asks) == 1:
            ((part, downsampling),) = asks
            async with aclosing(self._reader.rows(part.selection, slice_, downsampling)) as blocks:
                async for block in blocks:
                    yield _arranged(block, part.columns)
            return
        answers = []
        until = slice_.stop
        for number, downsampling in enumerate(plan.downsamplings):
            for part in parts:
                async with aclosing(
                    self._reader.rows(part.selection, slice_, downsampling)
                ) as blocks:
                    found = [block async for block in blocks]
                answers.append(([number * width + column for column in part.columns], found))
                if found and sum(len(block.times) for block in found) == slice_.limit:
                    until = min(until, found[-1].times[-1] + 1)
        # Where one of them was cut short, the others go no further.
        rows = 0
        for block in merge(answers, width * len(plan.downsamplings)):
            fitting = block.slice(0, min(bisect_left(block.times, until), _left(slice_, rows)))
            if not fitting.times:
                return
            rows += len(fitting.times)
            yield fitting
            await asyncio.sleep(0)

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one. Raises InfluxError."""
        time_range = self._recent(0, self._clock.now() + _DAY)
        means = [each for each in series if each.reading is None]
        own = [each for each in series if each.reading is not None]
        selections = [
            select_means(self._device, [each.parameter for each in means]),
            select_own_readings(self._device, None, dict.fromkeys(each.parameter for each in own)),
        ]
        found = {
            (each.sensor, each.field): each
            for selection in selections
            if selection.fields
            for each in await self._reader.newest(selection, time_range)
        }
        return [
            Latest(
                series=each,
                value=convert(newest.value, self._factors.get(each.parameter, 1.0)),
                taken_at=newest.taken_at,
            )
            for each in series
            if (
                newest := found.get(
                    (
                        stored_name(each.reading.sensor) if each.reading else None,
                        field_name(each.parameter),
                    )
                )
            )
        ]

    async def stored(self, start: int, stop: int) -> list[StoredSeries]:
        """Return every series of every station in the bucket or database.

        Raises InfluxError; StartMissingError for too many slices.
        """
        stop = min(stop, self._clock.now() + _DAY)
        if self._longest is None or stop <= start:
            return await self._reader.series(TimeRange(start=min(start, stop - 1), stop=stop))
        if stop - start > _MAX_SLICES * self._longest:
            raise StartMissingError(days=_MAX_SLICES * self._longest // _DAY)
        found: dict[str, StoredSeries] = {}
        for begin in range(start, stop, self._longest):
            time_range = TimeRange(start=begin, stop=min(begin + self._longest, stop))
            for each in await self._reader.series(time_range):
                known = found.get(each.name)
                found[each.name] = (
                    replace(known, last=each.last, rows=known.rows + each.rows) if known else each
                )
        return list(found.values())


def _times_factor(column: Sequence[float | None], factor: float) -> Sequence[float | None]:
    """Return a column times a factor; air changes slowly, so the same few numbers come again."""
    known = {value: convert(value, factor) for value in set(column) if value is not None}
    return [None if value is None else known[value] for value in column]


def _left(slice_: TimeRange, rows: int) -> int:
    """Return how many rows a slice may have after so many."""
    return _MAX_ROWS if slice_.limit is None else slice_.limit - rows


def _arranged(block: Block, columns: Sequence[int]) -> Block:
    """Return a block whose columns are where they are asked for."""
    if list(columns) == sorted(columns):
        return block
    return Block(
        times=block.times,
        columns=tuple(column for _, column in sorted(zip(columns, block.columns, strict=True))),
    )


def _aligned(block: Block, step: int) -> Block:
    """Return a block whose first row, too, has the time at which its window starts.

    Where a range begins within a window, Flux says that the window begins there.
    """
    if not block.times or not (beyond := block.times[0] % step):
        return block
    times = array("q", block.times)
    times[0] -= beyond
    return replace(block, times=times)


def _with_zeros(block: Block) -> Block:
    return replace(
        block,
        columns=tuple([value or 0 for value in column] for column in block.columns),
    )
