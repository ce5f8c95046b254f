"""Actions called over HTTP while InfluxDB is away or does not answer."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx.queries import streaming
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import FakeStation
from tests.ha.history import act
from tests.ha.influx import FakeInflux

type Client = TestClient[web.Request, web.Application]

KINDS = pytest.mark.parametrize("kind", [InfluxKind.V1, InfluxKind.V1_FLUX, InfluxKind.V2])


class FrozenInflux(FakeInflux):
    """Accepts requests, and answers none while it is frozen, as a stopped process does."""

    _thawed: asyncio.Event | None = None

    def freeze(self) -> None:
        self._thawed = asyncio.Event()

    def thaw(self) -> None:
        assert self._thawed is not None
        self._thawed.set()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self._thawed is not None and not self._thawed.is_set():
            self.asked.append(request.path)
            await self._thawed.wait()
        return await super()._answer(request)

    def questions(self) -> list[str]:
        """Return the paths of requests other than writes since the last call."""
        found = [each for each in self.asked if "write" not in each]
        self.asked.clear()
        return found


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an InfluxDB that does not answer be noticed at once."""
    monkeypatch.setattr(streaming, "_SILENCE_SECONDS", 0.0)
    monkeypatch.setattr(streaming, "_PING_SECONDS", 0.3)


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Client:
    assert await async_setup_component(hass, "api", {})
    client: Client = await hass_client()
    return client


async def set_up(
    hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux, kind: InfluxKind
) -> None:
    target = InfluxTarget(url=influx.url, kind=kind, place="air", organisation="home")
    stored = InfluxSettings.new(target, since=0).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def ask(client: Client, entry: MockConfigEntry, **data: object) -> Any:  # noqa: ANN401 - JSON
    """Call get_history over HTTP, and return its response."""
    response = await client.post(
        "/api/services/air_state/get_history",
        params={"return_response": "1"},
        json={"config_entry_id": entry.entry_id, "start": "-7d", **data},
    )
    assert response.status == HTTPStatus.OK, await response.text()
    return (await response.json())["service_response"]


@pytest.mark.parametrize("form", ["records", "table", "csv"])
async def test_an_influxdb_that_is_away_leaves_the_journals_table(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client, form: str
) -> None:
    async with FakeInflux(InfluxKind.V1, secrets=set()) as influx:
        await set_up(hass, entry, influx, InfluxKind.V1)

    answer = await ask(client, entry, format=form)

    assert (answer["source"], answer["row_count"]) == ("journal", 1)
    assert f"{influx.url} does not accept connections" in answer["problem"]
    await hass.config_entries.async_unload(entry.entry_id)


@KINDS
async def test_a_silent_influxdb_is_waited_for_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    client: Client,
    kind: InfluxKind,
) -> None:
    async with FrozenInflux(kind, secrets=set()) as influx:
        await set_up(hass, entry, influx, kind)
        influx.freeze()
        influx.questions()

        answer = await ask(client, entry)
        assert (answer["source"], answer["row_count"]) == ("journal", 1)
        assert f"{influx.url} did not answer" in answer["problem"]
        assert len(influx.questions()) == 2  # the query, and a ping

        answer = await ask(client, entry)
        assert (answer["source"], answer["row_count"]) == ("journal", 1)
        assert f"{influx.url} did not answer" in answer["problem"]
        assert influx.questions() == []

        # A write of the mirror that is answered counts as well.
        influx.thaw()
        data = entry.runtime_data
        await data.mirror.try_now()
        await data.coordinator.async_refresh()
        await data.journal.flush()
        async with asyncio.timeout(10):
            while data.mirror.status.backlog:
                await asyncio.sleep(0.01)
        await ask(client, entry)
        assert influx.questions()
        await hass.config_entries.async_unload(entry.entry_id)


async def test_who_wants_no_other_source_waits_for_an_answer(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with FrozenInflux(InfluxKind.V1, secrets=set()) as influx:
        await set_up(hass, entry, influx, InfluxKind.V1)
        influx.freeze()
        assert (await ask(client, entry))["problem"]
        influx.thaw()
        influx.questions()
        influx.answers["/query"] = (200, '{"results":[{"statement_id":0}]}\n')

        answer = await ask(client, entry, source="influxdb", parameters=["co2"])
        assert (answer["source"], answer["problem"]) == ("influxdb", None)
        influx.questions()
        assert (await ask(client, entry))["problem"] is None  # since it answered
        assert influx.questions()
        await hass.config_entries.async_unload(entry.entry_id)


async def test_the_journal_waits_for_nobody_who_asks_influxdb(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with FakeInflux(InfluxKind.V1, secrets=set()) as influx:
        await set_up(hass, entry, influx, InfluxKind.V1)
        limiter = entry.runtime_data.influx.query_limiter
        async with limiter, limiter:
            assert (await ask(client, entry, source="journal"))["row_count"] == 1
            assert (await act(hass, "get_latest", entry))["parameters"]
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_answer_that_cannot_be_read_says_where(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with FakeInflux(InfluxKind.V1, secrets=set()) as influx:
        await set_up(hass, entry, influx, InfluxKind.V1)
        malformed = '{"results":[{"series":[{"columns":["x"],"values":[[1],[]]}]}]}\n'
        influx.answers["/query"] = (200, malformed)
        answer = await ask(client, entry)
        assert (answer["source"], answer["row_count"]) == ("journal", 1)
        assert "object 1, series 1: a row that does not have 1 cells" in answer["problem"]
        for form in ("csv", "json"):
            response = await client.get(
                f"/api/air_state/{entry.entry_id}/history.{form}",
                params={"source": "influxdb", "parameters": "co2"},
            )
            assert response.status == HTTPStatus.BAD_GATEWAY
            assert (await response.json())["code"] == "influx_malformed"
        for action in ("get_latest", "list_series"):
            with pytest.raises(HomeAssistantError) as caught:
                await act(hass, action, entry, source="influxdb")
            assert caught.value.translation_key == "influx_malformed"
        await hass.config_entries.async_unload(entry.entry_id)
