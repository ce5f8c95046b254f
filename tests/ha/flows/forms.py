"""The dialogs as a user goes through them, for tests."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import DOMAIN

type Result = ConfigFlowResult


async def begin(hass: HomeAssistant) -> Result:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    return await hass.config_entries.flow.async_configure(form["flow_id"], values)


async def finish(hass: HomeAssistant, form: Result, **values: object) -> Result:
    """Submit the step `station`, and create the entry without InfluxDB."""
    menu = await submit(hass, form, **values)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "mirror")
    assert menu["menu_options"] == ["without_influxdb", "influxdb"]
    return await submit(hass, menu, next_step_id="without_influxdb")


async def start_reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> Result:
    context: Any = {"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context)


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry, step: str) -> Result:
    """Start reconfiguring and choose a step from its menu."""
    menu = await start_reconfigure(hass, entry)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "reconfigure")
    return await submit(hass, menu, next_step_id=step)


async def open_options(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    return await hass.config_entries.options.async_init(entry.entry_id)


async def change_options(hass: HomeAssistant, form: Result, **values: object) -> Result:
    defaults = {
        "poll_seconds": 30,
        "update_seconds": 10,
        "journal_days": 10,
        "journal_megabytes": 512,
    }
    return await hass.config_entries.options.async_configure(
        form["flow_id"], {**defaults, **values}
    )


def errors(form: Result) -> dict[str, str]:
    return dict(form.get("errors") or {})


def placeholders(form: Result) -> dict[str, str]:
    return dict(form.get("description_placeholders") or {})
