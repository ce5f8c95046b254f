"""Diagnostics and system health of a mirrored station."""

import logging

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.diagnostics import async_get_config_entry_diagnostics
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import SetUp
from tests.ha.influx import PASSWORD, TOKEN, FakeInflux
from tests.ha.mirroring.mirrored import entry, influx, poll, quick, settled, until

__all__ = ["entry", "influx", "quick"]


async def test_diagnostics_and_system_health_know_the_mirror_and_keep_its_secrets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    data = await set_up()
    await settled(hass, data)
    influx.secrets = {"renewed"}
    await poll(hass, data)
    mirror = data.mirror
    assert mirror is not None
    await until(lambda: mirror.status.problem)
    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json_bytes(found).decode()
    assert (found["mirror"]["problem"], found["mirror"]["backlog"]) == ("influx_credentials", 1)
    assert TOKEN not in text + caplog.text + repr(data) + repr(InfluxSettings.from_entry(entry))
    assert PASSWORD not in text
    assert influx.url not in text
    assert await async_setup_component(hass, "system_health", {})
    health = await get_system_health_info(hass, DOMAIN)
    assert (health["mirrors"], health["mirrors_working"], health["backlog"]) == (1, 0, 1)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    hass.config_entries.flow.async_abort(flow["flow_id"])
