"""Migration of config entries that an earlier version stored."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from yarl import URL

from ..const import CONF_INFLUXDB, CONF_STORED_UNITS
from ..core.network.addresses import with_port

MINOR_VERSION = 2  # of config entries


@callback
def migrate_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Update what an entry stores about InfluxDB to the current minor version.

    Minor version 1 wrote pressure in Pa, so existing series stay in Pa. It stored addresses with
    plain HTTP's default port without the port.
    """
    data, options = dict(entry.data), dict(entry.options)
    if (stored := data.get(CONF_INFLUXDB)) is not None:
        options[CONF_STORED_UNITS] = dict.fromkeys(("pressure", "seaLevelPressure"), "Pa")
        url = URL(stored["url"])
        if url.scheme == "http" and url.explicit_port is None:
            data[CONF_INFLUXDB] = {**stored, "url": with_port(url)}
    hass.config_entries.async_update_entry(
        entry, data=data, options=options, minor_version=MINOR_VERSION
    )
