"""InfluxQL's answers: one JSON object after another, each on a line of its own, as they stream in.

CSV would be smaller, but 1.x leaves errors out of it.

Format: https://docs.influxdata.com/influxdb/v1/tools/api/#query-http-endpoint (``chunked``).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from typing import Any

import orjson

from .influx_errors import InfluxBrokenError, query_error

_END = re.compile(rb'\n|\}(?=\{"results")')  # of an object
_LONGEST_END = len('}{"results"')
_MOST_HELD = 16 * 1024 * 1024  # bytes without a line's end

type Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRows:
    """Some rows of one series; more of them may follow."""

    statement: int
    name: str
    tags: Mapping[str, str]
    columns: tuple[str, ...]
    rows: list[list[Cell]]


async def read_series(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[SeriesRows]:
    """Yield an answer's series, some rows at a time.

    Raises InfluxQueryError for an error, in whichever place of the answer it stands.
    """
    async for line in _lines(chunks, address):
        for found in _series(line, address):
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


async def _lines(chunks: AsyncIterator[bytes], address: str) -> AsyncGenerator[bytes]:
    """Yield one object at a time: 3.x leaves out the newlines between them.

    Within a string neither end can stand: newlines and quotes are escaped there.
    """
    held = bytearray()
    async for chunk in chunks:
        looked = max(0, len(held) - _LONGEST_END)
        held += chunk
        while end := _END.search(held, looked):
            line = bytes(held[: end.end()]).strip()
            del held[: end.end()]
            looked = 0
            if line:
                yield line
        if len(held) > _MOST_HELD:
            raise InfluxBrokenError(address=address)
    if held.strip():
        yield bytes(held)


def _series(line: bytes, address: str) -> Iterator[SeriesRows]:
    try:
        said: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise InfluxBrokenError(address=address) from None
    match said:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"results": list(results)}:
            for result in results:
                yield from _of_result(result)
        case _:
            raise InfluxBrokenError(address=address)


def _of_result(result: Any) -> Iterator[SeriesRows]:  # noqa: ANN401 - JSON
    match result:
        case {"error": str(reason)}:
            raise query_error(reason)
        case {"series": list(series)}:
            for each in series:
                yield SeriesRows(
                    statement=result.get("statement_id", 0),
                    name=each.get("name", ""),
                    tags=each.get("tags") or {},
                    columns=tuple(each.get("columns", ())),
                    rows=each.get("values") or [],
                )
