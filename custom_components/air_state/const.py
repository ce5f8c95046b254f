"""Names and defaults that several modules share."""

import logging
from typing import Final

DOMAIN: Final = "air_state"
LOGGER = logging.getLogger(__package__)

CONF_ADDRESS: Final = "address"
CONF_DEVICE: Final = "device"

CONF_POLL_SECONDS: Final = "poll_seconds"
CONF_UPDATE_SECONDS: Final = "update_seconds"
CONF_EXCLUDED: Final = "excluded"
CONF_INCLUDED: Final = "included"
CONF_FORGOTTEN: Final = "forgotten"
CONF_JOURNAL_DAYS: Final = "journal_days"
CONF_JOURNAL_MEGABYTES: Final = "journal_megabytes"

CONF_INFLUXDB: Final = "influxdb"  # in an entry's data; see mirroring/settings.py
CONF_DEVICE_TAG: Final = "device_tag"
CONF_OWN_READINGS: Final = "own_readings"
CONF_STORED_UNITS: Final = "stored_units"  # by parameter, if not the catalogue's

DEFAULT_POLL_SECONDS: Final = 30
DEFAULT_UPDATE_SECONDS: Final = 10
DEFAULT_JOURNAL_DAYS: Final = 10
DEFAULT_JOURNAL_MEGABYTES: Final = 512
