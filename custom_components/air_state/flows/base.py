"""What all steps of the config flow share: the entry that is being changed, and the others."""

from collections.abc import Mapping

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow

from ..const import DOMAIN
from ..core.domain.errors import AirStateError
from ..mirroring.settings import InfluxSettings, same_connection
from ..runtime import AirStateConfigEntry


class FlowBase(ConfigFlow):
    """Knows the entries, and shows errors of the core in forms."""

    _error_details: Mapping[str, str] = {}  # fill the placeholders of the error's text

    def _form_errors(self, field: str, error: AirStateError) -> dict[str, str]:
        """Return an error as the `errors` of a form: it is shown below that field.

        Home Assistant finds the text by the error's code: `config.error` in translations/en.json.
        """
        self._error_details = error.details
        return {field: error.code}

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
