"""What belongs to a station's config entry while it is loaded."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry, ConfigEntryState

from .coordinator import AirStateCoordinator
from .core.domain.errors import JournalError, MirrorAbsentError
from .core.domain.models import ReadingKey, Source
from .core.history.history import History
from .core.influx.connection import InfluxConnection
from .core.journal.writer import JournalWriter
from .core.mirror.mirror import Mirror
from .mirroring.monitor import MirrorMonitor


@dataclass(frozen=True, slots=True, kw_only=True)
class AirStateData:
    """The parts that one station consists of; the last three are None without an InfluxDB."""

    coordinator: AirStateCoordinator
    journal: JournalWriter
    history: History
    influx: InfluxConnection | None
    mirror: Mirror | None
    monitor: MirrorMonitor | None

    def require_influx(self) -> InfluxConnection:
        """Return the station's InfluxDB. Raises MirrorAbsentError."""
        if self.influx is None:
            raise MirrorAbsentError(station=self.coordinator.name)
        return self.influx


type AirStateConfigEntry = ConfigEntry[AirStateData]


async def async_newest_readings(entry: AirStateConfigEntry) -> Mapping[ReadingKey, float]:
    """Return the newest value of each reading, nothing while the station is not loaded.

    What the newest poll did not bring is the journal's.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return {}
    data = entry.runtime_data
    known: dict[ReadingKey, float] = {}
    with suppress(JournalError):
        for latest in await data.history.latest(Source.JOURNAL):
            if latest.series.reading is not None:
                known[latest.series.reading] = latest.value
    return {**known, **(data.coordinator.data.readings if data.coordinator.data else {})}
