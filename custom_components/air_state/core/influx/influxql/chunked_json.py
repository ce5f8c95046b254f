"""InfluxQL's answers in chunked JSON, read as they come: one object after another.

Each object is on a line of its own, except that 3.x leaves the newlines out. CSV would be smaller,
but 1.x leaves errors out of it.

Format: https://docs.influxdata.com/influxdb/v1/tools/api/#query-http-endpoint (``chunked``).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

import orjson

from ..errors import InfluxBrokenError, InfluxMalformedError, query_error
from ..queries.raw_tables import Cell

_END_OF_OBJECT = re.compile(rb'\n|\}(?=\{"results")')
_MAX_END_LENGTH = len('}{"results"')
_MAX_PENDING_BYTES = 16 * 1024 * 1024  # of one object
_CELL_TYPES: Final = frozenset({str, int, float, bool, type(None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRows:
    """Some rows of one series, each as long as `columns`; more may follow.

    `statement` counts the query's statements from 0. `place` tells where in the answer from
    `address` the rows are, for error messages.
    """

    statement: int
    name: str
    tags: Mapping[str, str]
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    address: str
    place: str

    def column(self, name: str) -> list[Cell]:
        """Return the cells of a column. Raises InfluxMalformedError if there is none."""
        if name not in self.columns:
            self.fail(f"no column “{name}”")
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def fail(self, problem: str) -> NoReturn:
        """Raise InfluxMalformedError with the place of the rows."""
        raise InfluxMalformedError(address=self.address, place=f"{self.place}: {problem}")


async def read_series(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[SeriesRows]:
    """Yield an answer's series, some rows at a time.

    Raises InfluxQueryError for an error anywhere in the answer, InfluxMalformedError and
    InfluxBrokenError.
    """
    number = 0
    async for text, is_complete in _objects(chunks, address):
        number += 1
        for series in _parse_object(text, f"object {number}", address, is_complete=is_complete):
            yield series
        await asyncio.sleep(0)


async def read_statements(
    requests: Iterable[AbstractAsyncContextManager[AsyncIterator[bytes]]], address: str
) -> AsyncGenerator[SeriesRows]:
    """Yield the series of several requests, one after another, as if they were one request.

    Raises InfluxError.
    """
    for number, request in enumerate(requests):
        async with request as chunks, aclosing(read_series(chunks, address)) as answer:
            async for series in answer:
                yield replace(series, statement=number + series.statement)


async def _objects(
    chunks: AsyncIterator[bytes], address: str
) -> AsyncGenerator[tuple[bytes, bool]]:
    """Yield the text of each object, and whether its end was found.

    The last object of 3.x has no newline, so whether it is complete shows when it is parsed. No
    string can hold what `_END_OF_OBJECT` looks for: newlines and quotes are escaped there.
    """
    pending = bytearray()
    async for chunk in chunks:
        search_from = max(0, len(pending) - _MAX_END_LENGTH)
        pending += chunk
        while end := _END_OF_OBJECT.search(pending, search_from):
            text = bytes(pending[: end.end()]).strip()
            del pending[: end.end()]
            search_from = 0
            if text:
                yield text, True
        if len(pending) > _MAX_PENDING_BYTES:
            raise InfluxBrokenError(address=address)
    if pending.strip():
        yield bytes(pending), False


def _parse_object(
    text: bytes, place: str, address: str, *, is_complete: bool
) -> Iterator[SeriesRows]:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if not is_complete:
            raise InfluxBrokenError(address=address) from None
        raise InfluxMalformedError(address=address, place=f"{place}: {error.msg}") from None
    match value:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"results": list(results)}:
            for result in results:
                yield from _parse_result(result, place, address)
        case _:
            raise InfluxMalformedError(address=address, place=f"{place}: no results")


def _parse_result(result: Any, place: str, address: str) -> Iterator[SeriesRows]:  # noqa: ANN401 - JSON
    match result:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"series": list(series)}:
            number = result.get("statement_id", 0)
            if type(number) is not int or number < 0:
                raise InfluxMalformedError(address=address, place=f"{place}: {number}. statement")
            for count, each in enumerate(series, start=1):
                yield _parse_series(each, number, f"{place}, series {count}", address)
        case dict() if "series" not in result and "error" not in result:
            pass
        case _:
            raise InfluxMalformedError(address=address, place=f"{place}: no result")


def _parse_series(series: Any, statement: int, place: str, address: str) -> SeriesRows:  # noqa: ANN401 - JSON
    """Return a series; InfluxDB leaves out members that are empty."""
    match series:
        case dict():
            name, tags = series.get("name", ""), series.get("tags") or {}
            columns, rows = series.get("columns", []), series.get("values") or []
        case _:
            raise InfluxMalformedError(address=address, place=f"{place}: no series")
    if not (
        isinstance(name, str)
        and isinstance(tags, dict)
        and all(isinstance(value, str) for value in tags.values())
        and isinstance(columns, list)
        and all(isinstance(column, str) for column in columns)
    ):
        raise InfluxMalformedError(address=address, place=f"{place}: wrong name, tags or columns")
    parsed = SeriesRows(
        statement=statement,
        name=name,
        tags=tags,
        columns=tuple(columns),
        rows=rows,
        address=address,
        place=place,
    )
    width = len(columns)
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == width for row in rows
    ):
        parsed.fail(f"a row that does not have {width} cells")
    if not {type(cell) for row in rows for cell in row} <= _CELL_TYPES:
        parsed.fail("a cell that is not a value")
    return parsed
