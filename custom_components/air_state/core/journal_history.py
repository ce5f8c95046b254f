"""History out of the journal, by a connection of its own so that writing never waits.

Windows and means are computed by SQLite; this only walks from window to window.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event

from .errors import JournalError, JournalVersionError
from .journal_schema import VERSION, load_columns, quoted
from .journal_sqlite import translating
from .journal_writer import JournalWriter
from .models import Aggregate, Column, HistoryQuery, Latest, ReadingKey, Series, Table, Window
from .parameters import describe
from .windows import next_start, window_start

_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine; well under a millisecond
_NO_END = 2**63 - 1
_FOLD = {
    Aggregate.MEAN: "avg({0})",
    Aggregate.MIN: "min({0})",
    Aggregate.MAX: "max({0})",
    Aggregate.SUM: "sum({0})",
    Aggregate.COUNT: "count({0})",
    Aggregate.FIRST: "(SELECT {0} FROM snapshots WHERE {0} IS NOT NULL AND {1}"
    " ORDER BY taken_at LIMIT 1)",
    Aggregate.LAST: "(SELECT {0} FROM snapshots WHERE {0} IS NOT NULL AND {1}"
    " ORDER BY taken_at DESC LIMIT 1)",
}
_RANGE = "taken_at >= :begin AND taken_at < :end"

type _Row = tuple[int, tuple[float | None, ...]]
type _Columns = dict[ReadingKey, str]


class JournalHistory:
    """A HistorySource that reads the journal which `writer` writes."""

    def __init__(self, writer: JournalWriter) -> None:
        """Read beside `writer`."""
        self._writer = writer

    async def known(self) -> frozenset[ReadingKey]:
        """Return every reading in the journal. Raises JournalError."""
        return await self._read(lambda _connection, columns: frozenset(columns))

    async def history(self, query: HistoryQuery) -> Table:
        """Return the rows of `query`. Raises JournalError."""
        return await self._read(lambda connection, columns: _history(connection, columns, query))

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that ever had one. Raises JournalError."""
        return await self._read(
            lambda connection, columns: [
                found for each in series if (found := _latest(connection, columns, each))
            ]
        )

    async def _read[T](self, job: Callable[[sqlite3.Connection, _Columns], T]) -> T:
        """Run `job` in a thread on all that was polled so far; stop it if nobody waits."""
        await self._writer.flush()
        abandoned = Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                None, _with_connection, self._writer.path, abandoned, job
            )
        except JournalError as error:
            if not isinstance(error, JournalVersionError):
                await self._writer.suspect()
            raise
        finally:
            abandoned.set()


def _with_connection[T](
    path: Path, abandoned: Event, job: Callable[[sqlite3.Connection, _Columns], T]
) -> T:
    """Run `job` on a read-only connection, within one transaction."""
    with (
        translating(path),
        closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as connection,
    ):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)  # noqa: FBT003
        connection.set_progress_handler(abandoned.is_set, _STEPS_BETWEEN_LOOKS)
        connection.execute("BEGIN")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise JournalVersionError(path=path, found=version, known=VERSION)
        return job(connection, load_columns(connection))


def _expression(series: Series, columns: _Columns) -> str:
    """Return SQL for the series' value in a row: a column, or the mean of those not null."""
    names = [quoted(columns[key]) for key in series.keys if key in columns]
    if len(names) == 1:
        return names[0]
    total = " + ".join(f"coalesce({name}, 0.0)" for name in names)
    count = " + ".join(f"({name} IS NOT NULL)" for name in names)
    return f"(({total}) / nullif({count}, 0))"


def _history(connection: sqlite3.Connection, columns: _Columns, query: HistoryQuery) -> Table:
    """Return the rows of `query`."""
    if not query.series:
        return Table(times=[])  # a station that has not been polled yet
    expressions = [_expression(series, columns) for series in query.series]
    if query.window is None:
        rows = _raw_rows(connection, expressions, query)
    else:
        rows = _folded_rows(connection, expressions, query, query.window)
    kept = list(islice(rows, query.limit))
    following = next(rows, None)
    counts = query.aggregate is Aggregate.COUNT and query.window is not None
    return Table(
        times=[time for time, _ in kept],
        columns=tuple(
            Column(
                name=series.name,
                unit=None if counts else describe(series.keys[0]).unit,
                cells=[values[index] for _, values in kept],
            )
            for index, series in enumerate(query.series)
        ),
        next_start=following[0] if following else None,
    )


def _raw_rows(
    connection: sqlite3.Connection, expressions: list[str], query: HistoryQuery
) -> Iterator[_Row]:
    """Yield each snapshot that holds at least one of the values."""
    found = connection.execute(
        f"SELECT taken_at, {', '.join(expressions)} FROM snapshots"  # noqa: S608 - quoted
        f" WHERE {_RANGE} ORDER BY taken_at",
        {"begin": query.start, "end": query.stop},
    )
    for taken_at, *values in found:
        if any(value is not None for value in values):
            yield taken_at, tuple(values)


def _folded_rows(
    connection: sqlite3.Connection, expressions: list[str], query: HistoryQuery, window: Window
) -> Iterator[_Row]:
    """Yield each window that holds at least one of the values, skipping over gaps."""
    folds = [_FOLD[query.aggregate].format(each, _RANGE) for each in expressions]
    # The count makes it one row even where every fold is a subquery.
    sql = f"SELECT count(*), {', '.join(folds)} FROM snapshots WHERE {_RANGE}"  # noqa: S608 - quoted
    empty = 0 if query.aggregate is Aggregate.COUNT else None
    begin = query.start
    while (at := _first_at(connection, begin)) < query.stop:
        start = window_start(window, at)
        end = min(next_start(window, start), query.stop)
        bounds = {"begin": max(start, query.start), "end": end}
        _, *values = connection.execute(sql, bounds).fetchone()
        if any(value != empty for value in values):
            yield start, tuple(values)
        begin = end


def _first_at(connection: sqlite3.Connection, begin: int) -> int:
    """Return when the first row from `begin` on was taken."""
    found: int
    (found,) = connection.execute(
        "SELECT coalesce(min(taken_at), ?) FROM snapshots WHERE taken_at >= ?", (_NO_END, begin)
    ).fetchone()
    return found


def _latest(connection: sqlite3.Connection, columns: _Columns, series: Series) -> Latest | None:
    """Return the newest value of `series`."""
    expression = _expression(series, columns)
    found = connection.execute(
        f"SELECT {expression}, taken_at FROM snapshots"  # noqa: S608 - quoted
        f" WHERE {expression} IS NOT NULL ORDER BY taken_at DESC LIMIT 1"
    ).fetchone()
    return Latest(series=series, value=found[0], taken_at=found[1]) if found else None
