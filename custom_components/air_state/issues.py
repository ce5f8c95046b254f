"""Repair issues: what only the user can mend, shown where Home Assistant shows such things."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .core.errors import JournalVersionError
from .core.journal_writer import JournalStatus

NOT_WRITABLE = "journal_not_writable"
TOO_NEW = "journal_newer_version"
SET_ASIDE = "journal_set_aside"


class JournalIssues:
    """Shows and takes back the issues of one station's journal, with a log line for each."""

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str) -> None:
        """Report for the config entry, under the station's `name`."""
        self._hass = hass
        self._entry_id = entry_id
        self._name = name
        self._broken = False
        self._set_aside: str | None = None

    @callback
    def report(self, status: JournalStatus) -> None:
        """Show what is wrong now, and take back what no longer is."""
        self._report_problem(status)
        if status.set_aside is not None and str(status.set_aside) != self._set_aside:
            self._set_aside = str(status.set_aside)
            LOGGER.error(
                "The journal of %s was damaged; it was set aside as %s and a new one started",
                self._name,
                self._set_aside,
            )
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue_id(SET_ASIDE),
                is_fixable=True,
                is_persistent=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=SET_ASIDE,
                translation_placeholders={"name": self._name, "path": self._set_aside},
            )

    def _report_problem(self, status: JournalStatus) -> None:
        """Show or take back that the journal cannot be written."""
        problem = status.problem
        if problem is None:
            if self._broken:
                LOGGER.info(
                    "The journal of %s is written again; %d snapshots did not fit into memory",
                    self._name,
                    status.dropped,
                )
            self._broken = False
            for key in (NOT_WRITABLE, TOO_NEW):
                ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))
            return
        if not self._broken:
            LOGGER.error("The journal of %s cannot be written: %s", self._name, problem)
        self._broken = True
        key = TOO_NEW if isinstance(problem, JournalVersionError) else NOT_WRITABLE
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"name": self._name, **problem.details},
        )

    @callback
    def clear(self) -> None:
        """Take back everything, when the station is removed."""
        for key in (NOT_WRITABLE, TOO_NEW, SET_ASIDE):
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._entry_id}"
