"""Questions about history as people put them: checked, and answered from the right source."""

from array import array
from bisect import bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..domain.errors import (
    AggregateError,
    JournalError,
    LimitError,
    MirrorAbsentError,
    OwnReadingError,
    ParameterError,
    RangeError,
)
from ..domain.means import ALL, MeanSelection
from ..domain.models import (
    Aggregate,
    Block,
    Column,
    HistoryQuery,
    Latest,
    Series,
    Source,
    StoredSeries,
    Table,
)
from ..domain.page_breaks import WholeMilliseconds, rows_within_limit
from ..domain.ports import HistorySource
from ..domain.sensor_types import series_unit
from ..domain.times import parse_time
from ..domain.windows import AUTO, parse_window
from ..influx.errors import InfluxError, InfluxSpanError
from ..influx.queries.circuit_breaker import CircuitBreaker
from ..influx.source import InfluxHistory
from ..journal.source import JournalHistory
from .series_names import Names, names_of_influxdb, names_of_journal, require_own_readings

MAX_ROWS = 25_000
MAX_STREAMED = 1_000_000_000
MAX_CELLS = 150_000  # about what Home Assistant turns into JSON without being held up
DEFAULT_ROWS = 1_000
_EVER = 2**62 // 1_000_000  # ms, as far as InfluxDB's nanoseconds go


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """A question in words: times as `domain/times.py`, windows as `domain/windows.py` reads them.

    No `parameters` means all, without single sensors' own. No `limit` means every row.
    """

    parameters: tuple[str, ...] = ()
    start: str = "-24h"
    stop: str = "now"
    window: str | None = None
    aggregate: Aggregate | None = None
    limit: int | None = DEFAULT_ROWS
    source: Source = Source.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAnswer:
    """The table, and the stream that it was, now at its end."""

    stream: HistoryStream
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSource:
    """Where to ask, and for what.

    `problem` is why InfluxDB could not be asked whether it has more than the journal.
    """

    source: Source
    series: tuple[Series, ...]
    problem: InfluxError | None = None


class HistoryStream:
    """An answer of any size: rows as they come."""

    def __init__(self, query: HistoryQuery, found: ResolvedSource, asked: HistorySource) -> None:
        """Ask `asked`, as it was found."""
        self.query = query
        self.source = found.source
        self.problem = found.problem
        self.next_start: int | None = None  # after the last block, where a limit cut it short
        self._asked = asked

    async def blocks(self) -> AsyncGenerator[Block]:
        """Yield the rows; none is empty. Raises InfluxError and JournalError.

        Rows of one millisecond are never on two pages: a page may be shorter for that, and longer
        where they alone are more than the limit.
        """
        limit = self.query.limit
        if limit is None:
            async with aclosing(self._asked.blocks(self.query)) as blocks:
                async for block in blocks:
                    yield block
            return
        given, last = 0, self.query.start
        async with aclosing(self._groups(replace(self.query, limit=limit + 1))) as groups:
            async for block in groups:
                count = rows_within_limit(block, limit - given)
                if not count:
                    if given:
                        self.next_start = block.times[0]
                        return
                    count = bisect_right(block.times, block.times[0])
                yield block.slice(0, count)
                given, last = given + count, block.times[count - 1]
                if count < len(block.times):
                    self.next_start = block.times[count]
                    return
        if given > limit and last + 1 < self.query.stop:  # nobody has looked further yet
            extent = await self._asked.extent(self.query.series, last + 1, self.query.stop)
            self.next_start = None if extent is None else extent[0]

    async def _groups(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield blocks of which none ends within a millisecond."""
        together = WholeMilliseconds()
        async with aclosing(self._asked.blocks(query)) as blocks:
            async for block in blocks:
                for each in together.push(block):
                    yield each
        for each in together.rest():
            yield each


class History:
    """Answers for one station."""

    def __init__(
        self,
        journal: JournalHistory,
        *,
        station: str,
        influx: InfluxHistory | None = None,
        mean_selection: MeanSelection = ALL,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Answer from these; `mean_selection` says what counts towards the journal's means.

        `breaker` is what is known of InfluxDB's not answering.
        """
        self._breaker = breaker or CircuitBreaker()
        self._journal = journal
        self._influx = influx
        self._station = station
        self._mean_selection = mean_selection

    async def ask(self, request: HistoryRequest, *, now: datetime) -> HistoryAnswer:
        """Return the answer, in the zone of `now`. Raises AirStateError."""
        if request.limit is None or not 1 <= request.limit <= MAX_ROWS:
            raise LimitError(value=request.limit, most=MAX_ROWS)
        try:
            return await _whole(await self.open(request, now=now, max_cells=MAX_CELLS))
        except InfluxError as error:
            if request.source is not Source.AUTO:
                raise
            problem = error
        own = await self.open(request, now=now, max_cells=MAX_CELLS, problem=problem)
        return await _whole(own)

    async def open(
        self,
        request: HistoryRequest,
        *,
        now: datetime,
        max_cells: int | None = None,
        problem: InfluxError | None = None,
    ) -> HistoryStream:
        """Return the answer as a stream, in the zone of `now`. Raises AirStateError.

        `problem` is why InfluxDB is not to be asked, though it would be by the request.
        """
        start, stop = parse_range(request.start, request.stop, now=now)
        if request.limit is not None and not 1 <= request.limit <= MAX_STREAMED:
            raise LimitError(value=request.limit, most=MAX_STREAMED)
        if request.aggregate is not None and request.window is None:
            raise AggregateError(value=request.aggregate)
        found = await self._find(request, start, stop, problem)
        limit = request.limit
        if limit is not None and max_cells is not None:
            limit = min(limit, max_cells // (1 + len(found.series)))
        asked = self._source(found.source)
        window = None
        if request.window is not None:
            first, last = start, stop - 1
            if request.window.strip() == AUTO:
                extent = await asked.extent(found.series, start, stop)
                first, last = extent or (first, last)
            zone = now.tzinfo or UTC
            window = parse_window(request.window, zone, start=first, stop=last + 1, limit=limit)
        query = HistoryQuery(
            series=found.series,
            start=start,
            stop=stop,
            window=window,
            aggregate=request.aggregate or Aggregate.MEAN,
            limit=limit,
        )
        return HistoryStream(query, found, asked)

    async def latest(self, source: Source) -> list[Latest]:
        """Return the newest value of each parameter, then of each reading.

        They are the journal's, if it has any and InfluxDB is not asked for. Raises AirStateError.
        """
        journal = await self._journal_names(required=source is Source.JOURNAL)
        if source is Source.AUTO:
            source = Source.JOURNAL if journal.own or not self._influx else Source.INFLUXDB
        names = journal
        if source is Source.INFLUXDB:
            names = names_of_influxdb(journal, await self._require_influx().held(0, _EVER))
        series = [*names.means.values(), *names.own.values()]
        return await self._source(source).latest(series)

    async def stored(
        self, source: Source, *, start: int | None, stop: int | None, prefix: str
    ) -> list[StoredSeries]:
        """Return what a source holds: InfluxDB, where there is one, of every station.

        Raises AirStateError.
        """
        asked = self.source_of_series(source)
        found = await self._source(asked).stored(start or 0, _EVER if stop is None else stop)
        return sorted(
            (each for each in found if each.name.startswith(prefix)), key=lambda each: each.name
        )

    def source_of_series(self, source: Source) -> Source:
        """Return where series are asked for: InfluxDB, if there is a choice."""
        if source is not Source.AUTO:
            return source
        return Source.INFLUXDB if self._influx else Source.JOURNAL

    def _source(self, source: Source) -> HistorySource:
        return self._require_influx() if source is Source.INFLUXDB else self._journal

    def _require_influx(self) -> InfluxHistory:
        if self._influx is None:
            raise MirrorAbsentError(station=self._station)
        return self._influx

    async def _journal_names(self, *, required: bool) -> Names:
        """Return what the journal has; nothing if it cannot be read and need not be."""
        try:
            return names_of_journal(await self._journal.known(), self._mean_selection)
        except JournalError:
            if required or self._influx is None:
                raise
            return names_of_journal((), ALL)

    async def _find(
        self, request: HistoryRequest, start: int, stop: int, problem: InfluxError | None
    ) -> ResolvedSource:
        """Return where to ask, and for what."""
        source, names = request.source, request.parameters
        journal = await self._journal_names(required=source is Source.JOURNAL)
        if source is Source.INFLUXDB:
            return await self._in_influxdb(names, journal, start, stop)
        if source is Source.AUTO and problem is None:
            try:
                if await self._is_beyond_journal(start, stop):
                    return await self._in_influxdb(names, journal, start, stop)
            except OwnReadingError:
                pass  # which the journal has
            except InfluxError as error:
                problem = error
        return _in_journal(names, journal, problem)

    async def _in_influxdb(
        self, names: tuple[str, ...], journal: Names, start: int, stop: int
    ) -> ResolvedSource:
        influx = self._require_influx()
        if names and all(name in journal.means for name in names):
            return ResolvedSource(source=Source.INFLUXDB, series=journal.resolve(names))
        held = await influx.held(start, stop)
        require_own_readings(names, journal, held)
        series = names_of_influxdb(journal, held).resolve(names)
        return ResolvedSource(source=Source.INFLUXDB, series=series)

    async def _is_beyond_journal(self, start: int, stop: int) -> bool:
        """Return whether InfluxDB has rows of the range from before the journal begins."""
        if self._influx is None:
            return False
        try:
            oldest = await self._journal.oldest()
        except JournalError:
            return True
        if oldest is None:
            return True
        if start >= oldest:
            return False
        if (silent := self._breaker.error) is not None:
            raise silent
        try:
            return await self._influx.has_rows(start, min(oldest, stop))
        except InfluxSpanError:
            return True


def _in_journal(
    names: tuple[str, ...], journal: Names, problem: InfluxError | None
) -> ResolvedSource:
    """Return what the journal has; if that is not what was asked for, the problem is raised.

    What the journal has is better than nothing, as long as it is said why it is no more.
    """
    try:
        series = journal.resolve(names)
    except ParameterError:
        if problem is not None:
            raise problem from None
        raise
    if problem is not None and not series:
        raise problem
    return ResolvedSource(source=Source.JOURNAL, series=series, problem=problem)


async def _whole(stream: HistoryStream) -> HistoryAnswer:
    """Return all of a stream. Raises InfluxError and JournalError."""
    async with aclosing(stream.blocks()) as blocks:
        found = [block async for block in blocks]
    return HistoryAnswer(stream=stream, table=_table(stream.query, found, stream.next_start))


def parse_range(start: str, stop: str, *, now: datetime) -> tuple[int, int]:
    """Return two times as UTC ms. Raises TimeError and RangeError."""
    found = parse_time("start", start, now=now), parse_time("stop", stop, now=now)
    if found[0] >= found[1]:
        raise RangeError(start=start, stop=stop)
    return found


def _table(query: HistoryQuery, blocks: Sequence[Block], next_start: int | None) -> Table:
    """Return blocks as one table."""
    return Table(
        times=[time for block in blocks for time in block.times],
        columns=tuple(
            Column(
                name=series.name,
                unit=None if query.is_count else series_unit(series),
                cells=_joined([block.columns[index] for block in blocks]),
            )
            for index, series in enumerate(query.series)
        ),
        next_start=next_start,
    )


def _joined(pieces: Sequence[Sequence[float | None]]) -> Sequence[float | None]:
    """Return the cells of a column one after another, as compact as they are."""
    if len(pieces) == 1:
        return pieces[0]
    compact = array("d")
    for piece in pieces:
        if not isinstance(piece, array):
            return [cell for each in pieces for cell in each]
        compact.extend(piece)
    return compact
