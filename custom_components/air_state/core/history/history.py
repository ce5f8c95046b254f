"""Answers questions about one station's past."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from ..domain.errors import AggregateError, LimitError
from ..domain.means import DEFAULT_SELECTION, MeanSelection
from ..domain.models import Aggregate, HistoryQuery, Latest, Source, StoredSeries, Window
from ..domain.ports import HistorySource
from ..domain.times import FAR_FUTURE
from ..domain.windows import AUTO, parse_window
from ..influx.errors import InfluxError
from ..influx.queries.circuit_breaker import CircuitBreaker
from ..influx.source import InfluxHistory
from ..journal.source import JournalHistory
from .answer import HistoryAnswer, read_answer
from .request import MAX_CELLS, MAX_ROWS, MAX_STREAMED, HistoryRequest, check_limit, parse_range
from .sources import HistorySources
from .stream import HistoryStream


class History:
    """Answers from the journal and from InfluxDB; each method raises AirStateError."""

    def __init__(
        self,
        journal: JournalHistory,
        *,
        station: str,
        influx: InfluxHistory | None = None,
        mean_selection: MeanSelection = DEFAULT_SELECTION,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Answer from `journal`, and from `influx` if the station has an InfluxDB.

        `station` is the name for errors. `mean_selection` says which sensors count towards the
        journal's means. `breaker` is open while InfluxDB does not answer.
        """
        self._sources = HistorySources(
            journal,
            influx,
            station=station,
            mean_selection=mean_selection,
            breaker=breaker or CircuitBreaker(),
        )

    async def ask(self, request: HistoryRequest, *, now: datetime) -> HistoryAnswer:
        """Return the answer as a table; calendar windows and times are in the time zone of `now`.

        With AUTO, the journal answers if InfluxDB breaks off.
        """
        if request.limit is None:
            raise LimitError(value=None, most=MAX_ROWS)
        check_limit(request.limit, max_rows=MAX_ROWS)
        try:
            return await read_answer(await self.open(request, now=now, max_cells=MAX_CELLS))
        except InfluxError as error:
            if request.source is not Source.AUTO:
                raise
            problem = error
        stream = await self.open(request, now=now, max_cells=MAX_CELLS, problem=problem)
        return await read_answer(stream)

    async def open(
        self,
        request: HistoryRequest,
        *,
        now: datetime,
        max_cells: int | None = None,
        problem: InfluxError | None = None,
    ) -> HistoryStream:
        """Return the answer as a stream; calendar windows and times are in the time zone of `now`.

        `max_cells` lowers the limit for wide tables. If `problem` (why InfluxDB did not answer) is
        given, AUTO means the journal.
        """
        start, stop = parse_range(request.start, request.stop, now=now)
        if request.limit is not None:
            check_limit(request.limit, max_rows=MAX_STREAMED)
        if request.aggregates and request.window is None:
            raise AggregateError(value=", ".join(request.aggregates))
        resolved = await self._sources.resolve(request, start, stop, problem=problem)
        source = self._sources.get(resolved.source)
        aggregates = tuple(dict.fromkeys(request.aggregates)) or (Aggregate.MEAN,)
        limit = request.limit
        if limit is not None and max_cells is not None:
            limit = min(limit, max_cells // (1 + len(resolved.series) * len(aggregates)))
        query = HistoryQuery(
            series=resolved.series,
            start=start,
            stop=stop,
            window=None,
            aggregates=aggregates,
            limit=limit,
        )
        if request.window is not None:
            zone = now.tzinfo or UTC
            query = replace(query, window=await _window(request.window, zone, query, source))
        return HistoryStream(query, resolved, source)

    async def latest(self, source: Source) -> list[Latest]:
        """Return the newest value of each parameter's mean, then of each sensor's own readings.

        AUTO is the journal if it has any readings.
        """
        resolved = await self._sources.resolve_all(source)
        return await self._sources.get(resolved.source).latest(resolved.series)

    async def stored_series(
        self, source: Source, *, start: int | None, stop: int | None, prefix: str
    ) -> list[StoredSeries]:
        """Return the series that a source holds in a range (UTC ms), sorted by name.

        InfluxDB holds those of other stations as well. AUTO is what `series_source` returns.
        """
        asked = self._sources.get(self.series_source(source))
        found = await asked.stored_series(start or 0, FAR_FUTURE if stop is None else stop)
        return sorted(
            (each for each in found if each.name.startswith(prefix)), key=lambda each: each.name
        )

    def series_source(self, source: Source) -> Source:
        """Return where `stored_series` looks: AUTO is InfluxDB if the station has one."""
        return self._sources.prefer_influxdb(source)


async def _window(text: str, zone: tzinfo, query: HistoryQuery, source: HistorySource) -> Window:
    """Return the window that `text` names; "auto" fits the first and last value of the range.

    Raises WindowError, and for "auto" InfluxError and JournalError.
    """
    first, last = query.start, query.stop - 1
    if text.strip() == AUTO:
        extent = await source.extent(query.series, query.start, query.stop)
        first, last = extent or (first, last)
    return parse_window(text, zone, start=first, stop=last + 1, limit=query.limit)
