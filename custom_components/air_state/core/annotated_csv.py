"""Flux's answers, annotated CSV, read as they stream in.

The work is done in turns of at most 64 KiB, with the event loop let go in between, so that an
answer of any size holds nobody up. Numbers and times of a history go by a fast path: the lines of
one turn become one JSON text, whose numbers orjson reads in C. Whatever is not of that shape
(quotes, several tables, NaN) goes by Python's csv.

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
"""

import asyncio
import csv
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from math import isfinite
from typing import Any, Final

import orjson

from .influx_errors import InfluxBrokenError, InfluxQueryError
from .models import Block

TURN = 64 * 1024  # bytes
_MOST_HELD = 1024 * 1024  # bytes of a record: more would hold the event loop up
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - both sides are UTC, without saying so
_MILLISECOND: Final = timedelta(milliseconds=1)
_TIME = "_time"
_ERROR, _REFERENCE = "error", "reference"
_COLUMNS_BEFORE = ("", "result", "table", _TIME)  # of a table that holds rows by time
_FIXED = 3  # the empty one, result and table
_ROW, _DAY = b",,0,", b"2026-01-01T"  # how its rows begin
_CLOCK = 3  # hour, minute, second
_LEADING_ONES = 100 * 3_600_000 + 100 * 60_000 + 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above rows, each as long as a record, the first of them empty."""

    labels: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()
    grouped: tuple[bool, ...] = ()
    defaults: tuple[str, ...] = ()

    @property
    def fixed(self) -> int:
        """Return how many columns stand before those that are the table's own."""
        return _FIXED if self.labels[1:_FIXED] == ("result", "table") else 1

    @property
    def is_error(self) -> bool:
        """Return whether the table is InfluxDB's way to say what went wrong."""
        return self.labels[1:] == (_ERROR, _REFERENCE)

    def place(self, label: str) -> int | None:
        """Return where the column of that label is, None if there is none."""
        return self.labels.index(label) if label in self.labels else None

    def own_place(self, label: str) -> int | None:
        """Return the same for a column of the table's own, which may be called ``result``."""
        own = self.labels[self.fixed :]
        return self.fixed + own.index(label) if label in own else None

    def type_of(self, label: str) -> str:
        """Return the type of the column of that label, empty if there is none."""
        place = self.place(label)
        return self.datatypes[place] if place is not None and self.datatypes else ""

    def cell(self, record: Sequence[str], label: str) -> str:
        """Return a record's cell, or the column's default; empty if there is no such column."""
        if (place := self.place(label)) is None:
            return ""
        return record[place] or (self.defaults[place] if self.defaults else "")


type Portion = tuple[Head, list[list[str]]]


class TableReader:
    """Reads tables out of whole records, given some at a time."""

    def __init__(self) -> None:
        """Begin before the first table."""
        self._next = Head()
        self.head: Head | None = None  # of the table that the next record belongs to, if any

    def read(self, piece: bytes) -> Iterator[Portion]:
        """Yield the records below each head. Raises InfluxQueryError.

        What InfluxDB meets after it has begun to answer it can only say in a table.
        """
        found: list[list[str]] = []
        for record in _records(piece):
            if not record:  # another head follows
                if self.head is not None and found:
                    yield self.head, found
                self.head, self._next, found = None, Head(), []
            elif record[0].startswith("#"):
                self._annotate(record)
            elif self.head is None:
                self.head = replace(self._next, labels=tuple(record))
            else:
                if self.head.is_error:
                    raise InfluxQueryError(reason=self.head.cell(record, _ERROR))
                found.append(record)
        if self.head is not None and found:
            yield self.head, found

    def _annotate(self, record: list[str]) -> None:
        kind, cells = record[0], ("", *record[1:])
        match kind:
            case "#datatype":
                self._next = replace(self._next, datatypes=cells)
            case "#group":
                self._next = replace(self._next, grouped=tuple(cell == "true" for cell in cells))
            case "#default":
                self._next = replace(self._next, defaults=cells)


async def read_portions(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[Portion]:
    """Yield the records of an answer below their heads. Raises InfluxError."""
    reader = TableReader()
    async for piece in _turns(chunks, address):
        for portion in reader.read(piece):
            yield portion


async def read_rows(
    chunks: AsyncIterator[bytes], fields: Sequence[str], address: str
) -> AsyncGenerator[Block]:
    """Yield the rows of a pivoted answer, a column for each of `fields`, empty if it has none.

    Raises InfluxError.
    """
    reader = _RowReader(fields)
    async for piece in _turns(chunks, address):
        for block in reader.read(piece):
            yield block


async def _turns(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[bytes]:
    """Yield whole records of at most about `TURN` bytes, letting others run in between."""
    held, quoted = bytearray(), False  # whether `held` ends within quotes
    async for chunk in chunks:
        for start in range(0, len(chunk), TURN):
            new = chunk[start : start + TURN]
            quoted ^= bool(new.count(b'"') % 2)
            if end := _records_end(new, quoted=quoted):
                yield bytes(held + new[:end])
                held = bytearray(new[end:])
                await asyncio.sleep(0)
            else:
                held += new
                if len(held) > _MOST_HELD:
                    raise InfluxBrokenError(address=address)
    if held.strip():
        yield bytes(held)


def _records_end(new: bytes, *, quoted: bool) -> int:
    """Return where the last record that ends in these bytes does, 0 if none does.

    `quoted` says whether they end within quotes, where newlines end nothing. Each byte is looked
    at once, from the end on, however many lines a text has.
    """
    stop = len(new)
    while True:
        quote = new.rfind(b'"', 0, stop)
        if not quoted and (newline := new.rfind(b"\n", quote + 1, stop)) >= 0:
            return newline + 1
        if quote < 0:
            return 0
        stop, quoted = quote, not quoted


def _records(piece: bytes) -> Iterator[list[str]]:
    """Yield the records of some whole lines, an empty list for an empty line.

    Raises InfluxQueryError for a text that Python's csv finds too long.
    """
    try:
        yield from csv.reader(StringIO(piece.decode(errors="replace"), newline=""))
    except csv.Error as error:
        raise InfluxQueryError(reason=f"its answer cannot be read: {error}") from None


def milliseconds(text: str) -> int:
    """Return a time in UTC, as InfluxDB writes it, as ms since 1970."""
    return (datetime.fromisoformat(text.removesuffix("Z")) - _EPOCH) // _MILLISECOND


class _RowReader:
    """Reads tables of a time and numbers."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._tables = TableReader()
        self._fields = fields

    def read(self, piece: bytes) -> Iterator[Block]:
        """Yield the rows of some whole records."""
        head = self._tables.head
        if (
            head is not None
            and head.labels[: len(_COLUMNS_BEFORE)] == _COLUMNS_BEFORE
            and (block := _fast(piece, len(head.labels), self._places(head))) is not None
        ):
            yield block
            return
        for own, found in self._tables.read(piece):
            yield _slow(own, found, self._places(own))

    def _places(self, head: Head) -> list[int | None]:
        return [head.own_place(each) for each in self._fields]


def _fast(rows: bytes, width: int, places: Sequence[int | None]) -> Block | None:
    """Return rows of the default result's only table, all of one day; None if they are not.

    Each row becomes numbers of one JSON array: hour, minute and second of its time, which get a 1
    before them since JSON knows no leading zeros, and its cells.
    """
    count, start = rows.count(b"\n"), rows[: len(_ROW) + len(_DAY)]
    if (
        b'"' in rows
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
        day = milliseconds(start[len(_ROW) :].decode() + "00:00:00")
    except ValueError:  # NaN, for example
        return None
    before = len(_COLUMNS_BEFORE) - _CLOCK
    width -= before
    if len(cells) != width * count:
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


def _slow(head: Head, found: list[list[str]], places: Sequence[int | None]) -> Block:
    """Return rows of whatever shape."""
    return Block(
        times=array("q", [milliseconds(head.cell(record, _TIME)) for record in found]),
        columns=tuple(
            [None if place is None else _number(record[place]) for record in found]
            for place in places
        ),
    )


def _numbers(cells: list[Any]) -> Sequence[float | None]:
    """Return a column as compact as it can be."""
    try:
        return array("d", cells)
    except TypeError:
        return cells


def _number(text: str) -> float | None:
    """Return a cell's number; what is empty or not finite is missing."""
    if not text:
        return None
    number = float(text)
    return number if isfinite(number) else None
