"""Reloads a config entry a little later, once for many requests."""

from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

_DELAY_SECONDS = 10.0


class DelayedReload:
    """Reloads an entry ten seconds after the last request."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Reload `entry` on request; unloading it cancels a request."""
        self._hass = hass
        self._entry_id = entry.entry_id
        self._cancel_call: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._cancel)

    @callback
    def request(self) -> None:
        """Reload the entry in ten seconds, counted anew if that was requested before."""
        self._cancel()
        self._cancel_call = async_call_later(self._hass, _DELAY_SECONDS, self._reload)

    @callback
    def _cancel(self) -> None:
        if self._cancel_call is not None:
            self._cancel_call()
            self._cancel_call = None

    @callback
    def _reload(self, _now: datetime) -> None:
        self._cancel_call = None
        self._hass.config_entries.async_schedule_reload(self._entry_id)
