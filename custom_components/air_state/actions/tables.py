"""How tables look when they leave: as JSON for scripts, as text for files and the web."""

import asyncio
import csv
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import tzinfo
from enum import StrEnum
from io import StringIO

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.domain.models import TIME, Block, HistoryQuery, Table
from ..core.domain.parameters import unit_of
from ..core.domain.times import to_datetime
from ..core.history.history import HistoryStream
from ..translate import message_of

CELLS_AT_ONCE = 6_000  # more would hold the event loop up
_DIGITS = 10  # more would only show how floats are rounded
_QUARTER = 900_000  # ms; no zone changes its offset in between
_MINUTE, _SECOND = 60_000, 1_000
# What makes a cell a formula in some spreadsheet, be it behind what it takes for the end of a cell.
_FORMULA = re.compile(r"(?:^|[;|\t\r\n])[ ]?[=+\-@\t\r\n]")
_ENDS = str.maketrans(dict.fromkeys(";|\t\r\n", " "))


class TableFormat(StrEnum):
    """How a table looks in an answer."""

    RECORDS = "records"
    TABLE = "table"
    CSV = "csv"


class LocalTimes:
    """Writes times in a zone; a quarter of an hour's are alike but for minutes and seconds."""

    def __init__(self, zone: tzinfo, *, fraction: bool) -> None:
        """Write with milliseconds, or to the second."""
        self._zone = zone
        self._fraction = fraction
        self._quarter = -1
        self._before = self._after = ""
        self._minute = 0

    def __call__(self, moment: int) -> str:
        """Return UTC ms as ISO 8601 with offset."""
        quarter, within = divmod(moment, _QUARTER)
        if quarter != self._quarter:
            self._begin(quarter)
        minutes, within = divmod(within, _MINUTE)
        seconds, milliseconds = divmod(within, _SECOND)
        text = f"{self._before}{self._minute + minutes:02}:{seconds:02}"
        return f"{text}.{milliseconds:03}{self._after}" if self._fraction else text + self._after

    def _begin(self, quarter: int) -> None:
        local = to_datetime(quarter * _QUARTER, self._zone)
        self._quarter, self._minute = quarter, local.minute
        text = local.isoformat(timespec="minutes")
        self._before, self._after = text[:14], text[16:]


def iso(moment: int, zone: tzinfo) -> str:
    """Return UTC ms as ISO 8601 in `zone`."""
    return to_datetime(moment, zone).isoformat(timespec="milliseconds")


def rounded(value: float | None) -> float | None:
    """Return the value without what is left of binary fractions."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def source_fields(stream: HistoryStream) -> JsonObjectType:
    """Return where an answer comes from, and why not from elsewhere.

    Only in the event loop, as all that uses Home Assistant's texts.
    """
    return {
        "source": stream.source.value,
        "problem": message_of(stream.problem) if stream.problem else None,
    }


def query_fields(station: str, stream: HistoryStream, zone: tzinfo) -> JsonObjectType:
    """Return how a question was understood."""
    query = stream.query
    return {
        "station": station,
        **source_fields(stream),
        "start": iso(query.start, zone),
        "stop": iso(query.stop, zone),
        "window": query.window.text if query.window else None,
        "aggregate": query.aggregate.value if query.window else None,
        "units": {
            series.name: None if query.counts else unit_of(series) for series in query.series
        },
    }


def paging_fields(rows: int, next_start: int | None, zone: tzinfo) -> JsonObjectType:
    """Return how many rows there are, and where to go on if there are more."""
    return {
        "row_count": rows,
        "truncated": next_start is not None,
        "next_start": None if next_start is None else iso(next_start, zone),
    }


def table_as_json(
    query: HistoryQuery, table: Table, form: TableFormat, zone: tzinfo
) -> JsonObjectType:
    """Return the table of an answer; a large one takes a while, so call this in the executor."""
    names = column_names(query)
    match form:
        case TableFormat.RECORDS:
            rows = _rows(query, table, zone)
            return {"records": [dict(zip(names, row, strict=True)) for row in rows]}
        case TableFormat.TABLE:
            return {"columns": list(names), "rows": list(_rows(query, table, zone))}
        case TableFormat.CSV:
            writer = RowWriter(query, zone)
            cells = tuple(column.cells for column in table.columns)
            text = map(writer.csv, parts(Block(times=table.times, columns=cells)))
            return {"csv": "".join([writer.header(), *text])}


def column_names(query: HistoryQuery) -> list[str]:
    """Return the names of a table's columns."""
    return [TIME, *(series.name for series in query.series)]


def _rows(query: HistoryQuery, table: Table, zone: tzinfo) -> Iterator[list[JsonValueType]]:
    """Yield the table by rows, times as ISO 8601 in the first column."""
    times = map(LocalTimes(zone, fraction=query.window is None), table.times)
    cells = [map(rounded, column.cells) for column in table.columns]
    for row in zip(times, *cells, strict=True):
        yield list(row)


class RowWriter:
    """Writes rows as text."""

    def __init__(self, query: HistoryQuery, zone: tzinfo) -> None:
        """Write answers to `query`, times in `zone`."""
        self._names = column_names(query)
        self._time = LocalTimes(zone, fraction=query.window is None)
        cells = f",%.{_DIGITS}g" * len(query.series)
        self._csv, self._json = f"%s{cells}\n", f'["%s"{cells}]'

    def header(self) -> str:
        """Return the first line of a CSV file."""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerow(map(_plain, self._names))
        return text.getvalue()

    def csv(self, block: Block) -> str:
        """Return rows as lines; what is missing is empty."""
        rows = self._rows(block)
        return "".join([self._csv % row if None not in row else _csv(row) for row in rows])

    def json(self, block: Block) -> str:
        """Return rows as JSON arrays with commas between."""
        rows = self._rows(block)
        return ",\n".join([self._json % row if None not in row else _json(row) for row in rows])

    def _rows(self, block: Block) -> Iterator[tuple[str | float | None, ...]]:
        return zip(map(self._time, block.times), *block.columns, strict=True)


def _plain(name: str) -> str:
    """Return a name as a cell that no spreadsheet takes for a formula."""
    return f"'{name.translate(_ENDS)}" if _FORMULA.search(name) else name


def _csv(row: Sequence[str | float | None]) -> str:
    return ",".join(map(_text, row)) + "\n"


def _json(row: Sequence[str | float | None]) -> str:
    time, *cells = row
    return f'["{time}",{",".join(_text(cell) or "null" for cell in cells)}]'


def _text(cell: str | float | None) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{cell:.{_DIGITS}g}"


def parts(block: Block) -> Iterator[Block]:
    """Yield a block a few hundred rows at a time."""
    rows = max(1, CELLS_AT_ONCE // (1 + len(block.columns)))
    for start in range(0, len(block.times), rows):
        yield block.part(start, start + rows)


async def portions(stream: HistoryStream) -> AsyncGenerator[Block]:
    """Yield a stream's rows a few hundred at a time, letting others run in between.

    Raises AirStateError.
    """
    async with aclosing(stream.blocks()) as blocks:
        async for block in blocks:
            for part in parts(block):
                yield part
                await asyncio.sleep(0)
