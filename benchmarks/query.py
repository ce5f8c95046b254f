"""Reads a history from InfluxDB into a table, beside influxdb-client, csv, pyarrow and ahttpdc.

All ways query the same server, another process on loopback, for the same values: 11 fields at a
poll a second. It answers from memory, so what is measured is the way from bytes to a table. The
ways take turns, each run in a new process, and medians are compared. There are two sets: 25,818
rows (284,000 values) and 284,000 rows. The server pivots if the query does. Else, as for ahttpdc,
it sends a row for each value:

    air_state    a history as the actions ask for it, in slices, into typed columns
    stream       the same as CSV text, as an export writes it, of which nothing is kept
    frame        influxdb-client's query_data_frame, of pivoted rows
    tables       influxdb-client's query, of pivoted rows
    csv          influxdb-client's query_raw, read whole, then Python's csv and float
    pyarrow      the limit: the whole body by pyarrow's csv reader, in C++
    long frame   query_data_frame, a row for each value (the smaller set)
    ahttpdc      async-httpd-data-collector, which cannot take pivoted rows (the smaller set)

After that, the journal and a real InfluxDB 1.6.7 are asked for the same history in windows of five
minutes, if scripts/influxdb has fetched that InfluxDB.

    scripts/bench query [--runs 5]
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from importlib import import_module
from itertools import batched
from pathlib import Path
from statistics import median

import aiohttp

from benchmarks.harness import LoopWatch, run, serving, tell
from benchmarks.query_server import FIELDS, LARGE, SMALL, START_MS, generate_values, serve_answers
from benchmarks.query_ways import RUN, history_query, read_table
from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import (
    FixedWindow,
    ReadingKey,
    Snapshot,
)
from custom_components.air_state.core.influx.influxql.reader import InfluxqlReader
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client, InfluxV1Sink
from custom_components.air_state.core.journal.source import JournalHistory
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from scripts.demo_parts.influxdb import DATABASE, InfluxDB
from tests.live.real_server import free_port
from tests.live.servers import DEBIAN_INFLUXD

CHECKOUT = Path(__file__).parents[1]
SERVER = "server"
WAYS = ("air_state", "stream", "frame", "tables", "csv", "pyarrow")
LONG_WAYS = ("long frame", "ahttpdc")  # which get a row for each value
_WINDOW = FixedWindow(300_000, "5m")


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
    """Import what the way imports at its first use, which is not to be measured."""
    if way not in {"air_state", "stream", "csv"}:
        sys.path.append(os.environ["AIR_STATE_PEERS"])
        for name in ("pandas", "pyarrow.csv", "ahttpdc.read.query.interface"):
            import_module(name)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def _windows(folder: Path, rows: int) -> None:
    """Print the seconds that windows take from the journal, and from InfluxDB 1.6.7."""
    snapshots = [
        Snapshot(
            device="nodemcu",
            taken_at=START_MS + number * 1000,
            readings={
                ReadingKey("bench", name): float(text)
                for name, text in zip(FIELDS, values, strict=True)
            },
        )
        for number, values in enumerate(generate_values(rows))
    ]
    path = folder / "station.db"
    opened = Journal(path)
    for some in batched(snapshots, 5_000, strict=False):
        opened.append(some)
    encoder = LineEncoder(LineFormat(device="nodemcu"))
    query = history_query(rows, _WINDOW)
    influxdb = InfluxDB(DEBIAN_INFLUXD, folder / "influxdb", free_port(), free_port())
    async with influxdb, aiohttp.ClientSession() as session:
        target = InfluxTarget(url=f"http://{influxdb.address}", kind=InfluxKind.V1, place=DATABASE)
        sink = InfluxV1Sink(session, target)
        cursor = 0
        while (lines := encoder.encode(opened.snapshots.rows_after(cursor, 5_000))).row_times:
            await sink.write("\n".join(lines.lines).encode())
            cursor = lines.row_times[-1]
        opened.close()
        reader = InfluxqlReader(InfluxV1Client(session, target))
        influx_history = InfluxHistory(reader, "nodemcu", SystemClock())
        writer = JournalWriter(
            path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        await writer.open()
        spent = []
        for source in (JournalHistory(writer), influx_history):
            began = time.perf_counter()
            count = len((await read_table(source, query))[0])
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
    """Compare the ways, or run one of them or the server."""
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
            asyncio.run(serve_answers(asked.rows))
        case "windows":
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(_windows(Path(folder), asked.rows))
        case way:
            asyncio.run(_measure(way, asked.port, asked.rows))


if __name__ == "__main__":
    main()
