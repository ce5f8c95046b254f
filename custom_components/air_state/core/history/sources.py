"""Chooses whether the journal or InfluxDB answers, and finds the series there."""

from dataclasses import dataclass

from ..domain.errors import JournalError, MirrorAbsentError, OwnReadingError, ParameterError
from ..domain.means import DEFAULT_SELECTION, MeanSelection
from ..domain.models import Series, Source
from ..domain.ports import HistorySource
from ..domain.times import FAR_FUTURE
from ..influx.errors import InfluxError, InfluxSpanError
from ..influx.queries.circuit_breaker import CircuitBreaker
from ..influx.source import InfluxHistory
from ..journal.source import JournalHistory
from .request import HistoryRequest
from .series_names import SeriesNames, influxdb_names, journal_names, require_own_readings


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSource:
    """Which source answers, and with which series.

    `problem` is why InfluxDB could not be asked whether it has more than the journal.
    """

    source: Source
    series: tuple[Series, ...]
    problem: InfluxError | None = None


class HistorySources:
    """The journal and the InfluxDB of one station."""

    def __init__(
        self,
        journal: JournalHistory,
        influx: InfluxHistory | None,
        *,
        station: str,
        mean_selection: MeanSelection,
        breaker: CircuitBreaker,
    ) -> None:
        """Choose between these sources; `influx` is None for a station without InfluxDB.

        `mean_selection` says which sensors count towards the journal's means. While `breaker` is
        open, InfluxDB is not asked whether it has more than the journal.
        """
        self._journal = journal
        self._influx = influx
        self._station = station
        self._mean_selection = mean_selection
        self._breaker = breaker

    def get(self, source: Source) -> HistorySource:
        """Return InfluxDB or the journal. Raises MirrorAbsentError without an InfluxDB."""
        return self._require_influx() if source is Source.INFLUXDB else self._journal

    def prefer_influxdb(self, source: Source) -> Source:
        """Return InfluxDB instead of AUTO, or the journal for a station without InfluxDB."""
        if source is not Source.AUTO:
            return source
        return Source.INFLUXDB if self._influx else Source.JOURNAL

    async def resolve(
        self,
        request: HistoryRequest,
        start: int,
        stop: int,
        *,
        problem: InfluxError | None = None,
    ) -> ResolvedSource:
        """Return what answers a request about a range (UTC ms). Raises AirStateError.

        AUTO is InfluxDB only where it has rows from before the journal begins. If `problem` (why
        InfluxDB did not answer) is given, AUTO means the journal.
        """
        source, names = request.source, request.parameters
        journal = await self._journal_names(required=source is Source.JOURNAL)
        if source is Source.INFLUXDB:
            return await self._resolve_in_influxdb(names, journal, start, stop)
        if source is Source.AUTO and problem is None:
            try:
                if await self._influxdb_has_older_rows(start, stop):
                    return await self._resolve_in_influxdb(names, journal, start, stop)
            except OwnReadingError:
                pass  # the journal has it
            except InfluxError as error:
                problem = error
        return _resolve_in_journal(names, journal, problem)

    async def resolve_all(self, source: Source) -> ResolvedSource:
        """Return all series of a source: means first, then sensors' own readings.

        AUTO is the journal if it has any readings. Raises AirStateError.
        """
        names = await self._journal_names(required=source is Source.JOURNAL)
        if source is Source.AUTO:
            source = Source.JOURNAL if names.own or not self._influx else Source.INFLUXDB
        if source is Source.INFLUXDB:
            names = influxdb_names(names, await self._require_influx().stored_fields(0, FAR_FUTURE))
        return ResolvedSource(source=source, series=(*names.means.values(), *names.own.values()))

    def _require_influx(self) -> InfluxHistory:
        """Return InfluxDB. Raises MirrorAbsentError."""
        if self._influx is None:
            raise MirrorAbsentError(station=self._station)
        return self._influx

    async def _journal_names(self, *, required: bool) -> SeriesNames:
        """Return the names of the journal's series.

        If the journal cannot be read and is not required, there are none: InfluxDB may answer.
        Otherwise JournalError is raised.
        """
        try:
            return journal_names(await self._journal.known(), self._mean_selection)
        except JournalError:
            if required or self._influx is None:
                raise
            return journal_names((), DEFAULT_SELECTION)

    async def _resolve_in_influxdb(
        self, names: tuple[str, ...], journal: SeriesNames, start: int, stop: int
    ) -> ResolvedSource:
        """Return InfluxDB with the series of these names. Raises InfluxError and QueryError."""
        influx = self._require_influx()
        if names and all(name in journal.means for name in names):
            # InfluxDB need not be asked what it stores.
            return ResolvedSource(source=Source.INFLUXDB, series=journal.resolve(names))
        stored = await influx.stored_fields(start, stop)
        require_own_readings(names, journal, stored)
        series = influxdb_names(journal, stored).resolve(names)
        return ResolvedSource(source=Source.INFLUXDB, series=series)

    async def _influxdb_has_older_rows(self, start: int, stop: int) -> bool:
        """Return whether InfluxDB has, or may have, rows of the range that the journal lacks.

        Those are rows from before the journal begins. Raises InfluxError.
        """
        if self._influx is None:
            return False
        try:
            oldest = await self._journal.oldest()
        except JournalError:
            oldest = None
        if oldest is None:  # the journal has nothing to answer with
            return True
        if start >= oldest:
            return False
        if (error := self._breaker.error) is not None:
            raise error
        try:
            return await self._influx.has_rows(start, min(oldest, stop))
        except InfluxSpanError:  # the range is too long for 3.x to tell
            return True


def _resolve_in_journal(
    names: tuple[str, ...], journal: SeriesNames, problem: InfluxError | None
) -> ResolvedSource:
    """Return the journal with the series of these names, and why InfluxDB could not be asked.

    If the journal has none of them, the problem itself is raised: InfluxDB may have them. Raises
    ParameterError.
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
