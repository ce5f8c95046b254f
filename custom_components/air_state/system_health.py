"""Figures of all stations for Home Assistant's system information page."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime import AirStateConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the figures."""
    register.async_register_info(_info)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the figures by the keys of their names in the translations."""
    entries: list[AirStateConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    stations = [entry.runtime_data for entry in entries]
    mirrors = [each.mirror.status for each in stations if each.mirror is not None]
    return {
        "stations": len(stations),
        "stations_answering": sum(each.coordinator.last_update_success for each in stations),
        "journals_writable": sum(each.journal.status.problem is None for each in stations),
        "mirrors": len(mirrors),
        "mirrors_working": sum(each.reached and each.problem is None for each in mirrors),
        "backlog": sum(each.backlog for each in mirrors),
    }
