"""What all entities of a station have in common."""

from urllib.parse import quote

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_DEVICE, DOMAIN
from .coordinator import AirStateConfigEntry, AirStateCoordinator
from .core.models import ReadingKey


def unique_id(entry: AirStateConfigEntry, *names: str) -> str:
    """Return a unique id out of wire names, which may hold any printable character.

    It rests on the entry's id, since the station itself has none.
    """
    return "/".join([entry.entry_id, *(quote(name, safe="") for name in names)])


def mean_unique_id(entry: AirStateConfigEntry, parameter: str) -> str:
    """Return the unique id of a parameter's mean."""
    return unique_id(entry, parameter)


def reading_unique_id(entry: AirStateConfigEntry, key: ReadingKey) -> str:
    """Return the unique id of a single sensor's reading."""
    return unique_id(entry, *key)


class AirStateEntity(CoordinatorEntity[AirStateCoordinator]):
    """An entity of a station's device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: AirStateCoordinator) -> None:
        """Belong to the station that `coordinator` polls."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            model="Air-quality station",
            model_id=entry.data[CONF_DEVICE],
            configuration_url=str(coordinator.client.address.url),
        )
