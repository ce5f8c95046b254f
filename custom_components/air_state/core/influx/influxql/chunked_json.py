"""InfluxQL's answers: one JSON object after another, each on a line of its own, as they stream in.

CSV would be smaller, but 1.x leaves errors out of it.

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

_END = re.compile(rb'\n|\}(?=\{"results")')  # of an object
_MAX_END_LENGTH = len('}{"results"')
_MAX_HELD = 16 * 1024 * 1024  # bytes without a line's end

_CELLS: Final = frozenset({str, int, float, bool, type(None)})

type Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRows:
    """Some rows of one series, each as long as `columns`; more of them may follow.

    `place` is where in the answer of `address` they stand.
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
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def fail(self, what: str) -> NoReturn:
        """Raise InfluxMalformedError: they are not what they have to be."""
        raise InfluxMalformedError(address=self.address, place=f"{self.place}: {what}")


async def read_series(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[SeriesRows]:
    """Yield an answer's series, some rows at a time.

    Raises InfluxQueryError for an error, in whichever place of the answer it stands, and
    InfluxMalformedError.
    """
    number = 0
    async for line, ended in _lines(chunks, address):
        number += 1
        for found in _series(line, f"object {number}", address, ended=ended):
            yield found
        await asyncio.sleep(0)


async def read_statements(
    asks: Iterable[AbstractAsyncContextManager[AsyncIterator[bytes]]], address: str
) -> AsyncGenerator[SeriesRows]:
    """Yield the series of several requests, one after another, as if of one.

    Raises InfluxError.
    """
    for number, ask in enumerate(asks):
        async with ask as chunks, aclosing(read_series(chunks, address)) as found:
            async for series in found:
                yield replace(series, statement=number + series.statement)


async def _lines(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[tuple[bytes, bool]]:
    """Yield one object at a time, and whether its end is sure: 3.x leaves out the newlines.

    Within a string neither end can stand: newlines and quotes are escaped there.
    """
    held = bytearray()
    async for chunk in chunks:
        looked = max(0, len(held) - _MAX_END_LENGTH)
        held += chunk
        while end := _END.search(held, looked):
            line = bytes(held[: end.end()]).strip()
            del held[: end.end()]
            looked = 0
            if line:
                yield line, True
        if len(held) > _MAX_HELD:
            raise InfluxBrokenError(address=address)
    if held.strip():
        yield bytes(held), False


def _series(line: bytes, place: str, address: str, *, ended: bool) -> Iterator[SeriesRows]:
    try:
        said: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if not ended:
            raise InfluxBrokenError(address=address) from None
        raise InfluxMalformedError(address=address, place=f"{place}: {error.msg}") from None
    match said:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"results": list(results)}:
            for result in results:
                yield from _of_result(result, place, address)
        case _:
            raise InfluxMalformedError(address=address, place=f"{place}: no results")


def _of_result(result: Any, place: str, address: str) -> Iterator[SeriesRows]:  # noqa: ANN401 - JSON
    match result:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"series": list(series)}:
            number = result.get("statement_id", 0)
            if type(number) is not int or number < 0:
                raise InfluxMalformedError(address=address, place=f"{place}: {number}. statement")
            for count, each in enumerate(series, start=1):
                yield _read(each, number, f"{place}, series {count}", address)
        case dict() if "series" not in result and "error" not in result:
            pass
        case _:
            raise InfluxMalformedError(address=address, place=f"{place}: no result")


def _read(series: Any, statement: int, place: str, address: str) -> SeriesRows:  # noqa: ANN401 - JSON
    """Return a series, of which all parts may be left out that are empty."""
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
        raise InfluxMalformedError(address=address, place=f"{place}: no head")
    found = SeriesRows(
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
        found.fail(f"a row that has not {width} cells")
    if not {type(cell) for row in rows for cell in row} <= _CELLS:
        found.fail("a cell that is no value")
    return found
