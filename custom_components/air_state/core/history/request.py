"""Questions about history as people put them, and their limits."""

from dataclasses import dataclass
from datetime import datetime

from ..domain.errors import LimitError, RangeError
from ..domain.models import Aggregate, Source
from ..domain.times import parse_time

MAX_ROWS = 25_000  # of a table
MAX_STREAMED = 1_000_000_000  # rows of a stream
MAX_CELLS = 150_000  # of a table: Home Assistant turns about that many into JSON without a delay
DEFAULT_ROWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """A question with times and windows as text.

    `domain/times.py` says how times are written, `domain/windows.py` how windows are. Without
    `parameters` the answer has the means of all parameters. Without `aggregates`, each window has
    its mean. One that is given twice counts once. Without a `limit` the answer has every row.
    """

    parameters: tuple[str, ...] = ()
    start: str = "-24h"
    stop: str = "now"
    window: str | None = None
    aggregates: tuple[Aggregate, ...] = ()
    limit: int | None = DEFAULT_ROWS
    source: Source = Source.AUTO


def check_limit(limit: int, *, max_rows: int) -> None:
    """Raise LimitError unless `limit` is from 1 to `max_rows`."""
    if not 1 <= limit <= max_rows:
        raise LimitError(value=limit, most=max_rows)


def parse_range(start: str, stop: str, *, now: datetime) -> tuple[int, int]:
    """Return two times as UTC ms. Raises TimeError, and RangeError unless `start` is earlier."""
    times = parse_time("start", start, now=now), parse_time("stop", stop, now=now)
    if times[0] >= times[1]:
        raise RangeError(start=start, stop=stop)
    return times
