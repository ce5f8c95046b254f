"""Raw queries in Flux, and the tables of their answers."""

import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime, tzinfo
from math import isfinite

from ..errors import InfluxQueryError
from ..queries.concurrency import QueryLimiter
from ..queries.protocols import FluxClient
from ..queries.raw_tables import (
    Cell,
    RawAnswer,
    RawAnswerBuilder,
    RawColumn,
    RawQuery,
    RawTable,
    raw_query_timeout,
)
from ..target import InfluxKind
from . import literals
from .annotated_csv import (
    RecordBatch,
    TableHeader,
    malformed_cell_error,
    parse_float,
    parse_int,
    parse_time,
    read_records,
)

_RESULT, _TABLE = "result", "table"
_TIME_TYPES = frozenset({"dateTime:RFC3339", "dateTime:RFC3339Nano"})
_LENGTH_TO_SECONDS = len("2026-01-01T00:00:00")
# What may stand before the first statement of a query.
_PREAMBLE = re.compile(
    r'(?:\s|//[^\n]*+|package\s+\w++|import\s+(?:\w+\s+)?"(?:[^"\\]|\\.)*")*', re.DOTALL
)
_LINE_AND_COLUMN = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


async def run_flux_query(
    client: FluxClient, query: RawQuery, zone: tzinfo, limiter: QueryLimiter
) -> RawAnswer:
    """Return the answer to a query in Flux, with times in `zone`. Raises InfluxError.

    1.8 takes no parameters beside a query, so there they are assigned in it, after the imports.
    """
    address = client.target.url
    text, extern, position = query.text, literals.extern(query.parameters), len(query.text)
    if client.target.kind is InfluxKind.V1_FLUX and query.parameters:
        text, position = _with_assignments(query)
        extern = None
    builder = RawAnswerBuilder(query)
    try:
        async with (
            raw_query_timeout(query.timeout_seconds, address),
            limiter,
            client.query(text, extern=extern, timeout_seconds=query.timeout_seconds + 1) as chunks,
            aclosing(read_records(chunks, address)) as batches,
        ):
            tables = _TableBuilder(builder, zone, address)
            async for batch in batches:
                if not tables.add(batch):
                    break
    except InfluxQueryError as error:
        reason = _with_written_columns(error.details["reason"], query.text, text, position)
        raise InfluxQueryError(reason=reason) from None
    return builder.build()


def _with_assignments(query: RawQuery) -> tuple[str, int]:
    """Return the query with its parameters assigned on one of its lines, and where in the text."""
    preamble = _PREAMBLE.match(query.text)
    position = preamble.end() if preamble else 0
    assignments = " ".join(
        f"{name} = {literals.literal(value)}" for name, value in query.parameters.items()
    )
    return f"{query.text[:position]} {assignments} {query.text[position:]}", position


def _with_written_columns(reason: str, written: str, sent: str, position: int) -> str:
    """Return a message about the text `sent` with the columns of the text as it was `written`.

    `position` is where the one has more text than the other.
    """
    shift = len(sent) - len(written)
    line = written.count("\n", 0, position) + 1
    column = position - written.rfind("\n", 0, position)

    def shifted(match: re.Match[str]) -> str:
        at_line, at_column = int(match[1]), int(match[2])
        if at_line != line or at_column < column + shift:
            return match[0]
        return f"{at_line}:{at_column - shift}"

    return _LINE_AND_COLUMN.sub(shifted, reason) if shift else reason


class _TableBuilder:
    """Turns records into tables."""

    def __init__(self, builder: RawAnswerBuilder, zone: tzinfo, address: str) -> None:
        self._builder = builder
        self._zone = zone
        self._address = address
        self._header_count = 0
        self._header: TableHeader | None = None

    def add(self, batch: RecordBatch) -> bool:
        """Add records; return whether there is room for more. Raises InfluxMalformedError."""
        header = batch.header
        if header is not self._header:
            self._header, self._header_count = header, self._header_count + 1
        datatypes = header.datatypes or ("string",) * len(header.labels)
        parsers = [_cell_parser(datatypes[index], self._zone) for index in header.data_columns]
        in_key = header.grouped or (False,) * len(header.labels)
        columns = tuple(
            RawColumn(
                name=header.labels[index],
                type="time" if datatypes[index] in _TIME_TYPES else datatypes[index],
            )
            for index in header.data_columns
        )
        for number, record in enumerate(batch.records, start=batch.first_number):
            row = self._parse_row(header, record, parsers, number)

            def create(record: Sequence[str] = record, row: list[Cell] = row) -> RawTable:
                return RawTable(
                    result=header.cell(record, _RESULT),
                    key={
                        column.name: value
                        for column, value, index in zip(
                            columns, row, header.data_columns, strict=True
                        )
                        if in_key[index]
                    },
                    columns=columns,
                )

            identity = (
                self._header_count,
                header.cell(record, _RESULT),
                header.cell(record, _TABLE),
            )
            if not self._builder.add_row(self._builder.table(identity, create), row):
                return False
        return True

    def _parse_row(
        self,
        header: TableHeader,
        record: Sequence[str],
        parsers: Sequence[Callable[[str], Cell]],
        number: int,
    ) -> list[Cell]:
        defaults = header.defaults or ("",) * len(header.labels)
        row: list[Cell] = []
        for index, parse in zip(header.data_columns, parsers, strict=True):
            text = record[index] or defaults[index]
            try:
                row.append(parse(text))
            except ValueError:
                label = header.labels[index]
                raise malformed_cell_error(self._address, number, label, text) from None
        return row


def _cell_parser(datatype: str, zone: tzinfo) -> Callable[[str], Cell]:
    """Return the function that parses cells of a Flux type; it returns None for an empty cell."""
    match datatype:
        case "long" | "unsignedLong":
            return lambda text: parse_int(text) if text else None
        case "double":
            return _parse_finite_float
        case "boolean":
            return lambda text: _parse_bool(text) if text else None
        case _ if datatype in _TIME_TYPES:
            return lambda text: local_time(text, zone) if text else None
        case _:
            return lambda text: text.replace("\r\n", "\n") or None  # InfluxDB writes \n as \r\n


def _parse_bool(text: str) -> bool:
    """Return the value of ``true`` or ``false``. Raises ValueError."""
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _parse_finite_float(text: str) -> float | None:
    """Return a number; None if it is not finite, which JSON cannot write. Raises ValueError."""
    number = parse_float(text) if text else None
    return number if number is not None and isfinite(number) else None


def local_time(text: str, zone: tzinfo) -> str:
    """Return a UTC time such as ``2026-01-01T00:00:00.123456789Z`` in `zone`, with its offset.

    The digits of the fraction stay as they are. Raises ValueError.
    """
    parse_time(text)  # raises it
    seconds = text[:_LENGTH_TO_SECONDS]
    local = datetime.fromisoformat(f"{seconds}+00:00").astimezone(zone).isoformat()
    fraction = text[_LENGTH_TO_SECONDS:].rstrip("Z")
    return local[:_LENGTH_TO_SECONDS] + fraction + local[_LENGTH_TO_SECONDS:]
