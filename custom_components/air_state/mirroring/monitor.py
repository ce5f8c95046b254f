"""What entities show of the mirror, told no more often than they may be updated."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS
from ..core.mirror.status import MirrorStatus
from .issues import MirrorIssues


class MirrorMonitor:
    """Keeps a mirror's newest status, and lets listeners know."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Watch the mirror of the config entry."""
        self.status: MirrorStatus | None = None  # until the mirror has had a look
        self.issues = MirrorIssues(hass, entry)
        self._hass = hass
        self._seconds = entry.options.get(CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS)
        self._listeners: set[CALLBACK_TYPE] = set()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._ended = False
        entry.async_on_unload(self._end)

    @callback
    def report(self, status: MirrorStatus) -> None:
        """Take a new status.

        That InfluxDB is lost or found is told at once; the rest, which may change with every poll,
        as often as entities are updated.
        """
        before, self.status = self.status, status
        if before is None or _connection(before) != _connection(status):
            self._tell()
        elif self._cancel_timer is None and not self._ended:
            self._cancel_timer = async_call_later(self._hass, self._seconds, self._tell)
        if before != status and not self._ended:
            self.issues.report(status)  # what the end brings shows after the next start

    @callback
    def listen(self, listener: CALLBACK_TYPE) -> Callable[[], None]:
        """Call `listener` with news; return what ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @callback
    def _tell(self, _now: datetime | None = None) -> None:
        self._rest()
        for listener in self._listeners:
            listener()

    @callback
    def _end(self) -> None:
        """Start no timer any more: the mirror goes on a little while the entry is unloaded."""
        self._ended = True
        self._rest()

    @callback
    def _rest(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None


def _connection(status: MirrorStatus) -> tuple[str | None, bool]:
    return status.problem.code if status.problem else None, status.reached
