"""The rows of a history from Flux's answers: tables of a time and numbers.

A batch of lines is turned into one JSON array, which orjson parses in C. A batch of another shape
(with quotes, several tables or NaN) is parsed by Python's csv.
"""

from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from math import isfinite
from typing import Any

import orjson

from ...domain.models import Block
from ..errors import InfluxMalformedError
from .annotated_csv import (
    RecordBatch,
    TableHeader,
    TableReader,
    complete_records,
    malformed_cell_error,
    parse_float,
    parse_time,
)

_TIME = "_time"
_NOT_NUMBERS = (b"u", b"l", b"[", b"{")  # in true, false and null, and where JSON nests
_LEADING_COLUMNS = ("", "result", "table", _TIME)
_ROW_START = b",,0,"  # the cells before the time
_DAY_LENGTH = len(b"2026-01-01T")
_CLOCK_CELLS = 3  # hour, minute, second
_LEADING_ONES = 100 * 3_600_000 + 100 * 60_000 + 100_000  # ms


async def read_rows(
    chunks: AsyncIterator[bytes], labels: Sequence[str], address: str
) -> AsyncGenerator[Block]:
    """Yield the rows of a pivoted answer, with a column for each of `labels`.

    A column that the answer lacks is empty. Raises InfluxError.
    """
    reader = _RowReader(labels, address)
    async for text in complete_records(chunks, address):
        for block in reader.read(text):
            yield block
    reader.end()


class _RowReader:
    """Reads rows from complete records, some at a time."""

    def __init__(self, labels: Sequence[str], address: str) -> None:
        self._tables = TableReader(address)
        self._labels = labels
        self._address = address
        self.end = self._tables.end

    def read(self, text: bytes) -> Iterator[Block]:
        """Yield the rows of some complete records. Raises InfluxError."""
        header = self._tables.header
        if (
            header is not None
            and header.labels[: len(_LEADING_COLUMNS)] == _LEADING_COLUMNS
            and (block := _parse_as_json(text, len(header.labels), self._indexes(header)))
            is not None
        ):
            self._tables.number += len(block.times)
            yield block
            return
        for batch in self._tables.read(text):
            yield self._parse_batch(batch)

    def _indexes(self, header: TableHeader) -> list[int | None]:
        """Return the index of each label's column, None for one without numbers."""
        return [header.number_column_index(label) for label in self._labels]

    def _parse_batch(self, batch: RecordBatch) -> Block:
        """Return the rows of records of any shape. Raises InfluxMalformedError."""
        header, records, _ = batch
        if (time_index := header.column_index(_TIME)) is None:
            raise self._malformed_error(batch.first_number, _TIME, "")
        return Block(
            times=array("q", self._parse_column(batch, time_index, parse_time)),
            columns=tuple(
                [None] * len(records)
                if index is None
                else self._parse_column(batch, index, _parse_number)
                for index in self._indexes(header)
            ),
        )

    def _parse_column[T](
        self, batch: RecordBatch, index: int, parse: Callable[[str], T]
    ) -> list[T]:
        """Return the values of a column. Raises InfluxMalformedError."""
        values: list[T] = []
        for record in batch.records:
            try:
                values.append(parse(record[index]))
            except ValueError:
                number = batch.first_number + len(values)
                label = batch.header.labels[index]
                raise self._malformed_error(number, label, record[index]) from None
        return values

    def _malformed_error(self, number: int, column: str, text: str) -> InfluxMalformedError:
        return malformed_cell_error(self._address, number, column, text)


def _parse_as_json(rows: bytes, width: int, indexes: Sequence[int | None]) -> Block | None:
    """Return the rows of the first table, all of one day; None if they are of another shape.

    Each row becomes `width` - 1 numbers in one JSON array: the hour, minute and second of its time,
    and its cells. JSON knows no leading zeros, so these three begin with a 1: ``09`` is ``109``.
    """
    count, start = rows.count(b"\n"), rows[: len(_ROW_START) + _DAY_LENGTH]
    if (
        b'"' in rows
        or any(word in rows for word in _NOT_NUMBERS)
        or not start.startswith(_ROW_START)
        or rows.count(b"\r\n" + start) != count - 1
        or not rows.endswith(b"\r\n")
    ):
        return None
    flat = rows[len(start) : -2].replace(b"\r\n" + start, b",1")
    flat = flat.replace(b":", b",1").replace(b"Z,", b",")
    if flat.endswith(b","):
        flat += b"null"
    if b",," in flat:  # twice, since the first time passes over every other comma of a row
        flat = flat.replace(b",,", b",null,").replace(b",,", b",null,")
    try:
        cells: list[Any] = orjson.loads(b"[1" + flat + b"]")
        day = parse_time(start[len(_ROW_START) :].decode() + "00:00:00Z")
    except ValueError:  # NaN, for example
        return None
    removed = len(_LEADING_COLUMNS) - _CLOCK_CELLS
    width -= removed
    if len(cells) != width * count or not _have_clock_times(cells, width):
        return None
    base = day - _LEADING_ONES
    clock = zip(cells[::width], cells[1::width], cells[2::width], strict=True)
    return Block(
        times=array(
            "q", [base + h * 3_600_000 + m * 60_000 + int(s * 1000 + 0.01) for h, m, s in clock]
        ),
        columns=tuple(
            [None] * count if index is None else _compact(cells[index - removed :: width])
            for index in indexes
        ),
    )


def _have_clock_times(cells: list[Any], width: int) -> bool:
    """Return whether each row begins with an hour, minute and second, each with a 1 before it."""
    try:
        return all(
            min(cells[index::width]) >= low and max(cells[index::width]) < high
            for index, low, high in ((0, 100, 124), (1, 100, 160), (2, 100, 160))
        )
    except TypeError:  # not a number
        return False


def _compact(cells: list[Any]) -> Sequence[float | None]:
    """Return a column as an array if it has no gaps, else as it is."""
    try:
        return array("d", cells)
    except TypeError:
        return cells


def _parse_number(text: str) -> float | None:
    """Return a cell's number, None if it is empty or not finite. Raises ValueError."""
    if not text:
        return None
    number = parse_float(text)
    return number if isfinite(number) else None
