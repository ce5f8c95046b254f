"""Downsampling in two stages, where a database has no window of the length that is asked for.

Days, weeks and months of the local calendar have 23 or 25 hours where the clock changes, which
InfluxDB's versions get wrong each in its own way. So InfluxDB aggregates into hours, and these are
merged here: most of the work stays with the database, and every version gives the same days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from math import gcd

from ...domain.calendar_windows import next_window_start, window_start
from ...domain.models import Aggregate, Block, CalendarWindow, HistoryQuery, Window
from ...domain.times import to_datetime
from .selection import Downsampling

_HOUR = 3_600_000  # ms
_QUARTER = _HOUR // 4  # of the zones whose offset is no whole hour
_SEASON = 91 * 24 * _HOUR  # no zone has an odd offset for less
_CELLS_AT_ONCE = 6_000  # more would hold the event loop up

_PARTIAL = {Aggregate.MEAN: (Aggregate.SUM, Aggregate.COUNT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DownsamplingPlan:
    """What the database aggregates, and the `window` that its rows are merged into; None: no merge.

    With a window, each of `downsamplings` gives a column for each series, one after another.
    """

    downsamplings: tuple[Downsampling | None, ...]
    window: Window | None

    @property
    def step(self) -> int:
        """Return the length of the database's windows in ms, 1 without windows."""
        first = self.downsamplings[0]
        return 1 if first is None else first.step


def plan_downsampling(query: HistoryQuery, longest: int | None) -> DownsamplingPlan:
    """Return the plan of a query, for a database with windows of `longest` ms at most."""
    window = query.window
    if window is None:
        return DownsamplingPlan(downsamplings=(None,), window=None)
    if isinstance(window, CalendarWindow):
        step = _calendar_step(window.zone, query.start, query.stop)
    elif longest is None or window.length <= longest:
        return DownsamplingPlan(
            downsamplings=(Downsampling(step=window.length, aggregate=query.aggregate),),
            window=None,
        )
    else:
        step = gcd(window.length, _HOUR)
    aggregates = _PARTIAL.get(query.aggregate, (query.aggregate,))
    return DownsamplingPlan(
        downsamplings=tuple(Downsampling(step=step, aggregate=each) for each in aggregates),
        window=window,
    )


def _calendar_step(zone: tzinfo, start: int, stop: int) -> int:
    """Return the longest step that all midnights of the range are multiples of."""
    moments = (*range(start, stop, _SEASON), stop)
    offsets = (to_datetime(moment, zone).utcoffset() for moment in moments)
    whole = all(offset is not None and offset.seconds % 3600 == 0 for offset in offsets)
    return _HOUR if whole else _QUARTER


class Downsampler:
    """Folds rows of a plan's steps, which come in order, into rows of its window."""

    def __init__(self, query: HistoryQuery, plan: DownsamplingPlan) -> None:
        """Fold as `plan` leaves it to do for `query`."""
        self._window = plan.window
        self._aggregate = query.aggregate
        self._width = len(query.series)
        self._end = -1
        self._start = 0
        self._sums: list[float | None] = []

    def downsample(self, block: Block) -> Block:
        """Take rows; return those windows that are complete."""
        done: list[tuple[int, list[float | None]]] = []
        for time, *cells in zip(block.times, *block.columns, strict=True):
            if time >= self._end:
                done += self._finish()
                self._begin(time, cells)
            else:
                self._sums = [
                    _joined(self._aggregate, one, other)
                    for one, other in zip(self._sums, cells, strict=True)
                ]
        return _block(done, self._width)

    def finish(self) -> Block:
        """Return the last window, if there is one."""
        return _block(self._finish(), self._width)

    def _begin(self, time: int, cells: list[float | None]) -> None:
        if self._window is None:
            raise ValueError  # the plan left nothing to fold
        self._start = window_start(self._window, time)
        self._end = next_window_start(self._window, self._start)
        self._sums = cells

    def _finish(self) -> list[tuple[int, list[float | None]]]:
        if not self._sums:
            return []
        values, self._sums = self._sums, []
        if self._aggregate is Aggregate.MEAN:
            sums, counts = values[: self._width], values[self._width :]
            values = [
                None if total is None or not count else total / count
                for total, count in zip(sums, counts, strict=True)
            ]
        return [(self._start, values)]


def _joined(aggregate: Aggregate, one: float | None, other: float | None) -> float | None:
    """Return the value of two stretches of time, of which `other` is the later."""
    if one is None or other is None:
        return one if other is None else other
    match aggregate:
        case Aggregate.MIN:
            return min(one, other)
        case Aggregate.MAX:
            return max(one, other)
        case Aggregate.FIRST:
            return one
        case Aggregate.LAST:
            return other
        case Aggregate.MEAN | Aggregate.SUM | Aggregate.COUNT:
            return one + other


def _block(rows: Sequence[tuple[int, list[float | None]]], width: int) -> Block:
    return Block(
        times=[time for time, _ in rows],
        columns=tuple([values[index] for _, values in rows] for index in range(width)),
    )


def merge(answers: Sequence[tuple[Sequence[int], Sequence[Block]]], width: int) -> Iterator[Block]:
    """Yield the rows of several answers side by side, those of one time as one row.

    Each answer is the columns that its own are among `width`, and its blocks in order.
    """
    rows = [_rows(blocks) for _, blocks in answers]
    heads = [next(each, None) for each in rows]
    done: list[tuple[int, list[float | None]]] = []
    most = max(1, _CELLS_AT_ONCE // width)
    while there := [head[0] for head in heads if head is not None]:
        time, cells = min(there), list[float | None]([None] * width)
        for number, head in enumerate(heads):
            if head is not None and head[0] == time:
                for column, value in zip(answers[number][0], head[1], strict=True):
                    cells[column] = value
                heads[number] = next(rows[number], None)
        done.append((time, cells))
        if len(done) == most:
            yield _block(done, width)
            done = []
    if done:
        yield _block(done, width)


def _rows(blocks: Sequence[Block]) -> Iterator[tuple[int, Sequence[float | None]]]:
    for block in blocks:
        for time, *cells in zip(block.times, *block.columns, strict=True):
            yield time, cells
