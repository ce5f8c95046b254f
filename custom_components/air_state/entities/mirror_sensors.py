"""Sensors about the mirror: backlog, delay and dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
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
from homeassistant.const import UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..core.domain.clock import SystemClock
from ..core.domain.times import to_datetime
from ..core.mirror.status import MirrorStatus
from ..runtime import AirStateConfigEntry
from .mirror_entity import MirrorEntity, remove_mirror_entities

_MAX_ROWS_UNDER_WAY = 5  # so many are no backlog while all is well
_MINUTE = 60_000  # ms
_TIME = "time"


@dataclass(frozen=True, kw_only=True)
class MirrorSensorDescription(SensorEntityDescription):
    """How to get a sensor's value, and the time that the value is counted from."""

    value_fn: Callable[[MirrorStatus], int | None]
    time_fn: Callable[[MirrorStatus], datetime | None] = lambda _status: None


def _mirrored_to(status: MirrorStatus) -> datetime | None:
    """Return the time of the newest mirrored row, in whole minutes."""
    if status.mirrored_to is None:
        return None
    return to_datetime(status.mirrored_to, UTC).replace(second=0, microsecond=0)


def _minutes_behind(status: MirrorStatus) -> int | None:
    """Return how many minutes ago the newest mirrored row was taken, 0 while no row waits.

    A timestamp in place of the number would fill the activity page with a line a minute.
    """
    if status.mirrored_to is None:
        return None
    waits = status.problem is not None or _backlog(status)
    return max(0, SystemClock().now() - status.mirrored_to) // _MINUTE if waits else 0


def _backlog(status: MirrorStatus) -> int:
    """Return how many rows wait, 0 if they are few and all is well: those are under way."""
    return status.backlog if status.problem or status.backlog > _MAX_ROWS_UNDER_WAY else 0


MIRROR_SENSORS = (
    MirrorSensorDescription(
        key="backlog",
        translation_key="backlog",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=_backlog,
    ),
    MirrorSensorDescription(
        key="last_mirrored",
        translation_key="last_mirrored",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        value_fn=_minutes_behind,
        time_fn=_mirrored_to,
    ),
    MirrorSensorDescription(
        key="dead_letters",
        translation_key="dead_letters",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda status: status.dead_letters,
    ),
)


@callback
def mirror_sensors(hass: HomeAssistant, entry: AirStateConfigEntry) -> list[MirrorSensor]:
    """Return the sensors of the entry's mirror. If it has none, remove those of a former one."""
    if (monitor := entry.runtime_data.monitor) is not None:
        return [MirrorSensor(entry, monitor, each) for each in MIRROR_SENSORS]
    keys = [each.key for each in MIRROR_SENSORS]
    remove_mirror_entities(er.async_get(hass), entry, SENSOR_DOMAIN, *keys)
    return []


class MirrorSensor(MirrorEntity, SensorEntity):
    """A number about the mirror."""

    entity_description: MirrorSensorDescription
    _unrecorded_attributes = frozenset({_TIME})

    @property
    @override
    def native_value(self) -> int | None:
        """Return the number, None before the mirror has reported."""
        status = self._monitor.status
        return None if status is None else self.entity_description.value_fn(status)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, datetime] | None:
        """Return the time that the number is counted from, if there is one."""
        status = self._monitor.status
        time = None if status is None else self.entity_description.time_fn(status)
        return None if time is None else {_TIME: time}
