"""Questions about history as people put them, checked and answered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import AggregateError, LimitError, ParameterError, RangeError
from .means import group_counted
from .models import Aggregate, HistoryQuery, Latest, ReadingKey, Series, Table
from .ports import HistorySource
from .times import parse_time
from .windows import parse_window

MOST_ROWS = 25_000
MOST_CELLS = 150_000  # about what Home Assistant turns into JSON without being held up
DEFAULT_ROWS = 1_000
_NAMES_IN_ERROR = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """A question in words: times as `times.py`, windows as `windows.py` reads them.

    No `parameters` means all, without single sensors' own.
    """

    parameters: tuple[str, ...] = ()
    start: str = "-24h"
    stop: str = "now"
    window: str | None = None
    aggregate: Aggregate | None = None
    limit: int = DEFAULT_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAnswer:
    """The table, and the query that the request was understood as."""

    query: HistoryQuery
    table: Table


class History:
    """Answers for one station."""

    def __init__(self, source: HistorySource, *, excluded: Collection[ReadingKey] = ()) -> None:
        """Answer from `source`; `excluded` readings do not count towards means."""
        self._source = source
        self._excluded = excluded

    async def ask(self, request: HistoryRequest, *, now: datetime) -> HistoryAnswer:
        """Return the answer, in the zone of `now`. Raises QueryError and JournalError."""
        if not 1 <= request.limit <= MOST_ROWS:
            raise LimitError(value=request.limit, most=MOST_ROWS)
        start = parse_time(request.start, now=now)
        stop = parse_time(request.stop, now=now)
        if start >= stop:
            raise RangeError(start=request.start, stop=request.stop)
        if request.aggregate is not None and request.window is None:
            raise AggregateError(value=request.aggregate)
        series = self._resolve(request.parameters, await self._source.known())
        limit = min(request.limit, MOST_CELLS // (1 + len(series)))
        query = HistoryQuery(
            series=series,
            start=start,
            stop=stop,
            window=None
            if request.window is None
            else parse_window(
                request.window, now.tzinfo or UTC, start=start, stop=stop, limit=limit
            ),
            aggregate=request.aggregate or Aggregate.MEAN,
            limit=limit,
        )
        return HistoryAnswer(query=query, table=await self._source.history(query))

    async def latest(self) -> list[Latest]:
        """Return the newest value of each parameter, then of each reading. Raises JournalError."""
        known = sorted(await self._source.known())
        means = group_counted(known, self._excluded).values()
        return await self._source.latest([*means, *map(_own, known)])

    def _resolve(self, names: Iterable[str], known: Collection[ReadingKey]) -> tuple[Series, ...]:
        """Return the series of the names, each once, in their order."""
        means = group_counted(known, self._excluded)
        everything = {str(key): _own(key) for key in sorted(known)} | means
        known_or_tidy = (name if name in everything else name.strip() for name in names)
        wanted = list(dict.fromkeys(known_or_tidy)) or list(means)
        for name in wanted:
            if name not in everything:
                allowed = ", ".join([*means, *map(str, sorted(known))][:_NAMES_IN_ERROR])
                raise ParameterError(value=name, allowed=allowed or "-")
        return tuple(everything[name] for name in wanted)


def _own(key: ReadingKey) -> Series:
    """Return the series of a single sensor's own reading."""
    return Series(name=str(key), parameter=key.parameter, keys=(key,))
