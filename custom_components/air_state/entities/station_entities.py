"""Entities about the station itself, for firmware that reports about itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import SIGNAL_STRENGTH_DECIBELS_MILLIWATT, EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription

from ..coordinator import AirStateCoordinator
from ..core.domain.times import to_datetime
from ..entity import AirStateEntity, unique_id, update_station_device
from ..runtime import AirStateConfigEntry

SIGNAL = SensorEntityDescription(
    key="signal",
    translation_key="signal",
    device_class=SensorDeviceClass.SIGNAL_STRENGTH,
    native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    state_class=SensorStateClass.MEASUREMENT,
    entity_category=EntityCategory.DIAGNOSTIC,
)
STARTED = SensorEntityDescription(
    key="started",
    translation_key="started",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
)
WARMING_UP = BinarySensorEntityDescription(
    key="warming_up", translation_key="warming_up", entity_category=EntityCategory.DIAGNOSTIC
)
_SAME_START = timedelta(seconds=30)  # the clocks of station and server drift apart a little


class StationEntity(AirStateEntity):
    """An entity about the station itself."""

    def __init__(self, coordinator: AirStateCoordinator, description: EntityDescription) -> None:
        """Make the entity that `description` describes."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = unique_id(coordinator.config_entry, "", "station", description.key)

    @property
    @override
    def available(self) -> bool:
        """Return whether the station answers and reports about itself."""
        return super().available and self.coordinator.info is not None


class SignalSensor(StationEntity, SensorEntity):
    """The strength of the WLAN at the station."""

    @property
    @override
    def native_value(self) -> int | None:
        """Return the strength in dBm."""
        info = self.coordinator.info
        return info.signal if info else None


class StartedSensor(StationEntity, SensorEntity):
    """When the station was switched on."""

    _shown: datetime | None = None

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time. It stays the same until the station starts again."""
        if (info := self.coordinator.info) is None:
            return None
        started = to_datetime(info.started, UTC).replace(microsecond=0)
        if self._shown is None or abs(started - self._shown) > _SAME_START:
            self._shown = started
        return self._shown


class WarmingUpSensor(StationEntity, BinarySensorEntity):
    """On while a sensor of the station is warming up and its values are not steady yet."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether a sensor is warming up."""
        info = self.coordinator.info
        return bool(info.warming_up) if info else None


@callback
def add_station_entities(
    entry: AirStateConfigEntry, add: Callable[[AirStateCoordinator], None]
) -> None:
    """Call `add` once the station reports about itself, perhaps after its board was flashed."""
    coordinator = entry.runtime_data.coordinator
    added = False

    @callback
    def check() -> None:
        nonlocal added
        if coordinator.info is not None and not added:
            added = True
            add(coordinator)

    check()
    entry.async_on_unload(coordinator.async_add_listener(check))


@callback
def keep_device_current(entry: AirStateConfigEntry) -> None:
    """Update the device's page when the station's firmware changes."""
    coordinator = entry.runtime_data.coordinator
    shown = coordinator.info.firmware if coordinator.info else None

    @callback
    def check() -> None:
        nonlocal shown
        firmware = coordinator.info.firmware if coordinator.info else None
        if firmware != shown:
            shown = firmware
            update_station_device(coordinator.hass, entry)

    entry.async_on_unload(coordinator.async_add_listener(check))
