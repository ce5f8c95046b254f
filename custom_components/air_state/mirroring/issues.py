"""What the user has to know of the mirror: repair issues, signing in again, log lines."""

from dataclasses import dataclass

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..core.domain.errors import AirStateError
from ..core.influx.errors import InfluxAccessError, InfluxMissingError, InfluxRefusalError
from ..core.mirror.status import MirrorStatus
from ..translate import error_message, escape_markdown, escape_placeholders

MISSING = "influx_place_missing"
REFUSES_ALL = "influx_refuses_all"
DEAD_LETTERS = "influx_dead_letters"
EMPTIED = "influx_emptied"
_MAX_REASON_LENGTH = 255
_FEW = 3  # lines refused, and none taken, that may be chance
_KINDS = (InfluxAccessError, InfluxMissingError, InfluxRefusalError, AirStateError)


@dataclass(slots=True)
class _Told:
    """What was logged of one station's mirror."""

    problem: type[AirStateError] | None = None
    refusals: bool = False
    gathered: int = 0


_TOLD: HassKey[dict[str, _Told]] = HassKey(f"{DOMAIN}_mirrors_told")


class MirrorIssues:
    """Shows and takes back the issues of one station's mirror."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Report for the config entry."""
        self._hass = hass
        self._entry = entry
        self._emptied = 0
        # This object is made anew when the entry is loaded again; what was told is not.
        self._told = hass.data.setdefault(_TOLD, {}).setdefault(entry.entry_id, _Told())

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
        missing = problem if isinstance(problem, InfluxMissingError) else None
        self._show(MISSING, missing)
        refusal = problem if isinstance(problem, InfluxRefusalError) else None
        self._show(REFUSES_ALL, refusal if status.refused >= _FEW else None)
        if status.emptied > self._emptied:
            self._show_emptied()
        self._emptied = status.emptied
        if status.dead_letters:
            details = {
                "count": f"{status.dead_letters:,}",
                "reason": escape_markdown(status.refusal[:_MAX_REASON_LENGTH]),
            }
            self._create(DEAD_LETTERS, details)
        else:
            self._delete(DEAD_LETTERS)

    @callback
    def clear(self) -> None:
        """Take back everything, when the mirror is no more."""
        for key in (MISSING, REFUSES_ALL, DEAD_LETTERS, EMPTIED):
            self._delete(key)

    def _show_emptied(self) -> None:
        """Show that what InfluxDB had is gone; the issue stays until somebody has decided."""
        LOGGER.warning("InfluxDB no longer has readings of %s that it had", self._entry.title)
        self._create(EMPTIED, {}, is_persistent=True)

    def _log(self, status: MirrorStatus) -> None:
        """Log one line when something breaks, or breaks in another way, and one when it heals."""
        told = self._told
        told.gathered = max(told.gathered, status.backlog)
        problem = status.problem
        kind = next((each for each in _KINDS if isinstance(problem, each)), None)
        if problem is not None and kind is not told.problem:
            LOGGER.warning(
                "Readings of %s do not get into InfluxDB, they are kept: %s",
                self._entry.title,
                error_message(problem),
            )
            told.problem = kind
        elif problem is None and status.reached:
            if told.problem is not None:
                LOGGER.info(
                    "Readings of %s get into InfluxDB again; %d had gathered",
                    self._entry.title,
                    told.gathered,
                )
                told.problem = None
                self._wake_others()
            told.gathered = status.backlog
        if bool(status.dead_letters) != told.refusals:
            told.refusals = bool(status.dead_letters)
            if told.refusals:
                LOGGER.warning(
                    "InfluxDB refuses some readings of %s for good; they are set aside",
                    self._entry.title,
                )

    def _wake_others(self) -> None:
        """Let other stations try as well, instead of each waiting on its own."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if entry is not self._entry and entry.runtime_data.mirror is not None:
                entry.runtime_data.mirror.retry()

    def _show(self, key: str, problem: AirStateError | None) -> None:
        if problem is None:
            self._delete(key)
        else:
            details = escape_placeholders(problem.details)
            self._create(key, {**details, "message": error_message(problem, markdown=True)})

    def _create(self, key: str, details: dict[str, str], *, is_persistent: bool = False) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            data={"entry_id": self._entry.entry_id},
            is_fixable=True,
            is_persistent=is_persistent,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={
                "name": self._entry.title,  # in titles, which are plain text
                "station": escape_markdown(self._entry.title),
                **details,
            },
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
