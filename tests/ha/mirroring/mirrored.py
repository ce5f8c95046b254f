"""A station in Home Assistant that is mirrored to a fake InfluxDB, and how tests wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.mirroring.settings import InfluxSettings
from custom_components.air_state.runtime import AirStateData
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux

type Client = TestClient[Any, Any]


CONNECTION, BACKLOG = "binary_sensor.attic_influxdb", "sensor.attic_influxdb_backlog"
LAST, REFUSED = "sensor.attic_last_in_influxdb", "sensor.attic_refused_by_influxdb"
CONFLICT = '{"error":"field type conflict: input field \\"co\\" is type float dropped=1"}'


@pytest.fixture
async def influx(socket_enabled: None) -> AsyncIterator[FakeInflux]:
    async with FakeInflux(InfluxKind.V2) as fake:
        yield fake


@pytest.fixture
def entry(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> MockConfigEntry:
    """Return the station's entry, mirrored into the InfluxDB."""
    target = InfluxTarget(
        url=influx.url, kind=influx.kind, place="air", organisation=ORGANISATION, token=TOKEN
    )
    stored = InfluxSettings.new(target, since=0).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    return entry


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.02)
    monkeypatch.setattr(journal_schedule, "EAGER_SECONDS", 0.02)


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Client:
    await async_setup_component(hass, REPAIRS_DOMAIN, {})
    made: Client = await hass_client()
    return made


async def poll(hass: HomeAssistant, data: AirStateData) -> None:
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def settled(hass: HomeAssistant, data: AirStateData) -> None:
    """Wait until everything is mirrored and entities are updated."""
    assert data.mirror is not None
    await data.journal.flush()
    newest = await data.journal.execute(lambda journal: journal.newest)
    mirror = data.mirror
    await until(lambda: (mirror.status.mirrored_to or 0) >= newest and not mirror.status.backlog)
    await hass.async_block_till_done()


def times(influx: FakeInflux) -> list[int]:
    return sorted({int(line.rsplit(" ", 1)[1]) for line in influx.lines})


async def take(hass: HomeAssistant, client: Client, issue: str, choice: str) -> dict[str, Any]:
    """Choose an option of a repair issue, and return the response."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    answer = await client.post(
        "/api/repairs/issues/fix",
        json={"handler": DOMAIN, "issue_id": f"{issue}_{entry.entry_id}"},
    )
    menu = await answer.json()
    assert menu["type"] == "menu"
    assert menu["description_placeholders"]["name"] == "Attic"
    path = f"/api/repairs/issues/fix/{menu['flow_id']}"
    answer = await client.post(path, json={"next_step_id": choice})
    found: dict[str, Any] = await answer.json()
    await hass.async_block_till_done()
    return found


@asynccontextmanager
async def hanging(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[None]:
    """Let the entry's InfluxDB be one that accepts requests and never answers."""

    async def swallow(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        stored = {**entry.data[CONF_INFLUXDB], "url": url}
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
        yield
