"""What the entities about a station's mirror have in common."""

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
    """Return the unique id of an entity about the mirror; no sensor's name is empty."""
    return unique_id(entry, "", key)


class MirrorEntity(Entity):
    """An entity about a station's mirror; there whether or not the station answers."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self,
        entry: AirStateConfigEntry,
        monitor: MirrorMonitor,
        description: EntityDescription,
    ) -> None:
        """Show what `monitor` watches."""
        self.entity_description = description
        self._monitor = monitor
        self._attr_unique_id = mirror_unique_id(entry, description.key)
        self._attr_device_info = station_device(entry)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the mirror."""
        self.async_on_remove(self._monitor.add_listener(self._update))

    @callback
    def _update(self) -> None:
        self.async_write_ha_state()


@callback
def remove_mirror_entities(
    registry: er.EntityRegistry, entry: AirStateConfigEntry, domain: str, *keys: str
) -> None:
    """Remove the entities of a mirror that is no more."""
    for key in keys:
        entity_id = registry.async_get_entity_id(domain, DOMAIN, mirror_unique_id(entry, key))
        if entity_id is not None:
            registry.async_remove(entity_id)
