"""Tables as users get them: JSON for scripts, CSV and JSON text for files and the view."""

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
from ..core.domain.sensor_types import column_unit
from ..core.domain.times import to_datetime
from ..core.history.stream import HistoryStream
from ..translate import error_message

BLOCK_CELLS = 6_000  # writing more at once would block the event loop for too long
_DIGITS = 10  # significant ones; more would only show how floats are rounded
_QUARTER = 900_000  # ms; no zone changes its offset within a quarter of an hour
_MINUTE, _SECOND = 60_000, 1_000
# What a spreadsheet takes for a formula: at the start, or after what it takes for a separator.
_FORMULA = re.compile(r"(?:^|[;|\t\r\n])[ ]?[=+\-@\t\r\n]")
_SEPARATORS_TO_SPACES = str.maketrans(dict.fromkeys(";|\t\r\n", " "))


class TableFormat(StrEnum):
    """The form of a table in an action's answer."""

    RECORDS = "records"
    TABLE = "table"
    CSV = "csv"


class LocalTimes:
    """Formats times in a zone, with one conversion to local time for each quarter of an hour."""

    def __init__(self, zone: tzinfo, *, milliseconds: bool) -> None:
        """Format times in `zone`, with milliseconds or to the second."""
        self._zone = zone
        self._with_milliseconds = milliseconds
        self._quarter = -1
        self._date_and_hour = self._offset = ""
        self._minute = 0

    def __call__(self, moment: int) -> str:
        """Return a time, given in UTC ms, as ISO 8601 with offset."""
        quarter, rest = divmod(moment, _QUARTER)
        if quarter != self._quarter:
            self._start_quarter(quarter)
        minutes, rest = divmod(rest, _MINUTE)
        seconds, milliseconds = divmod(rest, _SECOND)
        text = f"{self._date_and_hour}{self._minute + minutes:02}:{seconds:02}"
        if self._with_milliseconds:
            return f"{text}.{milliseconds:03}{self._offset}"
        return text + self._offset

    def _start_quarter(self, quarter: int) -> None:
        local = to_datetime(quarter * _QUARTER, self._zone)
        self._quarter, self._minute = quarter, local.minute
        text = local.isoformat(timespec="minutes")
        self._date_and_hour, self._offset = text[:14], text[16:]


def iso(moment: int, zone: tzinfo) -> str:
    """Return a time, given in UTC ms, as ISO 8601 with milliseconds and the offset of `zone`."""
    return to_datetime(moment, zone).isoformat(timespec="milliseconds")


def rounded(value: float | None) -> float | None:
    """Return the value rounded to ten significant digits: 20.05, not 20.049999999999997."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def source_fields(stream: HistoryStream) -> JsonObjectType:
    """Return the source that answers, and the problem for which another source could not.

    Call it in the event loop: Home Assistant's texts are read there only.
    """
    return {
        "source": stream.source.value,
        "problem": error_message(stream.problem) if stream.problem else None,
    }


def query_fields(station: str, stream: HistoryStream, zone: tzinfo) -> JsonObjectType:
    """Return how the request was understood: source, time range, window, aggregate and units."""
    query = stream.query
    return {
        "station": station,
        **source_fields(stream),
        "start": iso(query.start, zone),
        "stop": iso(query.stop, zone),
        "window": query.window.text if query.window else None,
        "aggregate": _aggregate_field(query),
        "units": {column.name: column_unit(column) for column in query.columns},
    }


def _aggregate_field(query: HistoryQuery) -> JsonValueType:
    """Return the aggregate, a list if there are several, None without a window."""
    if query.window is None:
        return None
    names: list[JsonValueType] = [each.value for each in query.aggregates]
    return names if len(names) > 1 else names[0]


def paging_fields(rows: int, next_start: int | None, zone: tzinfo) -> JsonObjectType:
    """Return the number of rows, and the start of the next page if there are more."""
    return {
        "row_count": rows,
        "truncated": next_start is not None,
        "next_start": None if next_start is None else iso(next_start, zone),
    }


def table_as_json(
    query: HistoryQuery, table: Table, form: TableFormat, zone: tzinfo
) -> JsonObjectType:
    """Return the table in that form. Call it in the executor: a large table takes a while."""
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
            text = map(writer.csv, split_block(Block(times=table.times, columns=cells)))
            return {"csv": "".join([writer.header(), *text])}


def column_names(query: HistoryQuery) -> list[str]:
    """Return the names of a table's columns, the time first."""
    return [TIME, *(column.name for column in query.columns)]


def _rows(query: HistoryQuery, table: Table, zone: tzinfo) -> Iterator[list[JsonValueType]]:
    """Yield the table's rows, each with its time as ISO 8601 first."""
    times = map(LocalTimes(zone, milliseconds=query.window is None), table.times)
    cells = [map(rounded, column.cells) for column in table.columns]
    for row in zip(times, *cells, strict=True):
        yield list(row)


class RowWriter:
    """Formats the rows of blocks as CSV or JSON."""

    def __init__(self, query: HistoryQuery, zone: tzinfo) -> None:
        """Format rows that answer `query`, with times in `zone`."""
        self._names = column_names(query)
        self._time = LocalTimes(zone, milliseconds=query.window is None)
        # One format for a whole row saves formatting cell by cell.
        cells = f",%.{_DIGITS}g" * len(query.columns)
        self._csv_format, self._json_format = f"%s{cells}\n", f'["%s"{cells}]'

    def header(self) -> str:
        """Return the first line of a CSV file."""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerow(map(_not_a_formula, self._names))
        return text.getvalue()

    def csv(self, block: Block) -> str:
        """Return the block's rows as lines of CSV. The cell of a missing value is empty."""
        rows = self._rows(block)
        return "".join(
            [self._csv_format % row if None not in row else _csv_with_gaps(row) for row in rows]
        )

    def json(self, block: Block) -> str:
        """Return the block's rows as JSON arrays with commas between them."""
        rows = self._rows(block)
        return ",\n".join(
            [self._json_format % row if None not in row else _json_with_gaps(row) for row in rows]
        )

    def _rows(self, block: Block) -> Iterator[tuple[str | float | None, ...]]:
        return zip(map(self._time, block.times), *block.columns, strict=True)


def _not_a_formula(name: str) -> str:
    """Return a name as a cell that no spreadsheet takes for a formula."""
    return f"'{name.translate(_SEPARATORS_TO_SPACES)}" if _FORMULA.search(name) else name


def _csv_with_gaps(row: Sequence[str | float | None]) -> str:
    return ",".join(map(_text, row)) + "\n"


def _json_with_gaps(row: Sequence[str | float | None]) -> str:
    time, *cells = row
    return f'["{time}",{",".join(_text(cell) or "null" for cell in cells)}]'


def _text(cell: str | float | None) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{cell:.{_DIGITS}g}"


def split_block(block: Block) -> Iterator[Block]:
    """Yield a block as smaller ones of at most `BLOCK_CELLS` cells."""
    rows = max(1, BLOCK_CELLS // (1 + len(block.columns)))
    for start in range(0, len(block.times), rows):
        yield block.slice(start, start + rows)


async def stream_blocks(stream: HistoryStream) -> AsyncGenerator[Block]:
    """Yield the stream's rows in small blocks; other tasks get to run between two of them.

    Raises AirStateError.
    """
    async with aclosing(stream.blocks()) as blocks:
        async for block in blocks:
            for part in split_block(block):
                yield part
                await asyncio.sleep(0)
