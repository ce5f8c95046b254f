"""Log lines about a mirror: one when it stops or InfluxDB refuses readings, one when it goes on."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..core.domain.errors import AirStateError
from ..core.influx.errors import InfluxAccessError, InfluxMissingError, InfluxRefusalError
from ..core.mirror.status import MirrorStatus
from ..translate import error_message

# The kinds of problems. One is logged again only when its kind changes.
_KINDS = (InfluxAccessError, InfluxMissingError, InfluxRefusalError, AirStateError)


@dataclass(slots=True)
class _Logged:
    """What was logged about one station's mirror, and its largest backlog since it stopped."""

    problem: type[AirStateError] | None = None
    dead_letters: bool = False
    max_backlog: int = 0


_LOGGED: HassKey[dict[str, _Logged]] = HassKey(f"{DOMAIN}_mirrors_logged")


class MirrorLog:
    """Logs changes of one station's mirror."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Log for the config entry; reloading the entry does not repeat what was logged."""
        self._entry = entry
        self._logged = hass.data.setdefault(_LOGGED, {}).setdefault(entry.entry_id, _Logged())

    @callback
    def report(self, status: MirrorStatus) -> bool:
        """Log what changed; return whether a logged problem is over."""
        logged = self._logged
        logged.max_backlog = max(logged.max_backlog, status.backlog)
        is_over = False
        problem = status.problem
        kind = next((each for each in _KINDS if isinstance(problem, each)), None)
        if problem is not None and kind is not logged.problem:
            LOGGER.warning(
                "Readings of %s do not get into InfluxDB, they are kept: %s",
                self._entry.title,
                error_message(problem),
            )
            logged.problem = kind
        elif problem is None and status.reached:
            if logged.problem is not None:
                LOGGER.info(
                    "Readings of %s get into InfluxDB again; %d had gathered",
                    self._entry.title,
                    logged.max_backlog,
                )
                logged.problem, is_over = None, True
            logged.max_backlog = status.backlog
        if bool(status.dead_letters) != logged.dead_letters:
            logged.dead_letters = bool(status.dead_letters)
            if logged.dead_letters:
                LOGGER.warning(
                    "InfluxDB refuses some readings of %s for good; they are set aside",
                    self._entry.title,
                )
        return is_over
