"""What the user has to know of the mirror: repair issues, signing in again, log lines."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .core.errors import AirStateError, InfluxAccessError, InfluxMissingError, InfluxRefusalError
from .core.mirror import MirrorStatus

MISSING = "influx_place_missing"
REFUSES_ALL = "influx_refuses_all"
DEAD_LETTERS = "influx_dead_letters"
_FEW = 3  # lines refused alike that may be chance


class MirrorIssues:
    """Shows and takes back the issues of one station's mirror."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Report for the config entry."""
        self._hass = hass
        self._entry = entry
        self._broken = False

    @callback
    def report(self, status: MirrorStatus) -> None:
        """Show what is wrong now, and take back what no longer is."""
        problem = status.problem
        if problem is not None and not self._broken:
            LOGGER.warning(
                "InfluxDB takes no readings of %s, they are kept: %s", self._entry.title, problem
            )
            if isinstance(problem, InfluxAccessError):
                self._entry.async_start_reauth(self._hass)
        elif problem is None and self._broken:
            LOGGER.info(
                "InfluxDB takes readings of %s again, %d are to be sent",
                self._entry.title,
                status.backlog,
            )
        self._broken = problem is not None
        self._show(MISSING, problem if isinstance(problem, InfluxMissingError) else None)
        refusal = problem if isinstance(problem, InfluxRefusalError) else None
        self._show(REFUSES_ALL, refusal if status.refused >= _FEW else None, fixable=True)
        if status.dead_letters:
            self._create(DEAD_LETTERS, {"count": str(status.dead_letters)}, fixable=True)
        else:
            self._delete(DEAD_LETTERS)

    @callback
    def clear(self) -> None:
        """Take back everything, when the mirror is no more."""
        for key in (MISSING, REFUSES_ALL, DEAD_LETTERS):
            self._delete(key)

    def _show(self, key: str, problem: AirStateError | None, *, fixable: bool = False) -> None:
        if problem is None:
            self._delete(key)
        else:
            self._create(key, problem.details, fixable=fixable)

    def _create(self, key: str, details: dict[str, str], *, fixable: bool) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            data={"entry_id": self._entry.entry_id},
            is_fixable=fixable,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"name": self._entry.title, **details},
        )

    def _delete(self, key: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._entry.entry_id}"
