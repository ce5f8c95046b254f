"""Binary sensors: whether InfluxDB takes the readings, and whether a sensor is warming up."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import (
    DOMAIN as BINARY_SENSOR_DOMAIN,
)
from homeassistant.components.binary_sensor.const import (
    BinarySensorDeviceClass,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.mirror_entity import MirrorEntity, remove_mirror_entities
from .entities.station_entities import WARMING_UP, WarmingUpSensor, add_station_entities
from .runtime import AirStateConfigEntry
from .translate import error_message

PARALLEL_UPDATES = 0  # entities do not request anything

CONNECTION = BinarySensorEntityDescription(
    key="influxdb",
    translation_key="influxdb",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AirStateConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the mirror's entity if there is a mirror, and the station's once it reports of itself."""
    add_station_entities(
        entry, lambda station: async_add_entities([WarmingUpSensor(station, WARMING_UP)])
    )
    if (monitor := entry.runtime_data.monitor) is not None:
        async_add_entities([InfluxConnectivitySensor(entry, monitor, CONNECTION)])
    else:
        remove_mirror_entities(er.async_get(hass), entry, BINARY_SENSOR_DOMAIN, CONNECTION.key)


class InfluxConnectivitySensor(MirrorEntity, BinarySensorEntity):
    """On while InfluxDB takes the readings; else the attribute `reason` says why it does not."""

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None]:
        """Return why InfluxDB does not take the readings, None while it does."""
        status = self._monitor.status
        problem = status.problem if status else None
        return {"reason": error_message(problem) if problem else None}

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether InfluxDB takes the readings, None before the first try."""
        status = self._monitor.status
        if status is None or (status.problem is None and not status.reached):
            return None
        return status.problem is None
