"""What the user has to know of the mirror: repair issues, signing in again, log lines."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .core.errors import AirStateError
from .core.influx_errors import (
    InfluxAccessError,
    InfluxMissingError,
    InfluxRefusalError,
)
from .core.mirror import MirrorStatus

MISSING = "influx_place_missing"
REFUSES_ALL = "influx_refuses_all"
DEAD_LETTERS = "influx_dead_letters"
_FEW = 3  # lines refused, and none taken, that may be chance
_KINDS = (InfluxAccessError, InfluxMissingError, InfluxRefusalError, AirStateError)


class MirrorIssues:
    """Shows and takes back the issues of one station's mirror."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Report for the config entry."""
        self._hass = hass
        self._entry = entry
        self._logged: type[AirStateError] | None = None

    @callback
    def report(self, status: MirrorStatus) -> None:
        """Show what is wrong now, and take back what no longer is."""
        problem = status.problem
        self._log(status)
        if isinstance(problem, InfluxAccessError):
            # Each time: it does nothing if it is asked already, or another flow is open.
            self._entry.async_start_reauth(self._hass)
        elif problem is None and status.reached:
            end_reauth(self._hass, self._entry)
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

    def _log(self, status: MirrorStatus) -> None:
        """Log one line when something breaks, or breaks in another way, and one when it heals."""
        problem = status.problem
        kind = next((each for each in _KINDS if isinstance(problem, each)), None)
        if problem is not None and kind is not self._logged:
            LOGGER.warning(
                "Readings of %s do not get into InfluxDB, they are kept: %s",
                self._entry.title,
                problem,
            )
            self._logged = kind
        elif problem is None and status.reached and self._logged is not None:
            LOGGER.info(
                "Readings of %s get into InfluxDB again, %d are to be sent",
                self._entry.title,
                status.backlog,
            )
            self._logged = None

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


@callback
def end_reauth(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """No longer ask to sign in again: the credentials do."""
    for flow in hass.config_entries.flow.async_progress_by_handler(
        DOMAIN, match_context={"source": SOURCE_REAUTH, "entry_id": entry.entry_id}
    ):
        hass.config_entries.flow.async_abort(flow["flow_id"])
