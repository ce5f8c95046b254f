"""A day's backlog is sent to InfluxDB, and entities are updated meanwhile."""

import asyncio
import time
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.station.payload import parse_payload
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.test_init import T_DHT, state
from tests.live.real_server import RealServer
from tests.live.servers import V1, V2, running
from tests.payloads import payload

DAY = 86_400


@pytest.fixture(params=[*V1, *V2])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, socket_enabled: None
) -> Iterator[RealServer]:
    with running(request.param, tmp_path) as made:
        yield made


def write_day(path: Path) -> None:
    """Write a day of polls, one a second up to now, that InfluxDB does not have."""
    begin = time.time_ns() // 1_000_000 - DAY * 1000
    path.parent.mkdir(parents=True)
    once = parse_payload(payload(), begin)
    journal = Journal(path)
    for numbers in batched(range(DAY), 5_000, strict=False):
        journal.append(
            [
                Snapshot(device="n", taken_at=begin + number * 1000, readings=once.readings)
                for number in numbers
            ],
            durable=False,
        )
    journal.close()


@pytest.mark.slow
async def test_entities_are_updated_with_every_poll_while_a_day_drains(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    set_up: SetUp,
    journal_path: Path,
    server: RealServer,
) -> None:
    await asyncio.to_thread(write_day, journal_path)
    await asyncio.to_thread(server.stop)
    stored = InfluxSettings.new(server.target, since=0).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    data = await set_up()
    mirror = data.mirror
    assert mirror is not None
    async with asyncio.timeout(30):
        while mirror.status.problem is None:
            await asyncio.sleep(0.01)
    assert mirror.status.backlog >= DAY
    await asyncio.to_thread(server.start)
    mirror.retry()

    seen: set[int] = set()
    number = 0
    async with asyncio.timeout(100):
        while mirror.status.backlog:
            number += 1
            station.sends(dht22={"temperature": number % 60})
            await data.coordinator.async_refresh()
            assert state(hass, T_DHT) == f"{number % 60}.0"
            seen.add(mirror.status.backlog)
            await asyncio.sleep(0.01)
    # Polls and batches alternated: neither waited until the other was done.
    assert len(seen) >= 5
    assert number >= 5

    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    journaled = await asyncio.to_thread(times, journal_path)
    held = sorted(at for _, at in await asyncio.to_thread(server.points))
    assert held == journaled
    assert len(held) > DAY


def times(path: Path) -> list[int]:
    journal = Journal(path)
    found = [row[0] for rows in journal.snapshots.rows_after(0, 10**7) for row in rows.rows]
    journal.close()
    return found
