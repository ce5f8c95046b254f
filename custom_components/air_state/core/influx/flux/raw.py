"""Queries that people write themselves, in Flux or InfluxQL, and the tables that come of them."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from math import isfinite
from typing import Final

from ..errors import InfluxMappingError, InfluxQueryError, InfluxTimeoutError
from ..influxql import query_text as influxql
from ..influxql.chunked_json import Cell, SeriesRows, read_series
from ..queries.bind_parameters import Bound
from ..queries.concurrency import QueryLimiter
from ..queries.protocols import FluxClient, InfluxqlClient
from ..target import InfluxKind
from . import query_text as flux
from .annotated_csv import (
    Head,
    Portion,
    decimal,
    malformed,
    milliseconds,
    read_portions,
    whole,
)

_RESULT, _TABLE = "result", "table"
_TIMES = ("dateTime:RFC3339", "dateTime:RFC3339Nano")
_TYPES = {"dateTime:RFC3339": "time", "dateTime:RFC3339Nano": "time"}
_SECOND: Final = 19  # characters of a time up to its second
_NANOSECONDS = 9  # digits
_ROWS_AT_ONCE = 200  # of InfluxQL: wide ones of 1,000 would hold the event loop up
_MAX_CHARACTERS = 8_000_000  # of all texts of an answer
# What may stand before the first statement of a Flux file.
_PREAMBLE = re.compile(
    r'(?:\s|//[^\n]*+|package\s+\w++|import\s+(?:\w+\s+)?"(?:[^"\\]|\\.)*")*', re.DOTALL
)
_PLACE = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawQuery:
    """A query, what it leaves open, how much it may bring and how many seconds it may take."""

    text: str
    bound: Mapping[str, Bound]
    limit: int
    max_cells: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawColumn:
    """A column of an answer: its label, and its type as the language calls it."""

    name: str
    type: str


@dataclass(slots=True, kw_only=True)
class RawTable:
    """One table of an answer; `key` is what all its rows have in common."""

    result: str
    key: dict[str, Cell]
    columns: tuple[RawColumn, ...]
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """Tables, and whether there would be more rows."""

    tables: Sequence[RawTable]
    truncated: bool

    @property
    def row_count(self) -> int:
        """Return the rows of all tables."""
        return sum(len(table.rows) for table in self.tables)


async def ask_flux(
    client: FluxClient, query: RawQuery, zone: tzinfo, own: QueryLimiter
) -> RawAnswer:
    """Return the answer to a Flux query, asked in its turn, times in `zone`. Raises InfluxError.

    1.8 cannot take values beside a query: there they are built in, behind the imports.
    """
    text, extern, place = query.text, flux.extern(query.bound), len(query.text)
    if client.target.kind is InfluxKind.V1_FLUX and query.bound:
        place, text, extern = *_with_values(query), None
    builder = _Builder(query)
    try:
        async with (
            _within(query.seconds, client.target.url),
            own,
            client.ask(text, extern=extern, timeout_seconds=query.seconds + 1) as chunks,
            aclosing(read_portions(chunks, client.target.url)) as portions,
        ):
            reader = _FluxTables(builder, zone, client.target.url)
            async for portion in portions:
                if not reader.take(portion):
                    break
    except InfluxQueryError as error:
        reason = _moved_back(error.details["reason"], query.text, text, place)
        raise InfluxQueryError(reason=reason) from None
    return builder.answer()


def _with_values(query: RawQuery) -> tuple[int, str]:
    """Return where the values are put, and the query with them: no line gets another number."""
    preamble = _PREAMBLE.match(query.text)
    place = preamble.end() if preamble else 0
    values = " ".join(f"{name} = {flux.literal(value)}" for name, value in query.bound.items())
    return place, f"{query.text[:place]} {values} {query.text[place:]}"


def _moved_back(reason: str, written: str, asked: str, place: int) -> str:
    """Return a message whose columns are those of the query as it was written."""
    shift = len(asked) - len(written)
    line = written.count("\n", 0, place) + 1
    column = place - written.rfind("\n", 0, place)

    def moved(found: re.Match[str]) -> str:
        at_line, at_column = int(found[1]), int(found[2])
        if at_line != line or at_column < column + shift:
            return found[0]
        return f"{at_line}:{at_column - shift}"

    return _PLACE.sub(moved, reason) if shift else reason


async def ask_influxql(
    client: InfluxqlClient, query: RawQuery, zone: tzinfo, own: QueryLimiter
) -> RawAnswer:
    """Return the answer to an InfluxQL query, asked in its turn, times in `zone`.

    Raises AirStateError.

    3.x took no values beside a query before 3.7: there they are built in.
    """
    kind = client.target.kind
    text, parameters = query.text, ""
    if kind is InfluxKind.V3:
        text = influxql.with_literals(query.text, query.bound)
    elif query.bound:
        parameters = influxql.parameters(query.bound)
    builder = _Builder(query)
    try:
        async with (
            _within(query.seconds, client.target.url),
            own,
            client.ask(
                text,
                parameters=parameters,
                epoch="ns",
                rows_at_once=_ROWS_AT_ONCE,
                timeout_seconds=query.seconds + 1,
            ) as chunks,
            aclosing(read_series(chunks, client.target.url)) as found,
        ):
            async for series in found:
                if not _take_series(builder, series, zone):
                    break
    except InfluxQueryError as error:
        target = client.target
        missing = error.details["reason"].startswith("database not found")
        if kind is InfluxKind.V2 and missing:
            raise InfluxMappingError(address=target.url, place=target.place) from None
        raise
    return builder.answer()


@asynccontextmanager
async def _within(seconds: float, address: str) -> AsyncGenerator[None]:
    """Raise InfluxTimeoutError if what is done within, waiting included, takes any longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise InfluxTimeoutError(address=address, seconds=f"{seconds:.0f}") from None


class _Builder:
    """Gathers tables up to a number of rows, and of cells."""

    def __init__(self, query: RawQuery) -> None:
        self._left = query.limit
        self._cells_left = query.max_cells
        self._heads_left = query.max_cells  # tables without rows fill the memory as well
        self._characters_left = _MAX_CHARACTERS
        self._tables: dict[tuple[object, ...], RawTable] = {}
        self._truncated = False

    def table(self, identity: tuple[object, ...], make: Callable[[], RawTable]) -> RawTable | None:
        """Return the table of that identity, made if it is new; None when there are enough."""
        if identity not in self._tables:
            made = make()
            self._heads_left -= 1 + len(made.columns)
            if self._heads_left < 0:
                self._truncated = True
                return None
            self._tables[identity] = made
        return self._tables[identity]

    def add(self, table: RawTable | None, row: list[Cell]) -> bool:
        """Add a row; return False, and do not, when there are enough."""
        characters = sum(len(cell) for cell in row if isinstance(cell, str))
        if (
            table is None
            or not self._left
            or self._cells_left < len(row)
            or self._characters_left < characters
        ):
            self._truncated = True
            return False
        self._left -= 1
        self._cells_left -= len(row)
        self._characters_left -= characters
        table.rows.append(row)
        return True

    def answer(self) -> RawAnswer:
        """Return what was gathered."""
        return RawAnswer(tables=list(self._tables.values()), truncated=self._truncated)


class _FluxTables:
    """Turns records into tables."""

    def __init__(self, builder: _Builder, zone: tzinfo, address: str) -> None:
        self._builder = builder
        self._zone = zone
        self._address = address
        self._heads = 0
        self._head: Head | None = None

    def take(self, portion: Portion) -> bool:
        """Take records; return whether more are wanted. Raises InfluxMalformedError."""
        head = portion.head
        if head is not self._head:
            self._head, self._heads = head, self._heads + 1
        datatypes = head.datatypes or ("string",) * len(head.labels)
        readers = [_reader(datatypes[place], self._zone) for place in head.own]
        grouped = head.grouped or (False,) * len(head.labels)
        columns = tuple(
            RawColumn(name=head.labels[place], type=_TYPES.get(datatypes[place], datatypes[place]))
            for place in head.own
        )
        for number, record in enumerate(portion.records, start=portion.number):
            row = self._row(head, record, readers, number)

            def make(record: Sequence[str] = record, row: list[Cell] = row) -> RawTable:
                return RawTable(
                    result=head.cell(record, _RESULT),
                    key={
                        column.name: value
                        for column, value, place in zip(columns, row, head.own, strict=True)
                        if grouped[place]
                    },
                    columns=columns,
                )

            identity = (self._heads, head.cell(record, _RESULT), head.cell(record, _TABLE))
            if not self._builder.add(self._builder.table(identity, make), row):
                return False
        return True

    def _row(
        self,
        head: Head,
        record: Sequence[str],
        readers: Sequence[Callable[[str], Cell]],
        number: int,
    ) -> list[Cell]:
        defaults = head.defaults or ("",) * len(head.labels)
        row: list[Cell] = []
        for place, read in zip(head.own, readers, strict=True):
            text = record[place] or defaults[place]
            try:
                row.append(read(text))
            except ValueError:
                raise malformed(self._address, number, head.labels[place], text) from None
        return row


def _reader(datatype: str, zone: tzinfo) -> Callable[[str], Cell]:
    """Return what reads cells of a Flux type; an empty cell is null, of strings as well."""
    match datatype:
        case "long" | "unsignedLong":
            return lambda text: whole(text) if text else None
        case "double":
            return _double
        case "boolean":
            return lambda text: _boolean(text) if text else None
        case _ if datatype in _TIMES:
            return lambda text: local_time(text, zone) if text else None
        case _:
            return lambda text: text.replace("\r\n", "\n") or None  # as InfluxDB writes a newline


def _boolean(text: str) -> bool:
    """Return what a word says. Raises ValueError."""
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _double(text: str) -> float | None:
    """Return a number; what is not finite, JSON has no word for. Raises ValueError."""
    number = decimal(text) if text else None
    return number if number is not None and isfinite(number) else None


def local_time(text: str, zone: tzinfo) -> str:
    """Return a time in UTC, with up to nine digits of a fraction, in `zone` with its offset.

    Raises ValueError.
    """
    milliseconds(text)  # for its form
    local = datetime.fromisoformat(f"{text[:_SECOND]}+00:00").astimezone(zone).isoformat()
    return local[:_SECOND] + text[_SECOND:].rstrip("Z") + local[_SECOND:]


def _take_series(builder: _Builder, series: SeriesRows, zone: tzinfo) -> bool:
    """Take rows of a series; return whether more are wanted."""
    identity = (series.statement, series.name, *series.tags.items())
    table = builder.table(
        identity,
        lambda: RawTable(
            result=series.name,
            key=dict(series.tags),
            columns=tuple(
                RawColumn(name=name, type="time" if name == "time" else _type_of(series, place))
                for place, name in enumerate(series.columns)
            ),
        ),
    )
    timed = series.columns[:1] == ("time",)
    for row in series.rows:
        cells = list(row)
        if timed and isinstance(cells[0], int):
            cells[0] = _from_nanoseconds(cells[0], zone)
        if not builder.add(table, cells):
            return False
    return True


def _type_of(series: SeriesRows, place: int) -> str:
    """Return the type of a column by its first value, since InfluxQL does not tell."""
    for row in series.rows:
        match row[place]:
            case bool():
                return "boolean"
            case int() | float():
                return "number"
            case str():
                return "string"
    return "unknown"


def _from_nanoseconds(moment: int, zone: tzinfo) -> str:
    """Return a time since 1970 in ns in `zone`, with as many digits as it needs."""
    seconds, fraction = divmod(moment, 10**_NANOSECONDS)
    local = datetime.fromtimestamp(seconds, zone).isoformat()
    digits = f".{fraction:09}".rstrip("0").rstrip(".")
    return local[:_SECOND] + digits + local[_SECOND:]
