"""Downsampling in two stages, for windows that the database cannot make.

A local day has 23 or 25 hours where the clock changes, and each version of InfluxDB gets that
wrong in a way of its own. So the database aggregates into hours, and these are merged into days,
weeks and months here. The database does most of the work, and all versions give the same days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import batched
from math import gcd

from ...domain.calendar_windows import next_window_start, window_start
from ...domain.models import Aggregate, Block, CalendarWindow, HistoryQuery, Window
from ...domain.times import to_datetime
from .selection import Downsampling

_HOUR = 3_600_000  # ms
_QUARTER_HOUR = _HOUR // 4  # for zones whose offset is no whole hour
_SEASON = 91 * 24 * _HOUR  # offsets are looked at this often; no odd one lasted less
_CELLS_PER_BLOCK = 6_000  # more would hold the event loop up

# A mean of a window cannot be made of the means of its parts, but of their sums and counts.
_PARTIAL_AGGREGATES = {Aggregate.MEAN: (Aggregate.SUM, Aggregate.COUNT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DownsamplingPlan:
    """What the database aggregates, and the window that its rows are merged into.

    A `downsampling` of None stands for the rows as they are stored. A `window` of None means that
    nothing is merged.
    """

    downsampling: Downsampling | None
    window: Window | None

    @property
    def step(self) -> int:
        """Return the length of the database's windows in ms, 1 if it has none."""
        return 1 if self.downsampling is None else self.downsampling.step

    @property
    def columns_per_series(self) -> int:
        """Return how many columns of the database's rows belong to one series."""
        return 1 if self.downsampling is None else len(self.downsampling.aggregates)


def plan_downsampling(query: HistoryQuery, max_span: int | None) -> DownsamplingPlan:
    """Return the plan of a query, for a database that can make windows of up to `max_span` ms."""
    window = query.window
    if window is None:
        return DownsamplingPlan(downsampling=None, window=None)
    if isinstance(window, CalendarWindow):
        step = _calendar_step(window.zone, query.start, query.stop)
    elif max_span is None or window.length <= max_span:
        return DownsamplingPlan(
            downsampling=Downsampling(step=window.length, aggregates=query.aggregates),
            window=None,
        )
    else:
        step = gcd(window.length, _HOUR)
    aggregates = dict.fromkeys(
        partial
        for aggregate in query.aggregates
        for partial in _PARTIAL_AGGREGATES.get(aggregate, (aggregate,))
    )
    return DownsamplingPlan(
        downsampling=Downsampling(step=step, aggregates=tuple(aggregates)), window=window
    )


def _calendar_step(zone: tzinfo, start: int, stop: int) -> int:
    """Return an hour in ms, or a quarter of it if not every midnight is at a whole hour of UTC."""
    moments = (*range(start, stop, _SEASON), stop)
    offsets = (to_datetime(moment, zone).utcoffset() for moment in moments)
    whole_hours = all(offset is not None and offset.seconds % 3600 == 0 for offset in offsets)
    return _HOUR if whole_hours else _QUARTER_HOUR


class Downsampler:
    """Merges rows of a plan's step, which come in order, into rows of its window."""

    def __init__(self, query: HistoryQuery, downsampling: Downsampling, window: Window) -> None:
        """Merge the rows of `query`, which the database has downsampled, into `window`."""
        self._window = window
        self._asked = query.aggregates
        self._partials = downsampling.aggregates
        self._aggregates = downsampling.aggregates * len(query.series)  # of each column
        self._width = len(query.columns)
        self._end = -1
        self._start = 0
        self._values: list[float | None] = []  # of the window that is not complete yet

    def downsample(self, block: Block) -> Block:
        """Merge more rows; return the windows that are complete by now."""
        complete: list[tuple[int, list[float | None]]] = []
        for time, *cells in zip(block.times, *block.columns, strict=True):
            if time >= self._end:
                complete += self._finish_window()
                self._start_window(time, cells)
            else:
                self._values = [
                    _combine(aggregate, earlier, later)
                    for aggregate, earlier, later in zip(
                        self._aggregates, self._values, cells, strict=True
                    )
                ]
        return _block(complete, self._width)

    def finish(self) -> Block:
        """Return the last window, no rows if there is none."""
        return _block(self._finish_window(), self._width)

    def _start_window(self, time: int, cells: list[float | None]) -> None:
        self._start = window_start(self._window, time)
        self._end = next_window_start(self._window, self._start)
        self._values = cells

    def _finish_window(self) -> list[tuple[int, list[float | None]]]:
        if not self._values:
            return []
        values, self._values = self._values, []
        return [
            (
                self._start,
                [
                    _final_value(aggregate, dict(zip(self._partials, of_series, strict=True)))
                    for of_series in batched(values, len(self._partials), strict=True)
                    for aggregate in self._asked
                ],
            )
        ]


def _final_value(aggregate: Aggregate, partials: Mapping[Aggregate, float | None]) -> float | None:
    """Return an aggregate of a series from the ones that the database was asked for."""
    if aggregate is not Aggregate.MEAN:
        return partials[aggregate]
    total, count = (partials[each] for each in _PARTIAL_AGGREGATES[Aggregate.MEAN])
    return None if total is None or not count else total / count


def _combine(aggregate: Aggregate, earlier: float | None, later: float | None) -> float | None:
    """Return the aggregate of two time ranges from the aggregates of each."""
    if earlier is None or later is None:
        return earlier if later is None else later
    match aggregate:
        case Aggregate.MIN:
            return min(earlier, later)
        case Aggregate.MAX:
            return max(earlier, later)
        case Aggregate.FIRST:
            return earlier
        case Aggregate.LAST:
            return later
        case Aggregate.MEAN | Aggregate.SUM | Aggregate.COUNT:
            return earlier + later


def _block(rows: Sequence[tuple[int, list[float | None]]], width: int) -> Block:
    return Block(
        times=[time for time, _ in rows],
        columns=tuple([values[index] for _, values in rows] for index in range(width)),
    )


def merge_answers(
    answers: Sequence[tuple[Sequence[int], Sequence[Block]]], width: int
) -> Iterator[Block]:
    """Yield the rows of several answers side by side: one row of `width` cells for each time.

    Each answer is a pair: the indexes of its columns in the merged rows, and its blocks in order.
    """
    iterators = [_iterate_rows(blocks) for _, blocks in answers]
    next_rows = [next(each, None) for each in iterators]
    merged: list[tuple[int, list[float | None]]] = []
    max_rows = max(1, _CELLS_PER_BLOCK // width)
    while times := [row[0] for row in next_rows if row is not None]:
        time, cells = min(times), list[float | None]([None] * width)
        for number, row in enumerate(next_rows):
            if row is not None and row[0] == time:
                for index, value in zip(answers[number][0], row[1], strict=True):
                    cells[index] = value
                next_rows[number] = next(iterators[number], None)
        merged.append((time, cells))
        if len(merged) == max_rows:
            yield _block(merged, width)
            merged = []
    if merged:
        yield _block(merged, width)


def _iterate_rows(blocks: Sequence[Block]) -> Iterator[tuple[int, Sequence[float | None]]]:
    for block in blocks:
        for time, *cells in zip(block.times, *block.columns, strict=True):
            yield time, cells
