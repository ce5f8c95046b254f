"""Rows are read back from real servers, and missed when they are gone."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx import requests as influx_requests
from custom_components.air_state.core.influx import v2 as influx_v2
from tests.core.journal.snapshots import BMP
from tests.live.conftest import SERIES, Bench
from tests.live.real_server import Points, RealServer
from tests.live.test_mirror import CO2, HOUR, NOW, held, snapshot

TRIES = 8


@pytest.fixture
def settle_seconds() -> float:
    """Read back as often as possible, so that a false alarm about a healthy server shows."""
    return 0.1


def poll(number: int) -> Snapshot:
    """Return a snapshot of just now."""
    taken_at = time.time_ns() // 1_000_000
    return Snapshot(device="x", taken_at=taken_at, readings={BMP: number + 0.25, CO2: 400.0})


async def read_back(bench: Bench) -> None:
    """Wait until a row was found, and no other one is expected."""
    check = bench.mirror._sender._read_back
    assert check is not None
    async with asyncio.timeout(20):
        while check._found is None or check.seconds_until_due() is not None:
            await asyncio.sleep(0.02)


async def test_a_healthy_server_raises_no_alarm(server: RealServer, bench: Bench) -> None:
    await bench.start()
    for number in range(40):
        bench.put(poll(number))
        await asyncio.sleep(0.05)
        if number == 20:
            await bench.until_mirrored()
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
    await bench.until_mirrored()
    await read_back(bench)
    assert (bench.mirror.status.problem, bench.mirror.status.emptied) == (None, 0)
    assert await held(server) == await bench.expected()
    await bench.close()


async def test_a_database_that_was_emptied_is_missed(server: RealServer, bench: Bench) -> None:
    await bench.start()
    bench.put(*[snapshot(number - 100) for number in range(100)])
    await bench.until_mirrored()
    await read_back(bench)
    await asyncio.to_thread(server.drop)
    await asyncio.to_thread(server.create)
    bench.put(poll(1))
    async with asyncio.timeout(20):
        while not bench.mirror.status.emptied:
            await asyncio.sleep(0.05)
    assert len(await held(server)) < 100
    await bench.mirror.send_all()
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    await bench.close()


def means(points: Points) -> Points:
    return {key: fields for key, fields in points.items() if key[0] == SERIES}


@pytest.mark.slow
async def test_a_conflict_keeps_one_measurement_though_another_is_stored(
    server: RealServer, bench: Bench
) -> None:
    """Each sensor's own readings are stored, which says nothing about the means."""
    server.write(f"sensor_data,device=other temperature=1i {NOW}")
    await bench.start(own_readings=True)
    bench.put(*[snapshot(number) for number in range(300)])
    await bench.until_problem("influx_refused")
    problem = bench.mirror.status.problem
    assert problem is not None
    assert "type" in problem.details["reason"]
    assert (bench.mirror.status.mirrored_to, bench.mirror.status.dead_letters) == (None, 0)
    assert bench.mirror.status.refused >= 3
    await bench.close()

    await asyncio.to_thread(server.drop_measurement)
    await bench.start(own_readings=True)
    await bench.until_mirrored()
    assert means(await held(server)) == await bench.expected()
    assert bench.mirror.status.dead_letters == 0
    await bench.close()


async def test_stored_rows_are_no_dead_letters(server: RealServer, bench: Bench) -> None:
    """At the edge of retention, rows are stored together with newer ones and refused alone."""
    await asyncio.to_thread(server.drop)
    await asyncio.to_thread(lambda: server.create(hours=1))
    await bench.start()
    rows = range(-90 * 60_000, 0, 10_000)  # from an hour and a half ago
    kept = {NOW + number for number in rows if NOW + number > time.time() * 1_000 - 50 * 60_000}
    bench.put(*[snapshot(number) for number in rows])
    await bench.until_mirrored()
    there = {at for _, at in await held(server)}
    letters = await bench.journal.execute(
        lambda j: j.dead_letters.list_after("influx", -1, limit=9999)
    )
    aside = {each.taken_at for each in letters}
    assert there | aside == {NOW + number for number in rows}
    assert not there & aside
    assert there > kept

    replayed = await bench.mirror.replay(NOW - 2 * HOUR, NOW + HOUR)
    there = {at for _, at in await held(server)}
    assert replayed.rows == len(rows)
    assert replayed.refused == len(rows) - len(there)
    await bench.close()


@pytest.mark.slow
async def test_a_silent_server_costs_little(server: RealServer, bench: Bench) -> None:
    """A stopped process accepts connections and never answers."""
    await bench.start()
    bench.put(*[snapshot(number) for number in range(10)])
    await bench.until_mirrored()
    server.freeze()
    files, tasks = open_files(), len(asyncio.all_tasks())
    with pytest.MonkeyPatch.context() as patched:
        for module in (influx_requests, influx_v2):
            patched.setattr(module, "REQUEST_TIMEOUT", aiohttp.ClientTimeout(total=0.3))
        for number in range(10, 10 + TRIES):
            bench.put(*[snapshot(each) for each in range(number * 500, number * 500 + 500)])
            await bench.journal.flush()
            bench.mirror.retry()
            await asyncio.sleep(0.5)
        await bench.until_problem("influx_timeout")
        assert bench.mirror.status.backlog == TRIES * 500
        # A write, a read, and a request that was under way: no more however long it lasts.
        assert open_files() <= files + 4
        assert len(asyncio.all_tasks()) <= tasks + 4
    server.thaw()
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    await bench.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
