"""Pausing the journals while Home Assistant copies them into a backup.

Nothing here raises, since that would make the user's whole backup fail.
"""

from homeassistant.core import HomeAssistant

from .const import DOMAIN, LOGGER
from .core.domain.errors import JournalError
from .runtime import AirStateConfigEntry


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Pause every journal; snapshots wait in memory meanwhile."""
    for entry in _loaded_entries(hass):
        try:
            await entry.runtime_data.journal.pause()
        except JournalError as error:
            LOGGER.warning(
                "The backup may lack the last rows of %s's journal: %s", entry.title, error
            )


async def async_post_backup(hass: HomeAssistant) -> None:
    """Resume every journal."""
    for entry in _loaded_entries(hass):
        entry.runtime_data.journal.resume()


def _loaded_entries(hass: HomeAssistant) -> list[AirStateConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)
