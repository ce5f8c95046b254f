"""Sensors: one for each reading, and one for each parameter that several sensors measure."""

from abc import abstractmethod
from dataclasses import replace
from typing import override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import AirStateConfigEntry, AirStateCoordinator
from .core.means import group_counted, series_value
from .core.models import ReadingKey, Series
from .core.parameters import describe, sensor_name
from .entity import AirStateEntity, mean_unique_id, reading_unique_id
from .mirror_sensors import mirror_sensors
from .station_sensors import (
    SIGNAL,
    STARTED,
    SignalSensor,
    StartedSensor,
    follow_device,
    follow_station,
)

PARALLEL_UPDATES = 0  # entities only show what the coordinator polled

_VOC = SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS_PARTS


def _row(
    key: str,
    device_class: SensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        entity_category=category,
        state_class=SensorStateClass.MEASUREMENT,
    )


# By wire name. Units and decimals come from the catalogue, names and icons from translations and
# icons.json, where `<key>_mean` names the mean.
DESCRIPTIONS: dict[str, SensorEntityDescription] = {
    "temperature": _row("temperature", SensorDeviceClass.TEMPERATURE),
    "humidity": _row("humidity", SensorDeviceClass.HUMIDITY),
    "pressure": _row("pressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE),
    "seaLevelPressure": _row("sea_level_pressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE),
    # Computed from the pressure: says nothing about the air.
    "altitude": _row("altitude", SensorDeviceClass.DISTANCE, category=EntityCategory.DIAGNOSTIC),
    "co": _row("co", SensorDeviceClass.CO),
    "co2": _row("co2", SensorDeviceClass.CO2),
    "nh4": _row("nh4"),
    "alcohol": _row("alcohol", _VOC),
    "aceton": _row("acetone", _VOC),
    "toulen": _row("toluene", _VOC),
    "pm1": _row("pm1", SensorDeviceClass.PM1),
    "pm25": _row("pm25", SensorDeviceClass.PM25),
    "pm10": _row("pm10", SensorDeviceClass.PM10),
    "tvoc": _row("tvoc", _VOC),
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AirStateConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what is known now, and later what the station sends for the first time."""
    async_add_entities(mirror_sensors(hass, entry))
    follow_device(entry)
    follow_station(
        entry,
        lambda station: async_add_entities(
            [SignalSensor(station, SIGNAL), StartedSensor(station, STARTED)]
        ),
    )
    coordinator = entry.runtime_data.coordinator
    added: set[str] = set()
    seen = (0, 0)

    @callback
    def add_new() -> None:
        nonlocal seen
        now = (len(coordinator.known), len(coordinator.means))
        if now == seen:
            return
        seen = now
        wanted: list[AirStateSensor] = [
            *(ReadingSensor(coordinator, key) for key in sorted(coordinator.known)),
            *(MeanSensor(coordinator, series) for series in coordinator.means.values()),
        ]
        new = [sensor for sensor in wanted if sensor.unique_id not in added]
        added.update(str(sensor.unique_id) for sensor in new)
        async_add_entities(new)

    _remove_means_not_counted(coordinator)
    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))


def _remove_means_not_counted(coordinator: AirStateCoordinator) -> None:
    """Remove the mean of a parameter for which the options leave fewer than two sensors."""
    registry = er.async_get(coordinator.hass)
    possible = group_counted(coordinator.known)
    for parameter in possible.keys() - coordinator.means.keys():
        if len(possible[parameter].keys) == 1:
            continue  # the others may only be missing at the moment
        entity_id = registry.async_get_entity_id(
            SENSOR_DOMAIN, DOMAIN, mean_unique_id(coordinator.config_entry, parameter)
        )
        if entity_id is not None:
            registry.async_remove(entity_id)


class AirStateSensor(AirStateEntity, SensorEntity):
    """The value of a series: of one reading, or of a mean."""

    def __init__(self, coordinator: AirStateCoordinator, series: Series) -> None:
        """Show `series`."""
        super().__init__(coordinator)
        # What the state says.
        self._shown: tuple[bool, float | None, dict[str, bool | str]] | None = None
        known = describe(series.keys[0])
        self._attr_native_unit_of_measurement = known.unit
        if description := DESCRIPTIONS.get(series.parameter):
            self.entity_description = description
        else:
            self._attr_state_class = SensorStateClass.MEASUREMENT
        self._attr_suggested_display_precision = known.decimals

    @property
    @override
    @abstractmethod
    def native_value(self) -> float | None:
        """Return the newest value; None, shown as unknown, if just this one is missing."""

    @property
    def _marks(self) -> dict[str, bool | str]:
        """Return what the station says of how far the value can be trusted."""
        return {}

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state if it is another one: each write costs far more than this."""
        shown = (self.available, self.native_value, self._marks)
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class ReadingSensor(AirStateSensor):
    """One sensor's own reading, such as the temperature of the DHT22."""

    def __init__(self, coordinator: AirStateCoordinator, key: ReadingKey) -> None:
        """Show the reading `key`."""
        super().__init__(coordinator, Series(name=str(key), parameter=key.parameter, keys=(key,)))
        self._key = key
        self._attr_unique_id = reading_unique_id(coordinator.config_entry, key)
        if key.parameter in DESCRIPTIONS:
            self._attr_translation_placeholders = {"sensor": sensor_name(key.sensor)}
        else:
            self._attr_name = f"{sensor_name(key.sensor)} {key.parameter}"

    @property
    @override
    def _marks(self) -> dict[str, bool | str]:
        info = self.coordinator.info
        return info.marks(self._key.sensor) if info else {}

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool | str]:
        """Return why the value is less than it seems, while it is: its sensor warms up, say."""
        return self._marks

    @property
    @override
    def native_value(self) -> float | None:
        """Return the reading's newest value, None if it is missing."""
        snapshot = self.coordinator.data
        return snapshot.readings.get(self._key) if snapshot else None


class MeanSensor(AirStateSensor):
    """The mean of a parameter over the sensors that count towards it."""

    def __init__(self, coordinator: AirStateCoordinator, series: Series) -> None:
        """Show the mean `series`."""
        super().__init__(coordinator, series)
        self._series = series
        self._attr_unique_id = mean_unique_id(coordinator.config_entry, series.parameter)
        if description := DESCRIPTIONS.get(series.parameter):
            self.entity_description = replace(
                description, translation_key=f"{description.key}_mean"
            )
        else:
            self._attr_translation_key = "mean"
            self._attr_translation_placeholders = {"parameter": series.parameter}

    @property
    @override
    def native_value(self) -> float | None:
        """Return the mean over the sensors that count, those seen since included."""
        series = self.coordinator.means.get(self._series.parameter, self._series)
        snapshot = self.coordinator.data
        return series_value(series, snapshot.readings) if snapshot else None
