"""The mirror and real servers, which hold exactly the journal's rows afterwards."""

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from contextlib import closing

import pytest

from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.influx.errors import InfluxRefusalError
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.recovery.test_crash import CHECKOUT, CORE_ALONE
from tests.core.journal.snapshots import BMP, read_after
from tests.live.conftest import SERIES, Bench
from tests.live.influx_v1 import InfluxV1
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import PLACE, Points, RealServer
from tests.live.servers import V1, V2

HOUR = 3_600_000
CO2, PM25 = ReadingKey("mq135", "co2"), ReadingKey("sds011", "pm25")
NOW = time.time_ns() // 1_000_000


def snapshot(number: int, **more: float) -> Snapshot:
    """Return a snapshot whose values differ from those of all other numbers."""
    readings = {
        BMP: number + 0.25,
        ReadingKey("dht22", "temperature"): number / 3,
        CO2: 1e-7 * number,
        **{ReadingKey(*name.split("_")): value for name, value in more.items()},
    }
    return Snapshot(device="x", taken_at=NOW + number, readings=readings)


async def held(server: RealServer) -> Points:
    return await asyncio.to_thread(server.points)


async def test_every_row_arrives_once_and_exact(server: RealServer, bench: Bench) -> None:
    await bench.start()
    bench.put(*[snapshot(number) for number in range(12_000)])
    bench.put(snapshot(12_000, a_nan=1.0))
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    assert bench.mirror.status.dead_letters == 0

    bench.put(snapshot(12_001))
    await bench.until_mirrored()
    await bench.close()
    assert len(await held(server)) == 12_002


async def test_rows_wait_while_the_server_is_away(server: RealServer, bench: Bench) -> None:
    await bench.start()
    bench.put(*[snapshot(number) for number in range(10)])
    await bench.until_mirrored()
    await asyncio.to_thread(server.stop)
    bench.put(*[snapshot(number) for number in range(10, 3_000)])
    await bench.until_problem("influx_closed")
    assert bench.mirror.status.mirrored_to == snapshot(9).taken_at
    await bench.close()  # Home Assistant restarts

    await bench.start()
    await bench.until_problem("influx_closed")
    assert bench.mirror.status.backlog == 2_990
    await asyncio.to_thread(server.start)
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    await bench.close()


@pytest.mark.slow
async def test_the_server_is_killed_again_and_again(server: RealServer, bench: Bench) -> None:
    chance = random.Random(3)
    await bench.start()
    number = 0
    for _ in range(5):
        for _ in range(chance.randint(3, 12)):
            count = chance.choice([1, 20, 2_000])
            bench.put(*[snapshot(each) for each in range(number, number + count)])
            number += count
            await asyncio.sleep(chance.uniform(0, 0.05))
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(chance.uniform(0, 0.1))
        await asyncio.to_thread(server.start)
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    assert len(bench.statuses) > 5
    await bench.close()


# Adds rows and mirrors them until it is killed.
WRITER = f"""{CORE_ALONE}
import asyncio, random, sys
from pathlib import Path
import aiohttp
from tests.live.conftest import Bench
from tests.live.test_mirror import snapshot
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror import outbox

journal_schedule.GROUP_SECONDS = journal_schedule.EAGER_SECONDS = 0.01
outbox.MAX_LINES = 300

async def main(path, target, chance):
    async with aiohttp.ClientSession() as session:
        bench = Bench(Path(path), target, session)
        await bench.start()
        number = int(await bench.journal.execute(lambda j: j.snapshots.count_after(0)))
        print("begun", flush=True)
        while True:
            count = chance.choice([1, 5, 700])
            bench.put(*[snapshot(each) for each in range(number, number + count)])
            number += count
            await asyncio.sleep(chance.uniform(0, 0.03))

target = InfluxTarget(
    url=sys.argv[2], kind=InfluxKind(sys.argv[3]), place=sys.argv[4], organisation="home",
    username=sys.argv[5], password=sys.argv[6], token=sys.argv[7],
)
asyncio.run(main(sys.argv[1], target, random.Random(sys.argv[8])))
"""


@pytest.mark.slow
async def test_the_writing_process_is_killed_again_and_again(
    server: RealServer, bench: Bench
) -> None:
    chance = random.Random(5)
    target = bench.target
    for kill in range(6):
        arguments = [
            *(str(bench.path), target.url, target.kind.value, target.place),
            *(target.username, target.password, target.token, str(kill)),
        ]
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, *arguments], cwd=CHECKOUT, stdout=subprocess.PIPE
        ) as writer:
            try:
                assert writer.stdout is not None
                assert await asyncio.to_thread(writer.stdout.readline) == b"begun\n"
                await asyncio.sleep(chance.uniform(0.05, 0.6))
            finally:
                writer.kill()
            assert await asyncio.to_thread(writer.wait) == -signal.SIGKILL
        found = await held(server)
        with closing(Journal(bench.path)) as journal:
            journaled = {each.taken_at for each in read_after(journal, 0, 10**7)}
        assert {at for _, at in found} <= journaled

    await bench.start()
    await bench.until_mirrored()
    assert len(await held(server)) > 100
    assert await held(server) == await bench.expected()
    await bench.close()


async def test_a_field_of_another_type_keeps_all_rows_until_it_is_repaired(
    server: RealServer, bench: Bench
) -> None:
    server.write(f"sensor_data,device=other temperature=1i {NOW}")
    await bench.start()
    bench.put(*[snapshot(number) for number in range(700)])
    await bench.until_problem("influx_refused")
    assert isinstance(bench.mirror.status.problem, InfluxRefusalError)
    assert "type" in bench.mirror.status.problem.reason
    assert (bench.mirror.status.mirrored_to, bench.mirror.status.dead_letters) == (None, 0)
    assert bench.mirror.status.refused >= 50
    await bench.close()  # 2.x accepts lines and loses them while it deletes a measurement

    await asyncio.to_thread(server.drop_measurement)
    await bench.start()
    await bench.until_mirrored()
    assert await held(server) == await bench.expected()
    await bench.close()


async def test_only_rows_with_a_field_of_another_type_become_dead_letters(
    server: RealServer, bench: Bench
) -> None:
    server.write(f"sensor_data,device=other pm25=1i {NOW}")
    await bench.start()
    bad = {3, 4, 500, 501, 899}
    for number in range(1_000):
        bench.put(snapshot(number, **{"sds011_pm25": 5.0} if number in bad else {}))
    await bench.until_mirrored()

    letters = await bench.journal.execute(
        lambda j: j.dead_letters.list_after("influx", -1, limit=99)
    )
    assert {each.taken_at - NOW for each in letters} == bad
    assert all("conflict" in each.reason for each in letters)
    expected = await bench.expected()
    for number in bad:
        del expected[SERIES, NOW + number]
    found = await held(server)
    del found["sensor_data,device=other", NOW]
    assert found == expected

    await asyncio.to_thread(server.drop_measurement)
    await bench.mirror.resend_dead_letters()
    assert bench.mirror.status.dead_letters == 0
    replayed = await bench.mirror.replay(NOW, NOW + 1_000)
    assert (replayed.rows, replayed.refused) == (1_000, 0)
    assert await held(server) == await bench.expected()
    await bench.close()


async def test_a_dropped_database_is_waited_for_and_can_be_filled_again(
    server: RealServer, bench: Bench
) -> None:
    await bench.start()
    bench.put(*[snapshot(number) for number in range(100)])
    await bench.until_mirrored()
    await asyncio.to_thread(server.drop)
    bench.put(*[snapshot(number) for number in range(100, 200)])
    missing = "influx_no_bucket" if isinstance(server, InfluxV2) else "influx_no_database"
    await bench.until_problem(missing)
    assert bench.mirror.status.backlog == 100

    await asyncio.to_thread(server.create)
    await bench.until_mirrored()
    assert len(await held(server)) == 100
    assert (await bench.mirror.replay(0, NOW + HOUR)).rows == 200
    assert await held(server) == await bench.expected()
    await bench.close()


async def test_rows_beyond_retention_become_dead_letters(server: RealServer, bench: Bench) -> None:
    await asyncio.to_thread(server.drop)
    await asyncio.to_thread(lambda: server.create(hours=1))
    await bench.start()
    old = [snapshot(number - 5 * HOUR) for number in range(2_500)]
    new = [snapshot(number) for number in range(2_000)]
    bench.put(*old, *new)
    await bench.until_mirrored()
    assert bench.mirror.status.dead_letters == 2_500
    letters = await bench.journal.execute(
        lambda j: j.dead_letters.list_after("influx", -1, limit=9999)
    )
    assert [each.taken_at for each in letters] == [each.taken_at for each in old]
    assert all("retention policy" in each.reason for each in letters)
    assert {at for _, at in await held(server)} == {each.taken_at for each in new}
    await bench.close()


@pytest.mark.parametrize("server", [*V1, *V2], indirect=True)
async def test_any_name_arrives(server: RealServer, bench: Bench) -> None:
    names = ["a b", "c,d", "e=f", "g\\", '"h"', "größe", "time", "_field", "_time", "temp°C", "i'j"]
    await bench.start()
    for number, name in enumerate(names):
        readings = {ReadingKey("s", name): number + 0.5}
        bench.put(Snapshot(device="x", taken_at=NOW + number, readings=readings))
    await bench.until_mirrored()
    assert bench.mirror.status.dead_letters == 0
    if isinstance(server, InfluxV1):
        written = {"g\\": "g/", "time": "time_", "_field": "_field_", "_time": "_time_"}
        assert await held(server) == {
            (SERIES, NOW + number): {written.get(name, name): number + 0.5}
            for number, name in enumerate(names)
        }
    await bench.close()


@pytest.mark.parametrize("server", [*V1, *V2], indirect=True)
async def test_points_join_the_series_of_the_old_collector(
    server: RealServer, bench: Bench
) -> None:
    """Write as the old collector did (no time, precision ns), mirror, and query as it does."""
    await asyncio.to_thread(
        lambda: server.write(
            "sensor_data,device=nodemcu temperature=20.5,co2=400.0", precision="ns"
        )
    )
    await asyncio.sleep(0.01)
    await bench.start()
    later = time.time_ns() // 1_000_000
    readings = {BMP: 21.0, CO2: 410.0}
    bench.put(Snapshot(device="x", taken_at=later, readings=readings))
    await bench.until_mirrored()
    await bench.close()
    if isinstance(server, InfluxV2):
        rows = server.flux(
            f'from(bucket: "{PLACE}") |> range(start: -1h)'
            ' |> filter(fn: (r) => r["_measurement"] == "sensor_data")'
            ' |> filter(fn: (r) => r["_field"] == "temperature")'
            ' |> filter(fn: (r) => r["device"] == "nodemcu")'
        )
        assert [row["_value"] for row in rows] == ["20.5", "21"]
        assert {row["table"] for row in rows} == {"0"}
    else:
        assert isinstance(server, InfluxV1)
        (series,) = server.query("SHOW SERIES")
        assert series["values"] == [["sensor_data,device=nodemcu"]]
        (found,) = server.query("SELECT temperature, co2 FROM sensor_data")
        assert [row[1:] for row in found["values"]] == [[20.5, 400.0], [21.0, 410.0]]


@pytest.mark.slow
async def test_a_days_backlog_takes_little_memory(server: RealServer, bench: Bench) -> None:
    """A day with one poll a second is sent batch by batch."""
    day = 86_400
    await bench.start()
    await asyncio.to_thread(server.stop)
    for start in range(0, day, 4_000):
        bench.put(*[snapshot(number) for number in range(start, min(start + 4_000, day))])
        await bench.journal.flush()
    await bench.until_problem("influx_closed")
    with contextlib.suppress(TimeoutError):
        await bench.until_mirrored(0.1)
    assert bench.mirror.status.backlog == day

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    await asyncio.to_thread(server.start)
    bench.mirror.retry()
    await bench.until_mirrored(110)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await bench.close()
    assert peak - before < 16_000_000  # a batch as numbers, as lines and as a request
    times = {at for _, at in await held(server)}
    assert times == {NOW + number for number in range(day)}
