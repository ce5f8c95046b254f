"""What all steps of the config flow share: the entry that is being changed, and the others."""

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow

from ..const import DOMAIN
from ..mirroring.settings import InfluxSettings, same_connection
from ..runtime import AirStateConfigEntry
from .form_errors import FormErrors


class FlowBase(FormErrors, ConfigFlow):
    """Knows the entries, and shows errors in forms."""

    @property
    def _own_entry(self) -> AirStateConfigEntry | None:
        """Return the entry that is being reconfigured, None for a new station."""
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    def _entries_with_influxdb(self) -> list[tuple[AirStateConfigEntry, InfluxSettings]]:
        entries: list[AirStateConfigEntry] = self.hass.config_entries.async_entries(DOMAIN)
        return [(each, found) for each in entries if (found := InfluxSettings.from_entry(each))]

    def _other_connections(self) -> list[tuple[AirStateConfigEntry, InfluxSettings]]:
        """Return one entry for each connection to InfluxDB that other stations use."""
        found: list[tuple[AirStateConfigEntry, InfluxSettings]] = []
        for entry, settings in self._entries_with_influxdb():
            if entry is not self._own_entry and not any(
                same_connection(settings.target, other.target) for _, other in found
            ):
                found.append((entry, settings))
        return found
