"""Journals come to rest while Home Assistant copies them into a backup.

Nothing here raises: that would fail the whole of the user's backup.
"""

from homeassistant.core import HomeAssistant

from .const import DOMAIN, LOGGER
from .core.domain.errors import JournalError
from .runtime import AirStateConfigEntry


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Bring every journal to rest; snapshots wait in memory meanwhile."""
    for entry in _loaded(hass):
        try:
            await entry.runtime_data.journal.pause()
        except JournalError as error:
            LOGGER.warning(
                "The backup may lack the last rows of %s's journal: %s", entry.title, error
            )


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let every journal go on."""
    for entry in _loaded(hass):
        entry.runtime_data.journal.resume()


def _loaded(hass: HomeAssistant) -> list[AirStateConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)
