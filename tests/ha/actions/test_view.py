"""The view that streams histories."""

import asyncio
import csv
import io
import json
import logging
import time
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.air_state.actions import view
from custom_components.air_state.const import CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import FakeStation
from tests.ha.history import act, filled
from tests.ha.influx import FakeInflux

__all__ = ["filled"]

type Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(hass_client: ClientSessionGenerator) -> Client:
    client: Client = await hass_client()
    return client


def path(entry: MockConfigEntry, form: str = "csv") -> str:
    return f"/api/air_state/{entry.entry_id}/history.{form}"


async def test_the_same_table_as_the_action(
    hass: HomeAssistant, filled: MockConfigEntry, client: Client
) -> None:
    asked = {"start": "-30h", "window": "1h", "aggregate": "max"}
    names = ["co2", "dht22.temperature"]
    table = await act(hass, "get_history", filled, parameters=names, format="table", **asked)
    text = await act(hass, "get_history", filled, parameters=names, format="csv", **asked)

    for parameters in (",".join(names), names):
        answer = await client.get(path(filled), params={"parameters": parameters, **asked})
        assert answer.status == HTTPStatus.OK
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert await answer.text() == text["csv"]
    answer = await client.get(path(filled, "json"), params={"parameters": names, **asked})
    assert answer.content_type == "application/json"
    assert await answer.json() == table


async def test_several_aggregates_with_commas(
    hass: HomeAssistant, filled: MockConfigEntry, client: Client
) -> None:
    asked = {"start": "-30h", "window": "1h"}
    several = ["min", "count"]
    table = await act(hass, "get_history", filled, format="table", aggregate=several, **asked)
    text = await act(hass, "get_history", filled, format="csv", aggregate=several, **asked)

    for written in ("min,count", " min, count"):
        params = {"aggregate": written, **asked}
        answer = await client.get(path(filled), params=params)
        assert await answer.text() == text["csv"]
        answer = await client.get(path(filled, "json"), params=params)
        assert await answer.json() == table
    answer = await client.get(f"{path(filled)}?window=1h&aggregate=min&aggregate=max")
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert (await answer.json())["code"] == "field_twice"


async def test_every_row_without_a_limit(
    hass: HomeAssistant, filled: MockConfigEntry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.air_state.core.journal.source._PORTION_CELLS", 21)
    monkeypatch.setattr("custom_components.air_state.actions.tables.BLOCK_CELLS", 9)
    answer = await client.get(path(filled), params={"start": "2020-01-01"})
    header, *rows = csv.reader(io.StringIO(await answer.text()))
    assert header == ["time", "co2", "temperature"]
    assert [float(co2) for _, co2, _ in rows] == [400.0 + number for number in range(96)]

    answer = await client.get(path(filled, "json"), params={"start": "2020-01-01", "limit": "10"})
    found = await answer.json()
    assert (len(found["rows"]), found["row_count"], found["truncated"]) == (10, 10, True)
    rest = await client.get(path(filled, "json"), params={"start": found["next_start"]})
    assert (await rest.json())["row_count"] == 86


async def test_no_rows(filled: MockConfigEntry, client: Client) -> None:
    params = {"start": "2000-01-01", "stop": "2000-01-02"}
    assert await (await client.get(path(filled), params=params)).text() == "time,co2,temperature\n"
    found = await (await client.get(path(filled, "json"), params=params)).json()
    assert (found["rows"], found["row_count"], found["next_start"]) == ([], 0, None)


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"start": "soon"}, "time_invalid", "“soon” is not a time for “start”"),
        ({"window": "2d"}, "window_invalid", "1d, 1w or 1mo"),
        ({"parameters": "co3"}, "parameter_unknown", "It has: co2, temperature"),
        ({"limit": "many"}, "limit_invalid", "a whole number"),
        ({"window": "1h", "aggregate": "min,"}, "choice_invalid", "“” is not a choice"),
        ({"limit": "0"}, "limit_invalid", "a whole number"),
        ({"source": "influxdb"}, "mirror_absent", "Attic is not connected"),
        ({"aggregat": "max"}, "field_unknown", "aggregate, limit, parameters"),
        ({"format": "csv"}, "field_unknown", "no field “format”"),
    ],
)
async def test_mistakes(
    filled: MockConfigEntry, client: Client, params: dict[str, str], code: str, message: str
) -> None:
    answer = await client.get(path(filled), params=params)
    assert answer.status == HTTPStatus.BAD_REQUEST
    said = await answer.json()
    assert said["code"] == code
    assert message in said["message"]


async def test_a_plus_in_an_address_is_one(filled: MockConfigEntry, client: Client) -> None:
    """Times of answers have an offset, and users paste them without encoding the plus."""
    address = URL(f"{path(filled)}?start=2026-11-02T11:00:00.000+01:00", encoded=True)
    answer = await client.get(str(address))
    assert len((await answer.text()).splitlines()) == 3


async def test_a_field_is_written_once(filled: MockConfigEntry, client: Client) -> None:
    answer = await client.get(f"{path(filled)}?start=-1h&start=-2h")
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert (await answer.json())["code"] == "field_twice"


async def test_stations_that_are_none_or_not_loaded(
    hass: HomeAssistant, filled: MockConfigEntry, client: Client
) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    for entry in (MockConfigEntry(domain=DOMAIN), other):
        assert (await client.get(path(entry))).status == HTTPStatus.NOT_FOUND
    assert (await client.get(path(filled, "xml"))).status == HTTPStatus.NOT_FOUND
    await hass.config_entries.async_unload(filled.entry_id)
    assert (await client.get(path(filled))).status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_only_for_those_who_are_logged_in(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    hass_client: ClientSessionGenerator,
) -> None:
    await hass_client()  # makes a user, by whom paths are signed
    stranger = await hass_client_no_auth()
    assert (await stranger.get(path(filled))).status == HTTPStatus.UNAUTHORIZED
    signed = async_sign_path(
        hass, f"{path(filled)}?start=-1h", timedelta(minutes=1), use_content_user=True
    )
    answer = await stranger.get(signed)
    assert answer.status == HTTPStatus.OK
    assert len((await answer.text()).splitlines()) == 3
    forged = signed.replace("-1h", "-2d")
    assert (await stranger.get(forged)).status == HTTPStatus.UNAUTHORIZED


# With an InfluxDB whose answers last as long as a test wants


def line(start: int) -> bytes:
    """Return 500 rows, one each millisecond."""
    series = {
        "name": "sensor_data",
        "columns": ["time", "0", "1"],
        "values": [[start + n, n, None] for n in range(500)],
    }
    return json.dumps({"results": [{"statement_id": 0, "series": [series]}]}).encode() + b"\n"


class SlowInflux(FakeInflux):
    """An InfluxDB 1.6 whose answers to histories never end.

    `breaks` makes it end them with an error, `holds` makes rows wait. `queries` counts the answers
    that began, `left` those whose client went away.
    """

    breaks = False
    holds = False
    queries = 0
    left = 0

    async def _respond(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        if request.path != "/query" or "AS" not in (query := str((await request.post()).get("q"))):
            return await super()._respond(request, headers)
        self.queries += 1
        start = int(query.split("time >= ")[1].split("ms", maxsplit=1)[0])
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                while self.holds:
                    await response.write(b" ")  # fails if the client has gone
                    await asyncio.sleep(0.01)
                await response.write(line(start))
                start += 500
                if self.breaks and self.queries > 1:
                    await response.write(b'{"results":[{"error":"out of memory"}]}\n')
                if self.breaks:
                    return response
                await asyncio.sleep(0)
        except ConnectionError:
            self.left += 1
            return response


async def mirrored(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> None:
    target = InfluxTarget(url=influx.url, kind=influx.kind, place="air")
    stored = InfluxSettings.new(target, since=int(time.time() * 1000)).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


ASKED: dict[str, Any] = {
    "start": "1970-01-01T00:00Z",
    "stop": "1970-01-01T03:00Z",
    "source": "influxdb",
}


async def test_a_client_that_leaves_ends_the_databases_work(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        await mirrored(hass, entry, influx)
        influx.holds = True
        asking = asyncio.create_task(
            client.get(path(entry), params={**ASKED, "parameters": "co2,temperature"})
        )
        async with asyncio.timeout(10):
            while not influx.queries:
                await asyncio.sleep(0.01)
        assert influx.left == 0
        asking.cancel()
        async with asyncio.timeout(10):
            while not influx.left:
                await asyncio.sleep(0.01)
        # The query limiter is free again.
        limiter = entry.runtime_data.influx.query_limiter
        async with asyncio.timeout(10):
            while limiter._value != 2:
                await asyncio.sleep(0.01)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_error_in_the_middle_breaks_the_answer_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        influx.breaks = True
        await mirrored(hass, entry, influx)
        for form in ("csv", "json"):
            influx.queries = 0  # the first slice is well, the second is not
            asked = {**ASKED, "stop": "1970-01-02T00:00Z", "parameters": "co2,humidity"}
            answer = await client.get(path(entry, form), params=asked)
            assert answer.status == HTTPStatus.OK
            with pytest.raises(aiohttp.ClientError):
                await answer.read()
        lines = [
            each
            for each in caplog.records
            if each.levelno >= logging.WARNING and "broken off" in each.message
        ]
        assert len(lines) == 2
        assert "out of memory" in lines[0].message
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_influxdb_that_is_away_is_said_in_time(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        await mirrored(hass, entry, influx)
    answer = await client.get(path(entry), params={**ASKED, "parameters": "co2"})
    assert answer.status == HTTPStatus.BAD_GATEWAY
    assert (await answer.json())["code"] == "influx_closed"
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.slow
async def test_a_client_that_takes_nothing_is_given_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(view, "_WRITE_TIMEOUT_SECONDS", 0.2)
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        await mirrored(hass, entry, influx)
        answer = await client.get(path(entry), params={**ASKED, "parameters": "co2"})
        assert answer.status == HTTPStatus.OK
        async with asyncio.timeout(20):
            while "nobody reads it" not in caplog.text:
                await asyncio.sleep(0.05)
        answer.close()
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.slow
async def test_who_takes_an_answer_slowly_keeps_nobody_waiting(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        await mirrored(hass, entry, influx)
        asked = {**ASKED, "parameters": "co2"}
        slow = [await client.get(path(entry), params=asked) for _ in range(3)]
        assert [each.status for each in slow] == [HTTPStatus.OK] * 3
        async with asyncio.timeout(10):
            assert (await act(hass, "get_latest", entry))["parameters"]
        for each in slow:
            each.close()
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.slow
async def test_two_at_once_and_the_rest_wait_their_turn(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, client: Client
) -> None:
    async with SlowInflux(InfluxKind.V1, secrets=set()) as influx:
        await mirrored(hass, entry, influx)
        influx.holds = True
        asked = {**ASKED, "parameters": "co2"}
        asking = [asyncio.create_task(client.get(path(entry), params=asked)) for _ in range(3)]
        async with asyncio.timeout(20):
            while influx.queries < 2:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert influx.queries == 2
        influx.holds = False
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*asking)
        assert influx.queries >= 3
        for each in answers:
            assert each.status == HTTPStatus.OK
            each.close()
        await hass.config_entries.async_unload(entry.entry_id)
