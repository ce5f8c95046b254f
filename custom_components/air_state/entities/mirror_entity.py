"""The base of the entities about a station's mirror."""

from typing import override

from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription

from ..const import DOMAIN
from ..entity import station_device, unique_id
from ..mirroring.monitor import MirrorMonitor
from ..runtime import AirStateConfigEntry


def mirror_unique_id(entry: AirStateConfigEntry, key: str) -> str:
    """Return the unique id of an entity about the mirror.

    The empty name keeps it apart from readings: no sensor's name is empty.
    """
    return unique_id(entry, "", key)


class MirrorEntity(Entity):
    """An entity about a station's mirror. It is available even if the station is not."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self,
        entry: AirStateConfigEntry,
        monitor: MirrorMonitor,
        description: EntityDescription,
    ) -> None:
        """Show the status that `monitor` reports."""
        self.entity_description = description
        self._monitor = monitor
        self._attr_unique_id = mirror_unique_id(entry, description.key)
        self._attr_device_info = station_device(entry)

    @override
    async def async_added_to_hass(self) -> None:
        """Write the state whenever the mirror's status changes."""
        self.async_on_remove(self._monitor.add_listener(self._update))

    @callback
    def _update(self) -> None:
        self.async_write_ha_state()


@callback
def remove_mirror_entities(
    registry: er.EntityRegistry, entry: AirStateConfigEntry, domain: str, *keys: str
) -> None:
    """Remove the entities with these keys, left over from a mirror that was removed."""
    for key in keys:
        entity_id = registry.async_get_entity_id(domain, DOMAIN, mirror_unique_id(entry, key))
        if entity_id is not None:
            registry.async_remove(entity_id)
