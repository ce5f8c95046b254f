"""Passes a mirror's status on: to entities, to repair issues, to the log and to other mirrors."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS, DOMAIN
from ..core.mirror.status import MirrorStatus
from .issues import MirrorIssues
from .log import MirrorLog


class MirrorMonitor:
    """Holds the newest status of a mirror, and notifies listeners."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Monitor the mirror of the config entry."""
        self.status: MirrorStatus | None = None  # until the mirror reports for the first time
        self.issues = MirrorIssues(hass, entry)
        self._log = MirrorLog(hass, entry)
        self._hass = hass
        self._entry = entry
        self._update_seconds = entry.options.get(CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS)
        self._listeners: set[CALLBACK_TYPE] = set()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._unloaded = False
        entry.async_on_unload(self._unload)

    @callback
    def report(self, status: MirrorStatus) -> None:
        """Take a new status.

        Listeners are notified at once when InfluxDB is lost or found. Other changes are passed on
        at most once per update interval.
        """
        before, self.status = self.status, status
        if before is None or _connection_state(before) != _connection_state(status):
            self._notify()
        elif self._cancel_timer is None and not self._unloaded:
            self._cancel_timer = async_call_later(self._hass, self._update_seconds, self._notify)
        if before != status and not self._unloaded:  # the next start reports it again
            if self._log.report(status):
                self._retry_other_mirrors()
            self.issues.report(status)

    @callback
    def add_listener(self, listener: CALLBACK_TYPE) -> Callable[[], None]:
        """Call `listener` when the status has changed; return what removes the listener."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @callback
    def _notify(self, _now: datetime | None = None) -> None:
        self._stop_timer()
        for listener in self._listeners:
            listener()

    def _retry_other_mirrors(self) -> None:
        """Let other stations try now as well: their InfluxDB is often the same."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if entry is not self._entry and entry.runtime_data.mirror is not None:
                entry.runtime_data.mirror.retry()

    @callback
    def _unload(self) -> None:
        """Start no more timers: the mirror reports a little longer than the entry is loaded."""
        self._unloaded = True
        self._stop_timer()

    @callback
    def _stop_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None


def _connection_state(status: MirrorStatus) -> tuple[str | None, bool]:
    """Return why the mirror waits, and whether InfluxDB was reached."""
    return status.problem.code if status.problem else None, status.reached
