"""Repair issues of a mirror, and the request to sign in to InfluxDB again."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

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
_MIN_REFUSED = 3  # lines; fewer may have bad values, while InfluxDB accepts the next ones


class MirrorIssues:
    """Creates and deletes the repair issues of one station's mirror."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Report for the config entry."""
        self._hass = hass
        self._entry = entry
        self._emptied = 0

    @callback
    def report(self, status: MirrorStatus) -> None:
        """Create issues for what is wrong now, and delete those of what no longer is."""
        problem = status.problem
        if isinstance(problem, InfluxAccessError):
            # Does nothing while this flow or another one of the entry is open.
            self._entry.async_start_reauth(self._hass)
        elif problem is None and status.reached:
            abort_reauth(self._hass, self._entry)
        missing = problem if isinstance(problem, InfluxMissingError) else None
        self._report_problem(MISSING, missing)
        refusal = problem if isinstance(problem, InfluxRefusalError) else None
        self._report_problem(REFUSES_ALL, refusal if status.refused >= _MIN_REFUSED else None)
        if status.emptied > self._emptied:
            self._report_emptied()
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
        """Delete all issues, since the entry no longer has a mirror."""
        for key in (MISSING, REFUSES_ALL, DEAD_LETTERS, EMPTIED):
            self._delete(key)

    def _report_problem(self, key: str, problem: AirStateError | None) -> None:
        """Create an issue with the problem's text, or delete it if there is no problem."""
        if problem is None:
            self._delete(key)
        else:
            details = escape_placeholders(problem.details)
            self._create(key, {**details, "message": error_message(problem, markdown=True)})

    def _report_emptied(self) -> None:
        """Create an issue about readings that are gone; it stays until the user has decided."""
        LOGGER.warning("InfluxDB no longer has readings of %s that it had", self._entry.title)
        self._create(EMPTIED, {}, is_persistent=True)

    def _create(self, key: str, details: dict[str, str], *, is_persistent: bool = False) -> None:
        """Create or update an issue; `details` are placeholders of its text."""
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
                "name": self._entry.title,  # for titles, which are plain text
                "station": escape_markdown(self._entry.title),
                **details,
            },
        )

    def _delete(self, key: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._entry.entry_id}"


@callback
def abort_reauth(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Close the dialog that asks to sign in again: the credentials work."""
    for flow in hass.config_entries.flow.async_progress_by_handler(
        DOMAIN, match_context={"source": SOURCE_REAUTH, "entry_id": entry.entry_id}
    ):
        hass.config_entries.flow.async_abort(flow["flow_id"])
