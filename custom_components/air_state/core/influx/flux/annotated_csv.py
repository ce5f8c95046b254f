"""Flux's answers, annotated CSV, read as they stream in.

The work is done in turns of at most 64 KiB, with the event loop let go in between, so that an
answer of any size holds nobody up.

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
"""

import asyncio
import csv
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Final, NamedTuple, NoReturn

from ...domain.times import MAX_TIME
from ..errors import InfluxBrokenError, InfluxMalformedError, InfluxQueryError

TURN = 64 * 1024  # bytes
_MAX_HELD = 1024 * 1024  # bytes of a record: more would hold the event loop up
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - both sides are UTC, without saying so
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_TIME = "_time"
_ERROR, _REFERENCE = "error", "reference"
_FIXED = 3  # the empty one, result and table
_NUMBERS = frozenset({"double", "long", "unsignedLong"})
_MAX_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above rows, each as long as a record, the first of them empty."""

    labels: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()
    grouped: tuple[bool, ...] = ()
    defaults: tuple[str, ...] = ()

    @property
    def own(self) -> range:
        """Return the places of the columns that are the table's own."""
        return range(_FIXED, len(self.labels))

    @property
    def is_error(self) -> bool:
        """Return whether the table is InfluxDB's way to say what went wrong."""
        return self.labels[1:] == (_ERROR, _REFERENCE)

    def place(self, label: str) -> int | None:
        """Return where the column of that label is, None if there is none."""
        return self.labels.index(label) if label in self.labels else None

    def own_place(self, label: str) -> int | None:
        """Return the same for a column of the table's own, which may be called ``result``."""
        own = self.labels[_FIXED:]
        return _FIXED + own.index(label) if label in own else None

    def number_place(self, label: str) -> int | None:
        """Return the same if the column holds numbers: others may write texts into a field."""
        place = self.own_place(label)
        if place is None or not self.datatypes or self.datatypes[place] in _NUMBERS:
            return place
        return None

    def type_of(self, label: str) -> str:
        """Return the type of the column of that label, empty if there is none."""
        place = self.place(label)
        return self.datatypes[place] if place is not None and self.datatypes else ""

    def cell(self, record: Sequence[str], label: str) -> str:
        """Return a record's cell, or the column's default; empty if there is no such column."""
        if (place := self.place(label)) is None:
            return ""
        return record[place] or (self.defaults[place] if self.defaults else "")

    @property
    def problem(self) -> str | None:
        """Return what is wrong with it, None if nothing is."""
        width = len(self.labels)
        for name in ("datatypes", "grouped", "defaults"):
            if len(getattr(self, name)) not in {0, width}:
                return f"{len(getattr(self, name))} {name} for {width} columns"
        if self.labels[1:_FIXED] != ("result", "table") and not self.is_error:
            return f"“{_shown(','.join(self.labels))}” is no head of a table"
        return None


class Portion(NamedTuple):
    """Records below their head; `number` is that of the first, counted from the answer's start."""

    head: Head
    records: list[list[str]]
    number: int


def malformed(address: str, number: int, column: str, text: str) -> InfluxMalformedError:
    """Return that a record has a cell that is not of its column's type."""
    place = f"record {number}, column “{_shown(column)}”: “{_shown(text)}”"
    return InfluxMalformedError(address=address, place=place)


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_LENGTH else f"{text[: _MAX_SHOWN_LENGTH - 1]}…"


class TableReader:
    """Reads tables out of whole records, given some at a time."""

    def __init__(self, address: str) -> None:
        """Begin before the first table of what `address` answers."""
        self._address = address
        self._next = Head()
        self.head: Head | None = None  # of the table that the next record belongs to, if any
        self.number = 0  # of the last record

    def read(self, piece: bytes) -> Iterator[Portion]:
        """Yield the records below each head. Raises InfluxQueryError and InfluxMalformedError.

        What InfluxDB meets after it has begun to answer it can only say in a table.
        """
        found: list[list[str]] = []
        for record in _records(piece):
            self.number += 1
            if not record or record[0].startswith("#"):
                if self.head is not None and found:
                    yield Portion(self.head, found, self.number - len(found))
                self._end_table()
                found = []
                if record:
                    self._annotate(record)
                else:
                    self._next = Head()
            elif self.head is None:
                self.head = replace(self._next, labels=tuple(record))
                if (problem := self.head.problem) is not None:
                    self._fail(problem)
            elif len(record) != len(self.head.labels):
                self._fail(f"{len(record)} cells for {len(self.head.labels)} columns")
            elif self.head.is_error:
                raise InfluxQueryError(reason=self.head.cell(record, _ERROR))
            else:
                found.append(record)
        if self.head is not None and found:
            yield Portion(self.head, found, self.number + 1 - len(found))

    def end(self) -> None:
        """Take that there is no more. Raises InfluxBrokenError if there should be.

        The last table ends with an empty line, as each does.
        """
        if self.head is not None or self._next != Head():
            raise InfluxBrokenError(address=self._address)

    def _end_table(self) -> None:
        if self.head is not None and self.head.is_error:
            self._fail("an error that is not said")
        self.head = None

    def _fail(self, what: str) -> NoReturn:
        place = f"record {self.number}: {what}"
        raise InfluxMalformedError(address=self._address, place=place)

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
    reader = TableReader(address)
    async for piece in turns_of(chunks, address):
        for portion in reader.read(piece):
            yield portion
    reader.end()


async def turns_of(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[bytes]:
    """Yield whole records of at most about `TURN` bytes, letting others run in between.

    Raises InfluxBrokenError if the last one is cut off.
    """
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
                if len(held) > _MAX_HELD:
                    raise InfluxBrokenError(address=address)
    if held.strip():
        raise InfluxBrokenError(address=address)


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
    """Return a time in UTC, as InfluxDB writes it, as ms since 1970. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    found = (datetime.fromisoformat(text.removesuffix("Z")) - _EPOCH) // _MILLISECOND
    if abs(found) > MAX_TIME:
        raise ValueError(text)
    return found


def decimal(text: str) -> float:
    """Return a number as Flux writes it. Raises ValueError."""
    if "_" in text or not text.isascii():  # which Python would take
        raise ValueError(text)
    return float(text)


def whole(text: str) -> int:
    """Return a whole number as Flux writes it. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)
