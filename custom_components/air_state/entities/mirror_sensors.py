"""Sensors about the mirror: how far it is, and what it could not deliver."""

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

_UNDER_WAY = 5
_MINUTE = 60_000  # ms
_TIME = "time"


@dataclass(frozen=True, kw_only=True)
class MirrorSensorDescription(SensorEntityDescription):
    """A figure about the mirror."""

    value: Callable[[MirrorStatus], int | None]
    time: Callable[[MirrorStatus], datetime | None] = lambda _status: None


def _mirrored_to(status: MirrorStatus) -> datetime | None:
    """Return the minute of the newest row that is mirrored."""
    if status.mirrored_to is None:
        return None
    return to_datetime(status.mirrored_to, UTC).replace(second=0, microsecond=0)


def _minutes_behind(status: MirrorStatus) -> int | None:
    """Return how long ago the newest row that is mirrored was taken, 0 while none waits.

    A time as state would be a line of the activity with every minute, which a figure is not.
    """
    if status.mirrored_to is None:
        return None
    waits = status.problem is not None or _backlog(status)
    return max(0, SystemClock().now() - status.mirrored_to) // _MINUTE if waits else 0


def _backlog(status: MirrorStatus) -> int:
    """Return the backlog, without the few rows that are just under way while all is well."""
    return status.backlog if status.problem or status.backlog > _UNDER_WAY else 0


MIRROR_SENSORS = (
    MirrorSensorDescription(
        key="backlog",
        translation_key="backlog",
        state_class=SensorStateClass.MEASUREMENT,
        value=_backlog,
    ),
    MirrorSensorDescription(
        key="last_mirrored",
        translation_key="last_mirrored",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        value=_minutes_behind,
        time=_mirrored_to,
    ),
    MirrorSensorDescription(
        key="dead_letters",
        translation_key="dead_letters",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda status: status.dead_letters,
    ),
)


@callback
def mirror_sensors(hass: HomeAssistant, entry: AirStateConfigEntry) -> list[MirrorSensor]:
    """Return the sensors of the entry's mirror; without one, those of a former one are removed."""
    if (monitor := entry.runtime_data.monitor) is not None:
        return [MirrorSensor(entry, monitor, each) for each in MIRROR_SENSORS]
    keys = [each.key for each in MIRROR_SENSORS]
    remove_mirror_entities(er.async_get(hass), entry, SENSOR_DOMAIN, *keys)
    return []


class MirrorSensor(MirrorEntity, SensorEntity):
    """A figure about the mirror."""

    entity_description: MirrorSensorDescription
    _unrecorded_attributes = frozenset({_TIME})

    @property
    @override
    def native_value(self) -> int | None:
        """Return the figure; None before the mirror has had a look."""
        status = self._monitor.status
        return None if status is None else self.entity_description.value(status)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, datetime] | None:
        """Return the time that the figure is reckoned from, where there is one."""
        status = self._monitor.status
        time = None if status is None else self.entity_description.time(status)
        return None if time is None else {_TIME: time}
