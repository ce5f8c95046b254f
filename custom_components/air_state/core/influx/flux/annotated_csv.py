"""Flux's answers in annotated CSV, read as they come.

At most 64 KiB are read at once. In between, the event loop runs other tasks, so that an answer of
any size holds nobody up.

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

from ...domain.times import MAX_INFLUXDB_TIME
from ..errors import InfluxBrokenError, InfluxMalformedError, InfluxQueryError

BATCH_BYTES = 64 * 1024
_MAX_PENDING_BYTES = 1024 * 1024  # of one record: a longer one would hold the event loop up
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - both sides are UTC, without saying so
_MILLISECOND: Final = timedelta(milliseconds=1)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_INT = re.compile(r"-?[0-9]{1,20}")
_ERROR, _REFERENCE = "error", "reference"
_FIRST_DATA_COLUMN = 3  # after the annotation's, result and table
_MAX_SHOWN_LENGTH = 40
NUMBER_TYPES = frozenset({"double", "long", "unsignedLong"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHeader:
    """The labels of a table's columns and their annotations.

    Each tuple is as long as a record, with one item for each column. The first column, which is
    for annotations, is empty in records. A tuple is empty if the answer lacks the annotation.
    """

    labels: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()
    grouped: tuple[bool, ...] = ()
    defaults: tuple[str, ...] = ()

    @property
    def data_columns(self) -> range:
        """Return the indexes of the columns after ``result`` and ``table``."""
        return range(_FIRST_DATA_COLUMN, len(self.labels))

    @property
    def is_error(self) -> bool:
        """Return whether the table holds an error message of InfluxDB instead of data."""
        return self.labels[1:] == (_ERROR, _REFERENCE)

    def column_index(self, label: str) -> int | None:
        """Return the index of the column with this label, None if there is none."""
        return self.labels.index(label) if label in self.labels else None

    def data_column_index(self, label: str) -> int | None:
        """Return the same among the data columns, one of which may be called ``result``."""
        labels = self.labels[_FIRST_DATA_COLUMN:]
        return _FIRST_DATA_COLUMN + labels.index(label) if label in labels else None

    def number_column_index(self, label: str) -> int | None:
        """Return the same, but None for texts, which other writers may put into a field."""
        index = self.data_column_index(label)
        if index is None or not self.datatypes or self.datatypes[index] in NUMBER_TYPES:
            return index
        return None

    def type_of(self, label: str) -> str:
        """Return the type of the column with this label, empty if there is none."""
        index = self.column_index(label)
        return self.datatypes[index] if index is not None and self.datatypes else ""

    def cell(self, record: Sequence[str], label: str) -> str:
        """Return a record's cell or the column's default, empty if there is no such column."""
        if (index := self.column_index(label)) is None:
            return ""
        return record[index] or (self.defaults[index] if self.defaults else "")

    @property
    def problem(self) -> str | None:
        """Return what is wrong with the header, None if nothing is."""
        width = len(self.labels)
        for name in ("datatypes", "grouped", "defaults"):
            if len(getattr(self, name)) not in {0, width}:
                return f"{len(getattr(self, name))} {name} for {width} columns"
        if self.labels[1:_FIRST_DATA_COLUMN] != ("result", "table") and not self.is_error:
            return f"“{_shorten(','.join(self.labels))}” is not the header of a table"
        return None


class RecordBatch(NamedTuple):
    """Some records below their header; `first_number` counts them from the answer's start."""

    header: TableHeader
    records: list[list[str]]
    first_number: int


def malformed_cell_error(address: str, number: int, column: str, text: str) -> InfluxMalformedError:
    """Return the error for a cell that is not of its column's type."""
    place = f"record {number}, column “{_shorten(column)}”: “{_shorten(text)}”"
    return InfluxMalformedError(address=address, place=place)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_LENGTH else f"{text[: _MAX_SHOWN_LENGTH - 1]}…"


class TableReader:
    """Reads tables from complete records, some at a time."""

    def __init__(self, address: str) -> None:
        """Start before the first table of an answer from `address`."""
        self._address = address
        self._next_header = TableHeader()
        self.header: TableHeader | None = None  # of the table that the next record belongs to
        self.number = 0  # of the last record

    def read(self, text: bytes) -> Iterator[RecordBatch]:
        """Yield the records below each header. Raises InfluxQueryError and InfluxMalformedError.

        InfluxQueryError is for an error in a table: InfluxDB has no other way to report one once
        the answer has begun.
        """
        records: list[list[str]] = []
        for record in _parse_records(text):
            self.number += 1
            if not record or record[0].startswith("#"):
                if self.header is not None and records:
                    yield RecordBatch(self.header, records, self.number - len(records))
                self._end_table()
                records = []
                if record:
                    self._add_annotation(record)
                else:
                    self._next_header = TableHeader()
            elif self.header is None:
                self.header = replace(self._next_header, labels=tuple(record))
                if (problem := self.header.problem) is not None:
                    self._fail(problem)
            elif len(record) != len(self.header.labels):
                self._fail(f"{len(record)} cells for {len(self.header.labels)} columns")
            elif self.header.is_error:
                raise InfluxQueryError(reason=self.header.cell(record, _ERROR))
            else:
                records.append(record)
        if self.header is not None and records:
            yield RecordBatch(self.header, records, self.number + 1 - len(records))

    def end(self) -> None:
        """Finish the answer. Raises InfluxBrokenError if it was cut off.

        Each table ends with an empty line, the last one as well.
        """
        if self.header is not None or self._next_header != TableHeader():
            raise InfluxBrokenError(address=self._address)

    def _end_table(self) -> None:
        if self.header is not None and self.header.is_error:
            self._fail("an error without a message")
        self.header = None

    def _fail(self, problem: str) -> NoReturn:
        place = f"record {self.number}: {problem}"
        raise InfluxMalformedError(address=self._address, place=place)

    def _add_annotation(self, record: list[str]) -> None:
        kind, cells = record[0], ("", *record[1:])
        match kind:
            case "#datatype":
                self._next_header = replace(self._next_header, datatypes=cells)
            case "#group":
                self._next_header = replace(
                    self._next_header, grouped=tuple(cell == "true" for cell in cells)
                )
            case "#default":
                self._next_header = replace(self._next_header, defaults=cells)


async def read_records(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[RecordBatch]:
    """Yield the records of an answer below their headers. Raises InfluxError."""
    reader = TableReader(address)
    async for text in complete_records(chunks, address):
        for batch in reader.read(text):
            yield batch
    reader.end()


async def complete_records(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[bytes]:
    """Yield texts of complete records, about `BATCH_BYTES` at most.

    Other tasks run in between. Raises InfluxBrokenError if the last record is cut off, or one is
    longer than 1 MiB.
    """
    pending = bytearray()  # the beginning of a record
    in_quotes = False  # whether `pending` ends within quotes
    async for chunk in chunks:
        for start in range(0, len(chunk), BATCH_BYTES):
            new = chunk[start : start + BATCH_BYTES]
            in_quotes ^= bool(new.count(b'"') % 2)
            if end := _end_of_records(new, in_quotes=in_quotes):
                yield bytes(pending + new[:end])
                pending = bytearray(new[end:])
                await asyncio.sleep(0)
            else:
                pending += new
                if len(pending) > _MAX_PENDING_BYTES:
                    raise InfluxBrokenError(address=address)
    if pending.strip():
        raise InfluxBrokenError(address=address)


def _end_of_records(new: bytes, *, in_quotes: bool) -> int:
    """Return the index after the last newline that ends a record, 0 if there is none.

    `in_quotes` tells whether the bytes end within quotes, where a newline is part of a text. The
    search goes backwards and looks at each byte once, however many lines a text has.
    """
    stop = len(new)
    while True:
        quote = new.rfind(b'"', 0, stop)
        if not in_quotes and (newline := new.rfind(b"\n", quote + 1, stop)) >= 0:
            return newline + 1
        if quote < 0:
            return 0
        stop, in_quotes = quote, not in_quotes


def _parse_records(text: bytes) -> Iterator[list[str]]:
    """Yield the records of complete lines, an empty list for an empty line.

    Raises InfluxQueryError for a cell that is too long for Python's csv.
    """
    try:
        yield from csv.reader(StringIO(text.decode(errors="replace"), newline=""))
    except csv.Error as error:
        raise InfluxQueryError(reason=f"its answer cannot be read: {error}") from None


def parse_time(text: str) -> int:
    """Return a UTC time in ms since 1970. Raises ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    moment = (datetime.fromisoformat(text.removesuffix("Z")) - _EPOCH) // _MILLISECOND
    if abs(moment) > MAX_INFLUXDB_TIME:
        raise ValueError(text)
    return moment


def parse_float(text: str) -> float:
    """Return a number. Raises ValueError."""
    if "_" in text or not text.isascii():  # which Python would take
        raise ValueError(text)
    return float(text)


def parse_int(text: str) -> int:
    """Return a whole number. Raises ValueError."""
    if not _INT.fullmatch(text):
        raise ValueError(text)
    return int(text)
