"""Actions on InfluxDB itself, called as scripts call them."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.core.influx.queries.raw_queries import CSV
from tests.ha.conftest import FakeStation
from tests.ha.history import act
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux
from tests.live.influx_v1 import InfluxV1
from tests.live.servers import V1, running

HOUR = 3_600_000


async def connect(hass: HomeAssistant, entry: MockConfigEntry, target: InfluxTarget) -> None:
    stored = InfluxSettings.new(target, since=0).to_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def server(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, tmp_path: Path
) -> AsyncIterator[InfluxV1]:
    """Return a real InfluxDB 1.6 with two days of the station that the journal does not have."""
    with running(V1[0], tmp_path) as made:
        assert isinstance(made, InfluxV1)
        start = int(time.time() * 1000) // HOUR * HOUR - 48 * HOUR
        lines = [f"sensor_data,device=nodemcu co2={n},old=1 {start + n * HOUR}" for n in range(48)]
        await hass.async_add_executor_job(made.write, *lines)
        await connect(hass, entry, made.target)
        yield made
        await hass.config_entries.async_unload(entry.entry_id)


async def test_history_goes_back_beyond_the_journal(
    hass: HomeAssistant, entry: MockConfigEntry, server: InfluxV1
) -> None:
    answer = await act(hass, "get_history", entry, start="-3d", parameters=["co2"], limit=10)
    assert (answer["source"], answer["row_count"], answer["truncated"]) == ("influxdb", 10, True)
    assert [each["co2"] for each in answer["records"]] == [float(n) for n in range(10)]
    rest = await act(
        hass, "get_history", entry, start=answer["next_start"], parameters=["co2", "old"]
    )
    assert [each["co2"] for each in rest["records"]][:38] == [float(n) for n in range(10, 48)]
    own = await act(hass, "get_history", entry, start="-3d", source="journal")
    assert (own["source"], own["row_count"]) == ("journal", 1)
    daily = await act(
        hass, "get_history", entry, start="-4d", window="1d", aggregate="count", parameters=["old"]
    )
    assert sum(each["old"] for each in daily["records"]) == 48


async def test_latest_and_series(
    hass: HomeAssistant, entry: MockConfigEntry, server: InfluxV1
) -> None:
    latest = await act(hass, "get_latest", entry, source="influxdb")
    assert latest["parameters"]["old"]["value"] == 1.0
    assert latest["parameters"]["old"]["sensors"] == []
    assert "old" not in (await act(hass, "get_latest", entry))["parameters"]
    listed = await act(hass, "list_series", entry, prefix="sensor_data/nodemcu/o")
    (series,) = listed["series"]
    assert (series["name"], series["rows"]) == ("sensor_data/nodemcu/old", 48)
    assert series.keys() == {
        *("name", "measurement", "device", "sensor", "field", "first", "last", "rows")
    }
    assert (await act(hass, "list_series", entry, prefix=" ", start="2099-01-01"))["series"] == []
    own = await act(hass, "list_series", entry, source="journal")
    assert {each["name"] for each in own["series"]} >= {"journal/nodemcu/mq135/co2"}


async def test_query_influxql(
    hass: HomeAssistant, entry: MockConfigEntry, server: InfluxV1
) -> None:
    answer = await act(
        hass,
        "query_influxql",
        entry,
        query="SELECT max(co2) FROM sensor_data WHERE device = $device AND co2 < $most",
        params={"device": "nodemcu", "most": 48},
    )
    (table,) = answer["tables"]
    assert table["columns"] == [
        {"name": "time", "type": "time"},
        {"name": "max", "type": "number"},
    ]
    assert table["rows"][0][1] == 47
    assert (answer["row_count"], answer["truncated"]) == (1, False)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "query_influxql", entry, query="SELEC")
    assert caught.value.translation_key == "influx_query"
    assert "found SELEC" in str(caught.value)
    assert "char 1" in str(caught.value)


async def test_retention(hass: HomeAssistant, entry: MockConfigEntry, server: InfluxV1) -> None:
    shown = {"station": "Attic", "place": "autogen", "retention": "forever", "seconds": None}
    assert await act(hass, "get_retention", entry) == shown
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "set_retention", entry, retention="5y")
    assert caught.value.translation_key == "retention_shorter"
    assert "delete_older: true" in str(caught.value)
    assert await act(hass, "get_retention", entry) == shown
    changed = await act(hass, "set_retention", entry, retention="5y", delete_older=True)
    assert (changed["retention"], changed["before"]) == ("1825d", "forever")
    assert (await act(hass, "set_retention", entry, retention="forever"))["seconds"] is None


async def test_flux_is_not_known_everywhere(
    hass: HomeAssistant, entry: MockConfigEntry, server: InfluxV1
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "query_flux", entry, query='from(bucket: "air")')
    assert caught.value.translation_key == "influx_no_flux"
    assert "air_state.query_influxql" in str(caught.value)


@pytest.fixture
async def fake(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation
) -> AsyncIterator[FakeInflux]:
    """Return a server that answers as 2.x does, connected to the station."""
    async with FakeInflux(InfluxKind.V2) as made:
        target = InfluxTarget(
            url=made.url, kind=made.kind, place="air", organisation=ORGANISATION, token=TOKEN
        )
        await connect(hass, entry, target)
        yield made
        await hass.config_entries.async_unload(entry.entry_id)


async def test_query_flux(hass: HomeAssistant, entry: MockConfigEntry, fake: FakeInflux) -> None:
    fake.answers["/api/v2/query"] = (200, CSV)
    answer = await act(hass, "query_flux", entry, query="from", params=None, limit=3, timeout="2.5")
    assert (answer["row_count"], answer["truncated"]) == (3, True)
    first = cast("dict[str, Any]", answer["tables"][0])
    assert first["result"] == "mine"
    assert first["key"] == {"device": 'a "b"'}
    assert first["columns"][0] == {"name": "_time", "type": "time"}
    assert first["rows"][0][0] == "2026-07-01T14:00:00.123456789+02:00"


async def test_an_answer_that_is_none_of_the_callers_mistakes(
    hass: HomeAssistant, entry: MockConfigEntry, fake: FakeInflux
) -> None:
    fake.answers["/api/v2/query"] = (503, "")
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "query_flux", entry, query="from")
    assert not isinstance(caught.value, ServiceValidationError)
    assert caught.value.translation_key == "influx_busy"
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("action", "data", "key", "message"),
    [
        ("query_flux", {"limit": 0}, "limit_invalid", "from 1 to 25000"),
        ("query_flux", {"limit": "x"}, "limit_invalid", "from 1 to 25000"),
        ("query_flux", {"timeout": 0}, "seconds_invalid", "from 1 to 600"),
        ("query_flux", {"timeout": "soon"}, "seconds_invalid", "from 1 to 600"),
        ("query_flux", {"params": {"a": None}}, "bound_invalid", "cannot be bound as “a”"),
        ("query_influxql", {"params": {"a": [1]}}, "bound_invalid", "InfluxQL has no lists"),
        ("query_flux", {"params": {"a": {"time": "soon"}}}, "time_invalid", "“soon”"),
        ("set_retention", {"retention": "soon"}, "retention_invalid", "or forever"),
        ("list_series", {"start": "soon"}, "time_invalid", "“soon”"),
        ("list_series", {"start": "-1h", "stop": "-2h"}, "range_invalid", "earlier than the stop"),
        ("get_latest", {"source": "moon"}, "choice_invalid", "auto, journal, influxdb"),
        ("get_history", {"source": "moon"}, "choice_invalid", "auto, journal, influxdb"),
        (
            "get_history",
            {"source": "influxdb", "parameters": ["dht22.temperature"]},
            "own_reading_absent",
            "Write temperature, or ask the journal",
        ),
    ],
)
async def test_mistakes_are_named_and_say_what_to_write(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    fake: FakeInflux,
    action: str,
    data: dict[str, object],
    key: str,
    message: str,
) -> None:
    usual: dict[str, object] = {"query": "from"} if action.startswith("query") else {}
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, entry, **{**usual, **data})
    assert caught.value.translation_key == key
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("query_flux", {"query": "x"}),
        ("query_influxql", {"query": "x"}),
        ("get_retention", {}),
        ("set_retention", {"retention": "1d"}),
        ("get_latest", {"source": "influxdb"}),
        ("list_series", {"source": "influxdb"}),
    ],
)
async def test_without_an_influxdb(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    action: str,
    data: dict[str, object],
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, entry, **data)
    assert caught.value.translation_key == "mirror_absent"
    assert "Attic" in str(caught.value)
