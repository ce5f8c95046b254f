"""The entry into the dialogs. Their steps are in flows/, their texts in translations/en.json."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback

from .const import CONF_INFLUXDB, DOMAIN
from .core.domain.models import ReadingKey
from .flows.influx.known_connection_steps import KnownConnectionSteps
from .flows.influx.reauth_steps import ReauthSteps
from .flows.influx.server_steps import ServerSteps
from .flows.options import AirStateOptionsFlow
from .flows.reconfigure_steps import ReconfigureSteps
from .flows.station_steps import StationSteps
from .mirroring.migration import MINOR_VERSION
from .mirroring.settings import InfluxSettings
from .runtime import AirStateConfigEntry, async_newest_readings


class AirStateConfigFlow(
    StationSteps, ReconfigureSteps, ServerSteps, KnownConnectionSteps, ReauthSteps, domain=DOMAIN
):
    """Sets up a station, or changes its address or its InfluxDB."""

    VERSION = 1
    MINOR_VERSION = MINOR_VERSION

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: AirStateConfigEntry) -> AirStateOptionsFlow:
        """Return the flow that changes options."""
        return AirStateOptionsFlow()

    # What the steps about InfluxDB need to know of the station.

    @override
    def _finish_influxdb(
        self, settings: InfluxSettings, options: dict[str, Any]
    ) -> ConfigFlowResult:
        """Store the settings in a new entry, or in the one that is being changed."""
        data = {CONF_INFLUXDB: settings.to_stored()}
        if (entry := self._own_entry) is not None:
            return self.async_update_reload_and_abort(
                entry, data_updates=data, options={**entry.options, **options}
            )
        self._options |= options
        return self._create_entry(data)

    @override
    async def _newest_readings(self) -> Mapping[ReadingKey, float]:
        if (entry := self._own_entry) is None:
            return self._snapshot.readings
        return await async_newest_readings(entry)

    @property
    @override
    def _device_and_name(self) -> tuple[str, str]:
        return self._snapshot.device, self._title
