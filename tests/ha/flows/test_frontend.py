"""Forms as Home Assistant's frontend gets them: as JSON, which not every schema can become."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.influx.forms import PLACES, POINTS, Start, credentials
from tests.payloads import encode


async def test_the_frontend_is_given_the_stations_forms(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_client: ClientSessionGenerator,
) -> None:
    """Forms are made into JSON on the way, which not every schema can be."""
    await async_setup_component(hass, "config", {})
    await set_up()
    client = await hass_client()
    elsewhere = FakeStation()
    await elsewhere.start()

    async def post(path: str, **data: object) -> dict[str, Any]:
        answer = await client.post(f"/api/config/config_entries/{path}", json=data)
        assert answer.status == 200
        form: dict[str, Any] = await answer.json()
        return form

    form = await post("flow", handler=DOMAIN)
    assert [field["name"] for field in form["data_schema"]] == ["address"]
    form = await post(f"flow/{form['flow_id']}", address=elsewhere.address)
    assert [field["name"] for field in form["data_schema"]] == ["name", "poll_seconds"]
    form = await post("options/flow", handler=entry.entry_id)
    assert [field["name"] for field in form["data_schema"]] == [
        "poll_seconds",
        "update_seconds",
        "journal_days",
        "journal_megabytes",
        "counted",
    ]
    elsewhere.body = encode({"balcony": {"dht22": {"temperature": 3}}})
    form = await post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    assert form["step_id"] == "reconfigure"
    form = await post(f"flow/{form['flow_id']}", next_step_id="address")
    form = await post(f"flow/{form['flow_id']}", address=elsewhere.address)
    assert (form["step_id"], form["data_schema"]) == ("other_station", [])
    await elsewhere.stop()


@pytest.mark.parametrize("kind", list(InfluxKind))
async def test_the_frontend_is_given_the_forms_about_influxdb(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    start: Start,
    hass_client: ClientSessionGenerator,
    kind: InfluxKind,
) -> None:
    """Forms are made into JSON on the way, which not every schema can be."""
    await async_setup_component(hass, "config", {})
    data = await set_up()
    await data.journal.flush()
    influx = await start(kind, policies=("a", "b"))
    client = await hass_client()

    async def post(path: str, **data: object) -> dict[str, Any]:
        answer = await client.post(f"/api/config/config_entries/{path}", json=data)
        assert answer.status == 200
        form: dict[str, Any] = await answer.json()
        return form

    form = await post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    path = f"flow/{form['flow_id']}"
    await post(path, next_step_id="connect_influxdb")
    await post(path, url=influx.url, verify_tls=True)
    await post(path, **credentials(kind))
    form = await post(path, **PLACES[kind])
    if form["step_id"] == "policy":
        form = await post(path, policy="b")
    assert [field["name"] for field in form["data_schema"]] == [
        "device_tag",
        "own_readings",
        "send_history",
    ]
    form = await post(path, **POINTS, send_history=True)
    assert form["reason"] == "reconfigure_successful"
    form = await post("options/flow", handler=entry.entry_id)
    assert form["data_schema"][-1]["name"] == "own_readings"
