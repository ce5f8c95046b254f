"""A day's backlog sent to InfluxDB: Air State's mirror and influxdb-client's batching writer.

Both send the same 86,400 snapshots of 13 readings (11 fields) to a server that accepts everything,
in another process on loopback. The mirror reads the snapshots from a journal on disk, and computes
means and lines itself. The writer gets finished points; making them is not measured. Each run is a
new process, the two take turns, and medians are compared:

    client     influxdb-client's WriteApi, batches of 5,000
    air_state  journal, mirror and the sink for InfluxDB 2.x

    scripts/bench mirror [--runs 5] [--rows 86400]
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from statistics import median

from aiohttp import web
from homeassistant.util.ssl import client_context
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import WriteOptions
from influxdb_client.domain.write_precision import WritePrecision

from benchmarks.harness import LoopWatch, run, serve, serving, tell
from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.means import mean_series, series_value
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.station.payload import parse_payload
from tests.payloads import OLD_SKETCH, encode

CHECKOUT = Path(__file__).parents[1]
WAYS = ("client", "air_state")
SERVER, MEMORY = "server", "memory"
_START = 1_700_000_000_000
_TARGET = 2
_NAME = {"X-Influxdb-Version": "v2.7.12", "X-Influxdb-Build": "OSS"}


async def _serve() -> None:
    """Accept every write; print the port."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        # The mirror only trusts servers that name themselves.
        return web.Response(status=204, headers=_NAME)

    application = web.Application(client_max_size=2**26)
    application.router.add_post("/api/v2/write", take)
    await serve(application)


def _snapshots(rows: int) -> Iterator[Snapshot]:
    """Yield one snapshot a second of slowly changing air."""
    chance = random.Random(1)
    values = {
        (sensor, name): float(str(value))
        for sensor, of in OLD_SKETCH.items()
        for name, value in of.items()
    }
    for number in range(rows):
        sent: dict[str, dict[str, str]] = {}
        for (sensor, name), value in values.items():
            values[sensor, name] = value * (1 + chance.uniform(-0.0005, 0.0005))
            sent.setdefault(sensor, {})[name] = f"{value:.2f}"
        yield parse_payload(encode({"nodemcu": sent}), _START + number * 1000)


def _client(port: str, rows: int) -> float:
    """Return how many seconds the batching writer takes for finished points."""
    points = []
    for each in _snapshots(rows):
        point = Point("sensor_data").tag("device", "nodemcu").time(each.taken_at, "ms")
        for name, series in mean_series(each.readings).items():
            point.field(name, series_value(series, each.readings))
        points.append(point)
    with InfluxDBClient(f"http://127.0.0.1:{port}", "token", org="home") as client:
        began = time.perf_counter()
        with client.write_api(WriteOptions(batch_size=5_000)) as writer:
            for some in batched(points, 5_000, strict=False):
                writer.write("air", record=some, write_precision=WritePrecision.MS)
        return time.perf_counter() - began


async def _air_state(port: str, rows: int, folder: Path) -> tuple[float, float]:
    """Return how many seconds the mirror takes, and for how long it blocked the loop at most."""
    path = folder / "station.db"
    with_rows = Journal(path)
    for some in batched(_snapshots(rows), 5_000, strict=False):
        with_rows.append(some)
    with_rows.close()
    target = InfluxTarget(
        url=f"http://127.0.0.1:{port}",
        kind=InfluxKind.V2,
        place="air",
        organisation="home",
        token="token",  # noqa: S106 - of nobody
    )
    journal = JournalWriter(
        path,
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )
    await journal.open()
    outbox = Outbox(journal, "influx", LineEncoder(LineFormat(device="nodemcu")))
    sink = InfluxV2Client(target, client_context())
    mirror = Mirror(outbox, sink, clock=SystemClock(), on_change=lambda _: None)
    async with LoopWatch() as watch:
        while await mirror.send_batch():
            pass
    if mirror.status.mirrored_to != _START + (rows - 1) * 1000:
        message = f"the mirror stopped at {mirror.status}"
        raise RuntimeError(message)
    await mirror.close(1)
    await journal.close()
    return watch.spent, watch.longest


def _run(way: str, port: str, rows: int) -> None:
    """Print the result of one run: seconds, and for the mirror the longest block of the loop."""
    with tempfile.TemporaryDirectory() as folder:
        if way == "client":
            print(_client(port, rows), 0.0)
        elif way == MEMORY:
            tracemalloc.start()
            asyncio.run(_air_state(port, rows, Path(folder)))
            print(tracemalloc.get_traced_memory()[1], 0.0)
        else:
            print(*asyncio.run(_air_state(port, rows, Path(folder))))


def _compare(runs: int, rows: int) -> None:
    """Run both ways in turns, and print how they compare."""
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    with serving("mirror", "--way", SERVER) as port:

        def measure(way: str, count: int) -> list[float]:
            return run("mirror", "--way", way, "--port", port, "--rows", str(count))

        for number in range(runs):
            for way in WAYS:
                found[way].append(measure(way, rows))
            tell(number, runs)
        small, large = (measure(MEMORY, count)[0] for count in (rows // 4, rows))
    reference = median(spent for spent, _ in found["client"])
    print(f"{'way':12}{'rows/s':>10}{'of client':>11}")
    for way, each in found.items():
        spent = median(seconds for seconds, _ in each)
        print(f"{way:12}{rows / spent:10.0f}{reference / spent:11.2f}")
    held = median(longest for _, longest in found["air_state"])
    print(f"target: at least {_TARGET} of client; event loop held {held * 1000:.0f} ms (20)")
    print(f"peak memory for all rows, of that for a quarter: {large / small:.2f} (1)")


def main() -> None:
    """Compare both ways, or run one of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=86_400)
    parser.add_argument("--way", choices=[*WAYS, MEMORY, SERVER], help=argparse.SUPPRESS)
    parser.add_argument("--port", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.chdir(CHECKOUT)
    if asked.way == SERVER:
        asyncio.run(_serve())
    elif asked.way:
        _run(asked.way, asked.port, asked.rows)
    else:
        _compare(asked.runs, asked.rows)


if __name__ == "__main__":
    main()
