"""Raw queries in InfluxQL, and the tables of their answers."""

from contextlib import aclosing
from datetime import datetime, tzinfo

from ..errors import InfluxMappingError, InfluxQueryError
from ..queries.concurrency import QueryLimiter
from ..queries.protocols import InfluxqlClient
from ..queries.raw_tables import (
    RawAnswer,
    RawAnswerBuilder,
    RawColumn,
    RawQuery,
    RawTable,
    raw_query_timeout,
)
from ..target import InfluxKind
from . import literals
from .chunked_json import SeriesRows, read_series

_ROWS_PER_CHUNK = 200  # 1,000 wide ones would hold the event loop up
_LENGTH_TO_SECONDS = len("2026-01-01T00:00:00")
_NANOSECOND_DIGITS = 9


async def run_influxql_query(
    client: InfluxqlClient, query: RawQuery, zone: tzinfo, limiter: QueryLimiter
) -> RawAnswer:
    """Return the answer to a query in InfluxQL, with times in `zone`.

    3.x takes parameters beside a query since 3.7 only, so there they become literals in its text.
    Raises InfluxError, and BoundError for a value that InfluxQL cannot write.
    """
    kind, target = client.target.kind, client.target
    text, parameters = query.text, ""
    if kind is InfluxKind.V3:
        text = literals.substitute_parameters(query.text, query.parameters)
    elif query.parameters:
        parameters = literals.json_parameters(query.parameters)
    builder = RawAnswerBuilder(query)
    try:
        async with (
            raw_query_timeout(query.timeout_seconds, target.url),
            limiter,
            client.query(
                text,
                parameters=parameters,
                epoch="ns",
                rows_per_chunk=_ROWS_PER_CHUNK,
                timeout_seconds=query.timeout_seconds + 1,
            ) as chunks,
            aclosing(read_series(chunks, target.url)) as answer,
        ):
            async for series in answer:
                if not _add_series(builder, series, zone):
                    break
    except InfluxQueryError as error:
        is_missing = error.details["reason"].startswith("database not found")
        if kind is InfluxKind.V2 and is_missing:
            raise InfluxMappingError(address=target.url, place=target.place) from None
        raise
    return builder.build()


def _add_series(builder: RawAnswerBuilder, series: SeriesRows, zone: tzinfo) -> bool:
    """Add the rows of a series; return whether there is room for more."""
    identity = (series.statement, series.name, *series.tags.items())
    table = builder.table(
        identity,
        lambda: RawTable(
            result=series.name,
            key=dict(series.tags),
            columns=tuple(
                RawColumn(name=name, type="time" if name == "time" else _type_of(series, index))
                for index, name in enumerate(series.columns)
            ),
        ),
    )
    has_times = series.columns[:1] == ("time",)
    for row in series.rows:
        cells = list(row)
        if has_times and isinstance(cells[0], int):
            cells[0] = _time_from_nanoseconds(cells[0], zone)
        if not builder.add_row(table, cells):
            return False
    return True


def _type_of(series: SeriesRows, index: int) -> str:
    """Return the type of a column's first value, since InfluxQL does not tell the type."""
    for row in series.rows:
        match row[index]:
            case bool():
                return "boolean"
            case int() | float():
                return "number"
            case str():
                return "string"
    return "unknown"


def _time_from_nanoseconds(nanoseconds: int, zone: tzinfo) -> str:
    """Return a time since 1970 as ISO text in `zone`, with no more digits than it needs."""
    seconds, fraction = divmod(nanoseconds, 10**_NANOSECOND_DIGITS)
    local = datetime.fromtimestamp(seconds, zone).isoformat()
    digits = f".{fraction:09}".rstrip("0").rstrip(".")
    return local[:_LENGTH_TO_SECONDS] + digits + local[_LENGTH_TO_SECONDS:]
