"""Histories out of Flux's answers: tables of a time and numbers.

The lines of one turn become one JSON text, whose numbers orjson reads in C. Whatever is not of
that shape (quotes, several tables, NaN) goes by Python's csv.
"""

from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from math import isfinite
from typing import Any

import orjson

from ...domain.models import Block
from ..errors import InfluxMalformedError
from .annotated_csv import Head, Portion, TableReader, decimal, malformed, milliseconds, turns_of

_TIME = "_time"
_WORDS = (b"u", b"l", b"[", b"{")  # of true, false, null and what is no cell at all
_COLUMNS_BEFORE = ("", "result", "table", _TIME)  # of a table that holds rows by time
_ROW, _DAY = b",,0,", b"2026-01-01T"  # how its rows begin
_CLOCK = 3  # hour, minute, second
_LEADING_ONES = 100 * 3_600_000 + 100 * 60_000 + 100_000


async def read_rows(
    chunks: AsyncIterator[bytes], fields: Sequence[str], address: str
) -> AsyncGenerator[Block]:
    """Yield the rows of a pivoted answer, a column for each of `fields`, empty if it has none.

    Raises InfluxError.
    """
    reader = _RowReader(fields, address)
    async for piece in turns_of(chunks, address):
        for block in reader.read(piece):
            yield block
    reader.end()


class _RowReader:
    """Reads tables of a time and numbers."""

    def __init__(self, fields: Sequence[str], address: str) -> None:
        self._tables = TableReader(address)
        self._fields = fields
        self._address = address
        self.end = self._tables.end

    def read(self, piece: bytes) -> Iterator[Block]:
        """Yield the rows of some whole records. Raises InfluxError."""
        head = self._tables.head
        if (
            head is not None
            and head.labels[: len(_COLUMNS_BEFORE)] == _COLUMNS_BEFORE
            and (block := _fast(piece, len(head.labels), self._places(head))) is not None
        ):
            self._tables.number += len(block.times)
            yield block
            return
        for portion in self._tables.read(piece):
            yield self._slow(portion)

    def _places(self, head: Head) -> list[int | None]:
        return [head.number_place(each) for each in self._fields]

    def _slow(self, portion: Portion) -> Block:
        """Return rows of whatever shape."""
        head, records, _ = portion
        if (at := head.place(_TIME)) is None:
            raise self._wrong(portion.number, _TIME, "")
        return Block(
            times=array("q", self._cells(portion, at, milliseconds)),
            columns=tuple(
                [None] * len(records) if place is None else self._cells(portion, place, _number)
                for place in self._places(head)
            ),
        )

    def _cells[T](self, portion: Portion, place: int, read: Callable[[str], T]) -> list[T]:
        """Return a column. Raises InfluxMalformedError."""
        found: list[T] = []
        for record in portion.records:
            try:
                found.append(read(record[place]))
            except ValueError:
                number = portion.number + len(found)
                raise self._wrong(number, portion.head.labels[place], record[place]) from None
        return found

    def _wrong(self, number: int, column: str, text: str) -> InfluxMalformedError:
        return malformed(self._address, number, column, text)


def _fast(rows: bytes, width: int, places: Sequence[int | None]) -> Block | None:
    """Return rows of the default result's only table, all of one day; None if they are not.

    Each row becomes numbers of one JSON array: hour, minute and second of its time, which get a 1
    before them since JSON knows no leading zeros, and its cells.
    """
    count, start = rows.count(b"\n"), rows[: len(_ROW) + len(_DAY)]
    if (
        b'"' in rows
        or any(word in rows for word in _WORDS)
        or not start.startswith(_ROW)
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
        day = milliseconds(start[len(_ROW) :].decode() + "00:00:00Z")
    except ValueError:  # NaN, for example
        return None
    before = len(_COLUMNS_BEFORE) - _CLOCK
    width -= before
    if len(cells) != width * count or not _is_clock(cells, width):
        return None
    base = day - _LEADING_ONES
    clock = zip(cells[::width], cells[1::width], cells[2::width], strict=True)
    return Block(
        times=array(
            "q", [base + h * 3_600_000 + m * 60_000 + int(s * 1000 + 0.01) for h, m, s in clock]
        ),
        columns=tuple(
            [None] * count if place is None else _numbers(cells[place - before :: width])
            for place in places
        ),
    )


def _is_clock(cells: list[Any], width: int) -> bool:
    """Return whether each row begins with an hour, a minute and a second, a 1 before each."""
    try:
        return all(
            min(cells[place::width]) >= low and max(cells[place::width]) < high
            for place, low, high in ((0, 100, 124), (1, 100, 160), (2, 100, 160))
        )
    except TypeError:  # not a number
        return False


def _numbers(cells: list[Any]) -> Sequence[float | None]:
    """Return a column as compact as it can be."""
    try:
        return array("d", cells)
    except TypeError:
        return cells


def _number(text: str) -> float | None:
    """Return a cell's number; what is empty or not finite is missing. Raises ValueError."""
    if not text:
        return None
    number = decimal(text)
    return number if isfinite(number) else None
