"""History from the journal, read over a connection of its own so that writing never waits.

SQLite computes windows and means, this module only moves from window to window. Large answers come
in portions. Each has a transaction of its own, since a long one would keep the write-ahead log from
being checkpointed.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched, islice
from pathlib import Path
from threading import Event

from ..domain.calendar_windows import next_window_start, window_start
from ..domain.errors import JournalError, JournalUnavailableError, JournalVersionError
from ..domain.models import (
    Aggregate,
    Block,
    HistoryQuery,
    Latest,
    QueryColumn,
    ReadingKey,
    Series,
    StoredSeries,
    Window,
)
from .storage.schema import VERSION, load_columns, quoted
from .storage.sqlite import forbid_double_quoted_text, journal_errors
from .writer import JournalWriter

_MAX_CONCURRENT = 2  # reads, with a thread each; further ones wait
_STEPS_BETWEEN_CHECKS = 10_000  # of SQLite's virtual machine; well under a millisecond
_NO_END = 2**63 - 1
_PORTION_CELLS = 60_000
_MAX_STATEMENT_COLUMNS = 1_000  # SQLite allows 2,000
_MEASUREMENT = "journal"  # in place of the measurement that a series of InfluxDB has
_AGGREGATE_SQL = {
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
    """A `HistorySource` that reads a journal while its writer writes it."""

    def __init__(self, writer: JournalWriter, device: str = "") -> None:
        """Read the journal that `writer` writes for the station `device`."""
        self._writer = writer
        self._device = device
        self._limiter = asyncio.Semaphore(_MAX_CONCURRENT)

    async def known(self) -> frozenset[ReadingKey]:
        """Return every reading in the journal. Raises JournalError."""
        return await self._read(lambda _connection, columns: frozenset(columns))

    async def oldest(self) -> int | None:
        """Return when the oldest row was taken (UTC ms), None if there is none.

        Raises JournalError.
        """
        found = await self._read(lambda connection, _columns: _first_time(connection, 0))
        return None if found == _NO_END else found

    async def blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows that `query` asks for. Raises JournalError."""
        left = _NO_END if query.limit is None else query.limit
        max_rows = max(1, _PORTION_CELLS // (1 + len(query.columns)))
        begin: int | None = query.start
        while begin is not None and left > 0 and query.series:
            portion = replace(query, start=begin, limit=min(left, max_rows))
            page = await self._read(partial(_page, query=portion))
            if page.block.times:
                yield page.block
            left -= len(page.block.times)
            begin = page.next_start

    async def extent(
        self, series: Collection[Series], start: int, stop: int
    ) -> tuple[int, int] | None:
        """Return the times (UTC ms) of the first and last value of a range, None if it has none.

        Raises JournalError.
        """
        return await self._read(
            lambda connection, columns: _extent(connection, columns, series, start, stop)
        )

    async def stored_series(self, start: int, stop: int) -> list[StoredSeries]:
        """Return each reading with values between two times (UTC ms), with their number and extent.

        Raises JournalError.
        """
        return await self._read(
            lambda connection, columns: [
                StoredSeries(
                    measurement=_MEASUREMENT,
                    device=self._device,
                    sensor=key.sensor,
                    field=key.parameter,
                    first=first,
                    last=last,
                    rows=rows,
                )
                for key in sorted(columns)
                for rows, first, last in [_count_and_extent(connection, columns[key], start, stop)]
                if rows
            ]
        )

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one. Raises JournalError."""
        return await self._read(
            lambda connection, columns: [
                found for each in series if (found := _latest(connection, columns, each))
            ]
        )

    async def _read[T](self, job: Callable[[sqlite3.Connection, _Columns], T]) -> T:
        """Return what `job` returns in a thread; it is interrupted if this task is cancelled.

        Snapshots that wait to be written are committed first.
        """
        await self._writer.flush()
        abandoned = Event()
        try:
            async with self._limiter:
                return await asyncio.get_running_loop().run_in_executor(
                    None, _with_connection, self._writer.path, abandoned, job
                )
        except JournalError as error:
            if not isinstance(error, JournalVersionError):
                await self._writer.check_file()
            raise
        finally:
            abandoned.set()


def _with_connection[T](
    path: Path, abandoned: Event, job: Callable[[sqlite3.Connection, _Columns], T]
) -> T:
    """Return what `job` returns for a read-only connection, within one transaction.

    SQLite interrupts it once `abandoned` is set. Raises JournalError.
    """
    with (
        journal_errors(path),
        closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as connection,
    ):
        forbid_double_quoted_text(connection)
        connection.set_progress_handler(abandoned.is_set, _STEPS_BETWEEN_CHECKS)
        connection.execute("BEGIN")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise JournalVersionError(path=path, found=version, known=VERSION)
        if 0 < version < VERSION:  # not migrated yet, so it may hold other units
            raise JournalUnavailableError(path=path, reason=f"still of version {version}")
        return job(connection, load_columns(connection))


def _expression(series: Series, columns: _Columns) -> str:
    """Return the series' value in a row as SQL: a column, or the mean of columns that are set."""
    names = [quoted(columns[key]) for key in series.keys if key in columns]
    if len(names) == 1:
        return names[0]
    if not names:
        return "NULL"
    total = " + ".join(f"coalesce({name}, 0.0)" for name in names)
    count = " + ".join(f"({name} IS NOT NULL)" for name in names)
    return f"(({total}) / nullif({count}, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Some rows, and the time (UTC ms) where the next page starts, None after the last."""

    block: Block
    next_start: int | None


def _page(connection: sqlite3.Connection, columns: _Columns, query: HistoryQuery) -> _Page:
    """Return the first page of `query`: as many rows as its limit."""
    if query.window is None:
        rows = _raw_rows(connection, columns, query)
    else:
        rows = _window_rows(connection, columns, query, query.window)
    kept = list(islice(rows, query.limit))
    following = next(rows, None)
    return _Page(
        block=Block(
            times=[time for time, _ in kept],
            columns=tuple(
                [values[index] for _, values in kept] for index in range(len(query.columns))
            ),
        ),
        next_start=following[0] if following else None,
    )


def _raw_rows(
    connection: sqlite3.Connection, columns: _Columns, query: HistoryQuery
) -> Iterator[_Row]:
    """Yield the time and values of each snapshot that has at least one of the values."""
    expressions = [_expression(series, columns) for series in query.series]
    found = connection.execute(
        f"SELECT taken_at, {', '.join(expressions)} FROM snapshots"  # noqa: S608 - quoted
        f" WHERE {_RANGE} ORDER BY taken_at",
        {"begin": query.start, "end": query.stop},
    )
    for taken_at, *values in found:
        if any(value is not None for value in values):
            yield taken_at, tuple(values)


def _window_rows(
    connection: sqlite3.Connection, columns: _Columns, query: HistoryQuery, window: Window
) -> Iterator[_Row]:
    """Yield the start and values of each window that has at least one value; gaps are skipped."""
    statements = _window_statements(query.columns, columns)
    empty = tuple(0 if column.is_count else None for column in query.columns)
    begin = query.start
    while (at := _first_time(connection, begin)) < query.stop:
        start = window_start(window, at)
        end = min(next_window_start(window, start), query.stop)
        bounds = {"begin": max(start, query.start), "end": end}
        values = [
            value
            for statement in statements
            for value in connection.execute(statement, bounds).fetchone()[1:]
        ]
        if (row := tuple(values)) != empty:
            yield start, row
        begin = end


def _window_statements(asked: Sequence[QueryColumn], columns: _Columns) -> list[str]:
    """Return statements for a window's values after its number of rows: one, or more if many."""
    values = [
        _AGGREGATE_SQL[column.aggregate].format(_expression(column.series, columns), _RANGE)
        for column in asked
        if column.aggregate is not None
    ]
    # With the count there is one row even where every aggregate is a subquery.
    return [
        f"SELECT count(*), {', '.join(some)} FROM snapshots WHERE {_RANGE}"  # noqa: S608 - quoted
        for some in batched(values, _MAX_STATEMENT_COLUMNS, strict=False)
    ]


def _first_time(connection: sqlite3.Connection, begin: int) -> int:
    """Return when the first row at or after `begin` was taken, `_NO_END` if there is none."""
    found: int
    (found,) = connection.execute(
        "SELECT coalesce(min(taken_at), ?) FROM snapshots WHERE taken_at >= ?", (_NO_END, begin)
    ).fetchone()
    return found


def _count_and_extent(
    connection: sqlite3.Connection, column: str, start: int, stop: int
) -> tuple[int, int, int]:
    """Return how many values a column has in a range, and the times of the first and last."""
    found: tuple[int, int, int] = connection.execute(
        "SELECT count(*), min(taken_at), max(taken_at) FROM snapshots"  # noqa: S608 - quoted
        f" WHERE {quoted(column)} IS NOT NULL AND {_RANGE}",
        {"begin": start, "end": stop},
    ).fetchone()
    return found


def _extent(
    connection: sqlite3.Connection,
    columns: _Columns,
    series: Collection[Series],
    start: int,
    stop: int,
) -> tuple[int, int] | None:
    """Return the times of the first and last row that has a value of any of the series."""
    names = {quoted(columns[key]) for each in series for key in each.keys if key in columns}
    if not names:
        return None
    has_value = " OR ".join(f"{name} IS NOT NULL" for name in sorted(names))
    rows = f"SELECT taken_at FROM snapshots WHERE ({has_value}) AND {_RANGE} ORDER BY taken_at"  # noqa: S608 - quoted
    bounds = {"begin": start, "end": stop}
    first, last = (
        connection.execute(f"{rows} {order} LIMIT 1", bounds).fetchone()
        for order in ("ASC", "DESC")
    )
    return None if first is None else (first[0], last[0])


def _latest(connection: sqlite3.Connection, columns: _Columns, series: Series) -> Latest | None:
    """Return the newest value of `series`, None if it has none."""
    expression = _expression(series, columns)
    found = connection.execute(
        f"SELECT {expression}, taken_at FROM snapshots"  # noqa: S608 - quoted
        f" WHERE {expression} IS NOT NULL ORDER BY taken_at DESC LIMIT 1"
    ).fetchone()
    return Latest(series=series, value=found[0], taken_at=found[1]) if found else None
