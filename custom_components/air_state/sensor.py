"""Sensor entities: one for each reading, and one for the mean of several sensors' readings."""

from abc import abstractmethod
from dataclasses import replace
from typing import override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
)
from homeassistant.components.sensor import (
    SensorEntity,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import AirStateCoordinator
from .core.domain.means import group_by_parameter, series_value
from .core.domain.models import ReadingKey, Series
from .core.domain.parameters import canonical_name
from .core.domain.sensor_types import find_parameter, sensor_name
from .descriptions import DESCRIPTIONS
from .entities.mirror_sensors import mirror_sensors
from .entities.station_entities import (
    SIGNAL,
    STARTED,
    SignalSensor,
    StartedSensor,
    add_station_entities,
    keep_device_current,
)
from .entity import AirStateEntity, mean_unique_id, reading_unique_id
from .runtime import AirStateConfigEntry

PARALLEL_UPDATES = 0  # the coordinator polls for all entities


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AirStateConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add sensors of known readings now, and of new ones when the station sends them."""
    async_add_entities(mirror_sensors(hass, entry))
    keep_device_current(entry)
    add_station_entities(
        entry,
        lambda station: async_add_entities(
            [SignalSensor(station, SIGNAL), StartedSensor(station, STARTED)]
        ),
    )
    coordinator = entry.runtime_data.coordinator
    added: set[str] = set()
    counts = (0, 0)  # of readings and means

    @callback
    def update_entities() -> None:
        nonlocal counts
        new_counts = (len(coordinator.known.keys), len(coordinator.known.means))
        if new_counts == counts:
            return
        counts = new_counts
        sensors: list[AirStateSensor] = [
            *(ReadingSensor(coordinator, key) for key in sorted(coordinator.known.keys)),
            *(MeanSensor(coordinator, series) for series in coordinator.known.means.values()),
        ]
        new = [sensor for sensor in sensors if sensor.unique_id not in added]
        added.clear()
        added.update(str(sensor.unique_id) for sensor in sensors)
        _remove_obsolete_entities(coordinator)
        async_add_entities(new)

    update_entities()
    entry.async_on_unload(coordinator.async_add_listener(update_entities))


def _remove_obsolete_entities(coordinator: AirStateCoordinator) -> None:
    """Remove entities of forgotten readings, and means left with fewer than two sensors by them.

    Other means stay, even if a sensor is missing at the moment.
    """
    entry, forgotten = coordinator.config_entry, coordinator.known.forgotten
    by_parameter = group_by_parameter(coordinator.known.keys | forgotten)
    obsolete = [reading_unique_id(entry, key) for key in forgotten] + [
        mean_unique_id(entry, parameter)
        for parameter, keys in by_parameter.items()
        if len(keys) > 1 and parameter not in coordinator.known.means
    ]
    registry = er.async_get(coordinator.hass)
    for unique_id in obsolete:
        if entity_id := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
            registry.async_remove(entity_id)


class AirStateSensor(AirStateEntity, SensorEntity):
    """The value of a series: of one reading, or of a mean."""

    def __init__(self, coordinator: AirStateCoordinator, series: Series) -> None:
        """Show the newest value of `series`."""
        super().__init__(coordinator)
        # Availability, value and caveats that were written last.
        self._written_state: tuple[bool, float | None, dict[str, bool | str]] | None = None
        known = find_parameter(series.keys[0])
        self._attr_native_unit_of_measurement = known.unit
        self._attr_suggested_display_precision = known.decimals
        if description := DESCRIPTIONS.get(canonical_name(series.parameter)):
            self.entity_description = description

    @property
    @override
    def native_value(self) -> float | None:
        """Return the newest value, None if it is missing.

        A parameter that is not listed has no state class, and Home Assistant shows its value
        unrounded. So a whole number is returned as one, without a decimal.
        """
        value = self._value
        whole = value is not None and self.state_class is None and value.is_integer()
        return int(value) if value is not None and whole else value

    @property
    @abstractmethod
    def _value(self) -> float | None:
        """Return the newest value, None if it is missing."""

    @property
    def _caveats(self) -> dict[str, bool | str]:
        """Return why the value cannot be fully trusted, as the station says."""
        return {}

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state if it has changed: writing costs far more than comparing."""
        new = (self.available, self.native_value, self._caveats)
        if new != self._written_state:
            self._written_state = new
            self.async_write_ha_state()


class ReadingSensor(AirStateSensor):
    """A reading of one sensor, such as the DHT22's temperature."""

    def __init__(self, coordinator: AirStateCoordinator, key: ReadingKey) -> None:
        """Show the reading `key`."""
        super().__init__(coordinator, Series(name=str(key), parameter=key.parameter, keys=(key,)))
        self._key = key
        self._attr_unique_id = reading_unique_id(coordinator.config_entry, key)
        self._attr_translation_placeholders = {"sensor": sensor_name(key.sensor)}
        if canonical_name(key.parameter) not in DESCRIPTIONS:
            self._attr_translation_key = "reading"
            self._attr_translation_placeholders["parameter"] = key.parameter

    @property
    @override
    def _caveats(self) -> dict[str, bool | str]:
        info = self.coordinator.info
        return info.caveats(self._key.sensor) if info else {}

    @override
    async def async_removed_from_registry(self) -> None:
        """Forget the reading when its entity is deleted, unless the station still sends it."""
        self.coordinator.forget_reading(self._key)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool | str]:
        """Return why the value cannot be fully trusted, such as ``warming_up``."""
        return self._caveats

    @property
    @override
    def _value(self) -> float | None:
        snapshot = self.coordinator.data
        return snapshot.readings.get(self._key) if snapshot else None


class MeanSensor(AirStateSensor):
    """The mean of a parameter over the sensors that count."""

    def __init__(self, coordinator: AirStateCoordinator, series: Series) -> None:
        """Show the mean `series`."""
        super().__init__(coordinator, series)
        self._series = series
        self._attr_unique_id = mean_unique_id(coordinator.config_entry, series.parameter)
        if description := DESCRIPTIONS.get(canonical_name(series.parameter)):
            self.entity_description = replace(
                description, translation_key=f"{description.key}_mean"
            )
        else:
            self._attr_translation_key = "mean"
            self._attr_translation_placeholders = {"parameter": series.parameter}

    @property
    @override
    def _value(self) -> float | None:
        """Return the mean over the sensors that count, including those that came later."""
        series = self.coordinator.known.means.get(self._series.parameter, self._series)
        snapshot = self.coordinator.data
        return series_value(series, snapshot.readings) if snapshot else None
