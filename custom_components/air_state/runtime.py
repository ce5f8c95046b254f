"""The runtime data of a station's config entry: what it has while it is loaded."""

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
    """The parts of a station. The last three are None if it has no InfluxDB."""

    coordinator: AirStateCoordinator
    journal: JournalWriter
    history: History
    influx: InfluxConnection | None
    mirror: Mirror | None
    monitor: MirrorMonitor | None

    def require_influx(self) -> InfluxConnection:
        """Return the station's InfluxDB. Raises MirrorAbsentError if it has none."""
        if self.influx is None:
            raise MirrorAbsentError(station=self.coordinator.name)
        return self.influx


type AirStateConfigEntry = ConfigEntry[AirStateData]


async def async_newest_readings(entry: AirStateConfigEntry) -> Mapping[ReadingKey, float]:
    """Return the newest value of each reading, none while the entry is not loaded.

    Values that the newest poll did not bring come from the journal.
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
