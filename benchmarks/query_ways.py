"""The ways of `benchmarks.query`: each queries the server and returns how many rows it got."""

import asyncio
import csv
import io
from array import array
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import aiohttp
from homeassistant.util.ssl import client_context
from influxdb_client.client.influxdb_client import InfluxDBClient

from benchmarks.query_server import FIELDS, START_MS
from custom_components.air_state.actions.tables import RowWriter, stream_blocks
from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import (
    Aggregate,
    FixedWindow,
    HistoryQuery,
    ReadingKey,
    Series,
    Source,
)
from custom_components.air_state.core.domain.ports import HistorySource
from custom_components.air_state.core.history.sources import ResolvedSource
from custom_components.air_state.core.history.stream import HistoryStream
from custom_components.air_state.core.influx.flux.reader import FluxReader
from custom_components.air_state.core.influx.queries.concurrency import LimitedReader, query_limiter
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v2 import InfluxV2Client

_PIVOT = (
    'from(bucket: "air") |> range(start: 0)'
    ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
)
_LONG = 'from(bucket:"air") |> range(start: 0)'
_SERIES = tuple(
    Series(name=name, parameter=name, keys=(ReadingKey("bench", name),)) for name in FIELDS
)


def history_query(rows: int, window: FixedWindow | None = None) -> HistoryQuery:
    """Return a query for the first `rows` rows of the server's history."""
    return HistoryQuery(
        series=_SERIES,
        start=START_MS,
        stop=START_MS + rows * 1000,
        window=window,
        aggregates=(Aggregate.MEAN,),
        limit=None,
    )


async def read_table(source: HistorySource, query: HistoryQuery) -> list[array[Any]]:
    """Return the whole answer as typed columns, the times first."""
    columns: list[array[Any]] = [array("q"), *(array("d") for _ in FIELDS)]
    async for block in source.blocks(query):
        columns[0].extend(block.times)
        for column, cells in zip(columns[1:], block.columns, strict=True):
            column.extend(cells)
    return columns


def _target(port: str) -> InfluxTarget:
    return InfluxTarget(
        url=f"http://127.0.0.1:{port}",
        kind=InfluxKind.V2,
        place="air",
        organisation="home",
        token="token",  # noqa: S106 - of nobody
    )


async def _air_state(port: str, rows: int) -> int:
    client = InfluxV2Client(_target(port), client_context())
    history = InfluxHistory(
        LimitedReader(FluxReader(client), query_limiter()), "nodemcu", SystemClock()
    )
    table = await read_table(history, history_query(rows))
    await client.close()
    return len(table[0])


async def _stream(port: str, rows: int) -> int:
    client = InfluxV2Client(_target(port), client_context())
    history = InfluxHistory(
        LimitedReader(FluxReader(client), query_limiter()), "nodemcu", SystemClock()
    )
    query = history_query(rows)
    stream = HistoryStream(
        query, ResolvedSource(source=Source.INFLUXDB, series=query.series), history
    )
    writer, lines = RowWriter(stream.query, UTC), 0
    async for block in stream_blocks(stream):
        lines += writer.csv(block).count("\n")
    await client.close()
    return lines


def _by_client(ask: Callable[[Any], int]) -> Callable[[str, int], Awaitable[int]]:
    """Return a way that runs influxdb-client in a thread, so that the event loop is free."""

    async def way(port: str, _rows: int) -> int:
        def asked() -> int:
            with InfluxDBClient(
                f"http://127.0.0.1:{port}", "token", org="home", timeout=600_000
            ) as client:
                return ask(client.query_api())

        return await asyncio.to_thread(asked)

    return way


def _frame(query: str) -> Callable[[Any], int]:
    def ask(api: Any) -> int:  # noqa: ANN401 - the client's types are loose
        frame = api.query_data_frame(query)
        frames = frame if isinstance(frame, list) else [frame]
        return sum(len(each) for each in frames)

    return ask


def _csv(api: Any) -> int:  # noqa: ANN401 - as above
    body = api.query_raw(_PIVOT).data.decode()
    times, columns = array("q"), [array("d") for _ in FIELDS]
    for record in csv.reader(io.StringIO(body)):
        if len(record) > len(FIELDS) and record[0] == "" and record[3] != "_time":
            times.append(int(datetime.fromisoformat(record[3]).timestamp() * 1000))
            for column, cell in zip(columns, record[4:], strict=True):
                column.append(float(cell))
    return len(times)


async def _pyarrow(port: str, _rows: int) -> int:
    arrow = import_module("pyarrow.csv")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/api/v2/query", json={"query": _PIVOT}) as answer,
    ):
        body = (await answer.read()).rstrip() + b"\r\n"
    rows: int = arrow.read_csv(
        io.BytesIO(body), read_options=arrow.ReadOptions(skip_rows=3)
    ).num_rows
    return rows


async def _ahttpdc(port: str, _rows: int) -> int:
    ahttpdc = import_module("ahttpdc.read.query.interface")
    asked = ahttpdc.AsyncQuery({}, f"http://127.0.0.1:{port}", "token", "home", "air")
    return len(await asked.custom_sync(_LONG))


RUN: dict[str, Callable[[str, int], Awaitable[int]]] = {
    "air_state": _air_state,
    "stream": _stream,
    "frame": _by_client(_frame(_PIVOT)),
    "tables": _by_client(lambda api: sum(len(each.records) for each in api.query(_PIVOT))),
    "csv": _by_client(_csv),
    "pyarrow": _pyarrow,
    "long frame": _by_client(_frame(_LONG)),
    "ahttpdc": _ahttpdc,
}
