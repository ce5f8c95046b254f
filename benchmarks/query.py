"""A history out of InfluxDB, as a table: beside influxdb-client, csv, pyarrow and ahttpdc.

All ask the same server on loopback, another process, for the same numbers, 11 fields at a poll a
second; it answers from memory, so what is measured is the way from bytes to a table. Each way runs
in a fresh process, in turns, and medians are compared. Two sets: 25,818 rows (284,000 values), and
284,000 rows. The server pivots for whoever asks it to; asked without, as ahttpdc does, it sends a
row for each value:

    air_state    a history as the actions ask for it, in slices, into typed columns
    stream       the same as CSV text, as an export writes it, of which nothing is kept
    frame        influxdb-client's query_data_frame, of pivoted rows
    tables       influxdb-client's query, of pivoted rows
    csv          influxdb-client's query_raw, read whole, then Python's csv and float
    pyarrow      the limit: the whole body by pyarrow's csv reader, in C++
    long frame   query_data_frame, a row for each value (the smaller set)
    ahttpdc      async-httpd-data-collector, which cannot take pivoted rows (the smaller set)

Besides, the same history in windows of five minutes out of the journal and out of a real InfluxDB
1.6.7, where scripts/influxdb has fetched one.

    scripts/bench query [--runs 5]
"""

import argparse
import asyncio
import csv
import io
import os
import random
import re
import resource
import sys
import tempfile
import time
from array import array
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import batched
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
from aiohttp import web
from homeassistant.util.ssl import client_context
from influxdb_client.client.influxdb_client import InfluxDBClient

from benchmarks.harness import LoopWatch, run, serve, serving, tell
from custom_components.air_state.actions.tables import RowWriter, stream_blocks
from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import (
    Aggregate,
    FixedWindow,
    HistoryQuery,
    ReadingKey,
    Series,
    Snapshot,
    Source,
)
from custom_components.air_state.core.domain.ports import HistorySource
from custom_components.air_state.core.history.sources import ResolvedSource
from custom_components.air_state.core.history.stream import HistoryStream
from custom_components.air_state.core.influx.flux.reader import FluxReader
from custom_components.air_state.core.influx.influxql.reader import InfluxqlReader
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.queries.concurrency import LimitedReader, query_limiter
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client, InfluxV1Sink
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from custom_components.air_state.core.journal.source import JournalHistory
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from scripts.demo_parts.influxdb import DATABASE, InfluxDB
from tests.live.real_server import free_port
from tests.live.servers import DEBIAN_INFLUXD

CHECKOUT = Path(__file__).parents[1]
SERVER = "server"
FIELDS = (
    *("aceton", "alcohol", "altitude", "co", "co2", "humidity", "nh4"),
    *("pressure", "seaLevelPressure", "temperature", "toulen"),
)
SMALL, LARGE = 25_818, 284_000
WAYS = ("air_state", "stream", "frame", "tables", "csv", "pyarrow")
LONG_WAYS = ("long frame", "ahttpdc")  # which get a row for each value
_START = datetime(2026, 1, 1, tzinfo=UTC)
_START_MS = int(_START.timestamp() * 1000)
_RANGE = re.compile(r"range\(start: ([^,]+), stop: ([^)]+)\)")
_CHUNK = 64 * 1024
_PIVOT = (
    'from(bucket: "air") |> range(start: 0)'
    ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
)
_LONG = 'from(bucket:"air") |> range(start: 0)'
_SERIES = tuple(
    Series(name=name, parameter=name, keys=(ReadingKey("bench", name),)) for name in FIELDS
)
_WINDOW = FixedWindow(300_000, "5m")


def _values(rows: int) -> Iterator[list[str]]:
    """Yield the numbers of each row, as InfluxDB writes them."""
    chance = random.Random(2)
    values = [chance.uniform(1, 1000) for _ in FIELDS]
    for _ in range(rows):
        values = [value * (1 + chance.uniform(-0.0005, 0.0005)) for value in values]
        yield [f"{value:.2f}".rstrip("0").rstrip(".") for value in values]


def _stamp(number: int) -> str:
    return f"{_START + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"


# The server


class _Answers:
    """What the server says, made before it is asked."""

    def __init__(self, rows: int) -> None:
        numbers = list(_values(rows))
        self._rows = [
            f",,0,{_stamp(number)},{','.join(values)}\r\n" for number, values in enumerate(numbers)
        ]
        self._long = "".join(self._long_lines(numbers)) if rows <= SMALL else ""

    def _head(self, columns: str, types: str) -> str:
        count = types.count(",")
        return (
            f"#datatype,string,long,{types}\r\n#group,false,false{',false' * (count + 1)}\r\n"
            f"#default,_result,{',' * (count + 1)}\r\n,result,table,{columns}\r\n"
        )

    def _long_lines(self, numbers: list[list[str]]) -> Iterator[str]:
        yield self._head(
            "_start,_stop,_time,_value,_field,_measurement,device",
            "dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string",
        )
        bounds = f"{_stamp(0)},{_stamp(len(numbers))}"
        for table, field in enumerate(FIELDS):
            for number, values in enumerate(numbers):
                yield (
                    f",,{table},{bounds},{_stamp(number)},{values[table]},{field}"
                    ",sensor_data,nodemcu\r\n"
                )

    def of(self, query: str) -> Iterator[bytes]:
        """Yield the answer to a query."""
        if "pivot" not in query:
            yield self._long.encode()
            return
        first, last = 0, len(self._rows)
        if found := _RANGE.search(query):
            first, last = (
                min(max(ceil((datetime.fromisoformat(text) - _START).total_seconds()), 0), last)
                for text in found.groups()
            )
        yield self._head(f"_time,{','.join(FIELDS)}", "dateTime:RFC3339" + ",double" * 11).encode()
        for some in batched(self._rows[first:last], 500, strict=False):
            yield "".join(some).encode()


async def _serve(rows: int) -> None:
    answers = _Answers(rows)

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        response = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await response.prepare(request)
        for piece in answers.of(asked["query"]):
            await response.write(piece)
        await response.write(b"\r\n")
        return response

    application = web.Application()
    application.router.add_post("/api/v2/query", answer)
    await serve(application)


# The ways


def _query(rows: int, window: FixedWindow | None = None) -> HistoryQuery:
    return HistoryQuery(
        series=_SERIES,
        start=_START_MS,
        stop=_START_MS + rows * 1000,
        window=window,
        aggregate=Aggregate.MEAN,
        limit=None,
    )


async def _table(source: HistorySource, query: HistoryQuery) -> list[array[Any]]:
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
    table = await _table(history, _query(rows))
    await client.close()
    return len(table[0])


async def _stream(port: str, rows: int) -> int:
    client = InfluxV2Client(_target(port), client_context())
    history = InfluxHistory(
        LimitedReader(FluxReader(client), query_limiter()), "nodemcu", SystemClock()
    )
    query = _query(rows)
    stream = HistoryStream(
        query, ResolvedSource(source=Source.INFLUXDB, series=query.series), history
    )
    writer, lines = RowWriter(stream.query, UTC), 0
    async for block in stream_blocks(stream):
        lines += writer.csv(block).count("\n")
    await client.close()
    return lines


def _by_client(ask: Callable[[Any], int]) -> Callable[[str, int], Awaitable[int]]:
    """Return a way that asks by influxdb-client in a thread, as whoever has a loop would."""

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


async def _measure(way: str, port: str, rows: int) -> None:
    """Print the seconds, the longest hold of the loop, and the peak of memory in bytes."""
    _load(way)
    before = _peak()
    async with LoopWatch() as watch:
        count = await RUN[way](port, rows)
    if count != rows * (len(FIELDS) if way == "long frame" else 1):
        message = f"{way} found {count} rows of {rows}"
        raise RuntimeError(message)
    print(watch.spent, watch.longest, _peak() - before)


def _load(way: str) -> None:
    """Import what the way would import at its first use: that is not what is measured."""
    if way not in {"air_state", "stream", "csv"}:
        sys.path.append(os.environ["AIR_STATE_PEERS"])
        for name in ("pandas", "pyarrow.csv", "ahttpdc.read.query.interface"):
            import_module(name)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# The journal, beside a real InfluxDB


async def _windows(folder: Path, rows: int) -> None:
    """Print the seconds for windows out of the journal, and out of InfluxDB 1.6.7."""
    snapshots = [
        Snapshot(
            device="nodemcu",
            taken_at=_START_MS + number * 1000,
            readings={
                ReadingKey("bench", name): float(text)
                for name, text in zip(FIELDS, values, strict=True)
            },
        )
        for number, values in enumerate(_values(rows))
    ]
    path = folder / "station.db"
    opened = Journal(path)
    for some in batched(snapshots, 5_000, strict=False):
        opened.append(some)
    encoder = LineEncoder(LineFormat(device="nodemcu"))
    query = _query(rows, _WINDOW)
    influxdb = InfluxDB(DEBIAN_INFLUXD, folder / "influxdb", free_port(), free_port())
    async with influxdb, aiohttp.ClientSession() as session:
        target = InfluxTarget(url=f"http://{influxdb.address}", kind=InfluxKind.V1, place=DATABASE)
        sink = InfluxV1Sink(session, target)
        cursor = 0
        while (lines := encoder.encode(opened.snapshots.rows_after(cursor, 5_000))).rows:
            await sink.write("\n".join(lines.lines).encode())
            cursor = lines.rows[-1]
        opened.close()
        reader = InfluxqlReader(InfluxV1Client(session, target))
        there = InfluxHistory(reader, "nodemcu", SystemClock())
        writer = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        await writer.open()
        spent = []
        for source in (JournalHistory(writer), there):
            began = time.perf_counter()
            count = len((await _table(source, query))[0])
            spent.append(time.perf_counter() - began)
            if count != -(-rows // 300):
                message = f"{count} windows of {rows} rows"
                raise RuntimeError(message)
        await writer.close()
    print(*spent)


def _compare(runs: int) -> None:
    for rows in (SMALL, LARGE):
        ways = WAYS + LONG_WAYS if rows == SMALL else WAYS
        found: dict[str, list[list[float]]] = {way: [] for way in ways}
        with serving("query", "--way", SERVER, "--rows", str(rows)) as port:
            for number in range(runs):
                for way in ways:
                    found[way].append(
                        run("query", "--way", way, "--port", port, "--rows", str(rows))
                    )
                tell(number, runs)
        table = rows * (len(FIELDS) + 1) * 8
        own = median(seconds for seconds, *_ in found["air_state"])
        print(f"\n{rows:,} rows of {len(FIELDS)} values")
        print(
            f"{'way':12}{'seconds':>9}{'of ours':>9}{'loop held':>11}{'memory':>8} (of the table)"
        )
        for way, each in found.items():
            spent, held, peak = (median(column) for column in zip(*each, strict=True))
            print(f"{way:12}{spent:9.3f}{spent / own:9.1f}{held * 1000:8.0f} ms{peak / table:8.1f}")
    if not (CHECKOUT / ".dev/influxdb/usr/bin/influxd").exists():
        print("\nno InfluxDB 1.6.7 here: the journal is not compared")
        return
    windows = [run("query", "--way", "windows", "--rows", str(LARGE)) for _ in range(runs)]
    journal, there = (median(column) for column in zip(*windows, strict=True))
    print(
        f"\nwindows of five minutes over {LARGE:,} rows: InfluxDB 1.6.7 takes"
        f" {there / journal:.1f} times as long as the journal ({journal:.3f} s)"
    )


def main() -> None:
    """Compare, or be one of the compared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=SMALL, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=[*RUN, SERVER, "windows"], help=argparse.SUPPRESS)
    parser.add_argument("--port", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.chdir(CHECKOUT)
    match asked.way:
        case None:
            _compare(asked.runs)
        case "server":
            asyncio.run(_serve(asked.rows))
        case "windows":
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(_windows(Path(folder), asked.rows))
        case way:
            asyncio.run(_measure(way, asked.port, asked.rows))


if __name__ == "__main__":
    main()
