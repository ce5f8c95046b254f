"""The automations, scripts and actions in the README, run as they stand there."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    cast("dict[str, Any]", parse_yaml(block))
    for block in re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
]
AIRING, COLD = (block for block in BLOCKS if "triggers" in block)
(SCRIPT,) = (block for block in BLOCKS if "sequence" in block)
ACTION, REPLAY = (block for block in BLOCKS if "action" in block)
(LATEST,) = (block for block in BLOCKS if "readings" in block)


@pytest.fixture
def entry(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Give the station the name that it has in the README."""
    hass.config_entries.async_update_entry(entry, title="Living room")
    return entry


async def test_the_air_quality_trigger(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation
) -> None:
    notified = async_mock_service(hass, "persistent_notification", "create")
    data = await set_up()
    assert await async_setup_component(hass, "automation", {"automation": [AIRING]})
    await hass.async_block_till_done()
    for co2 in (405, 412, 415):
        station.sends(mq135={"co2": co2})
        await data.coordinator.async_refresh()
        await hass.async_block_till_done()

    assert [call.data["message"] for call in notified] == ["The CO₂ figure is at 412 ppm."]


async def test_every_entity_of_the_readme_is_there(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()

    registry = er.async_get(hass)
    named = set(re.findall(r"sensor\.living_room_\w+", README))
    assert len(named) == 2
    assert all(registry.async_get(entity_id) for entity_id in named)


async def test_the_automation_on_the_mean_is_valid(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    assert await async_setup_component(hass, "automation", {"automation": [COLD]})
    await hass.async_block_till_done()

    state = hass.states.get("automation.cold_living_room")
    assert state is not None
    assert state.state == "on"


def with_entry(block: dict[str, Any], entry_id: str) -> dict[str, Any]:
    return {**block, "data": {**block["data"], "config_entry_id": entry_id}}


async def test_the_script(hass: HomeAssistant, set_up: SetUp, entry: MockConfigEntry) -> None:
    notified = async_mock_service(hass, "persistent_notification", "create")
    await set_up()
    first, *rest = SCRIPT["sequence"]
    script = {**SCRIPT, "sequence": [with_entry(first, entry.entry_id), *rest]}
    assert await async_setup_component(hass, "script", {"script": {"warmest": script}})
    await hass.services.async_call("script", "warmest", blocking=True)

    assert [call.data["message"] for call in notified] == ["There are no readings of yesterday."]


async def test_the_action(hass: HomeAssistant, set_up: SetUp, entry: MockConfigEntry) -> None:
    await set_up()
    domain, action = ACTION["action"].split(".")
    data = with_entry(ACTION, entry.entry_id)["data"]

    answer = await hass.services.async_call(
        domain, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    assert answer["columns"] == ["time", "co2"]
    assert answer["row_count"] == 1


async def test_replay(hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation) -> None:
    async with FakeInflux(InfluxKind.V2) as influx:
        target = InfluxTarget(
            url=influx.url, kind=influx.kind, place="air", organisation=ORGANISATION, token=TOKEN
        )
        stored = InfluxSettings.new(target, since=0).to_stored()
        data = {**entry.data, CONF_INFLUXDB: stored}
        hass.config_entries.async_update_entry(entry, data=data)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await entry.runtime_data.journal.flush()
        domain, action = REPLAY["action"].split(".")
        call = with_entry(REPLAY, entry.entry_id)["data"]
        answer = await hass.services.async_call(
            domain, action, call, blocking=True, return_response=True
        )
        assert answer is not None
        assert (answer["rows"], answer["refused"]) == (1, 0)
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def test_the_form_of_get_latest(
    hass: HomeAssistant, set_up: SetUp, entry: MockConfigEntry
) -> None:
    await set_up()
    answer = await hass.services.async_call(
        "air_state",
        "get_latest",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    found = cast("dict[str, Any]", answer)

    assert found.keys() == LATEST.keys()
    for kind in ("parameters", "readings"):
        for name, shown in LATEST[kind].items():
            assert found[kind][name].keys() == shown.keys()
            assert found[kind][name]["unit"] == shown["unit"]
            assert found[kind][name]["sensors"] == shown["sensors"]
