"""The base of a station's entities, their unique ids and their device."""

from urllib.parse import quote

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import CONNECTION_NETWORK_MAC, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from .coordinator import AirStateCoordinator
from .core.domain.models import ReadingKey
from .core.station.address import StationAddress
from .runtime import AirStateConfigEntry


def unique_id(entry: AirStateConfigEntry, *names: str) -> str:
    """Return a unique id made of names that the station sends, with any printable characters.

    It begins with the entry's id, since stations of the first firmware have no id.
    """
    return "/".join([entry.entry_id, *(quote(name, safe="") for name in names)])


def mean_unique_id(entry: AirStateConfigEntry, parameter: str) -> str:
    """Return the unique id of a parameter's mean."""
    return unique_id(entry, parameter)


def reading_unique_id(entry: AirStateConfigEntry, key: ReadingKey) -> str:
    """Return the unique id of a reading."""
    return unique_id(entry, *key)


def station_device(entry: AirStateConfigEntry) -> DeviceInfo:
    """Return the device of a station, to which all its entities belong."""
    info = entry.runtime_data.coordinator.info
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        connections={(CONNECTION_NETWORK_MAC, info.mac)} if info else set(),
        name=entry.title,
        model="Air-quality station",
        model_id=entry.data[CONF_DEVICE],
        sw_version=info.firmware if info else None,
        configuration_url=str(StationAddress.parse(entry.data[CONF_ADDRESS]).url),
    )


@callback
def update_station_device(hass: HomeAssistant, entry: AirStateConfigEntry) -> None:
    """Update the device's firmware and MAC address: its board may have been flashed."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    if device is not None:
        info = entry.runtime_data.coordinator.info
        registry.async_update_device(
            device.id,
            sw_version=info.firmware if info else None,
            new_connections={(CONNECTION_NETWORK_MAC, info.mac)} if info else set(),
        )


class AirStateEntity(CoordinatorEntity[AirStateCoordinator]):
    """An entity of a station's device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: AirStateCoordinator) -> None:
        """Make an entity of the station that `coordinator` polls."""
        super().__init__(coordinator)
        self._attr_device_info = station_device(coordinator.config_entry)
