"""Repair issues: what only the user can mend, shown where Home Assistant shows such things."""

from datetime import UTC

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .core.domain.errors import JournalError, JournalVersionError
from .core.domain.times import to_datetime
from .core.journal.recovery.opening import JournalLoss
from .core.journal.status import JournalStatus
from .core.journal.writing.clock import ClockJump
from .translate import escape_markdown, escape_placeholders

NOT_WRITABLE = "journal_not_writable"
TOO_NEW = "journal_newer_version"
SET_ASIDE = "journal_set_aside"
ROWS_MISSING = "journal_rows_missing"
AT_LIMIT = "journal_at_limit"
CLOCK_BEHIND = "clock_behind"
CLOCK_AHEAD = "clock_ahead"
FUTURE_ASIDE = "future_set_aside"
_LATEST = 253_370_764_800_000  # 9999-01-01 in ms, which every time zone can show


class JournalIssues:
    """Shows and takes back the issues of one station's journal, with a log line for each.

    What was told already is known from the issues themselves, since this object is made anew each
    time that setting up the station is tried again.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str) -> None:
        """Report for the config entry, under the station's `name`."""
        self._hass = hass
        self._entry_id = entry_id
        self._name = name
        self._told: set[str] = set()
        self._lost: int | None = None
        self._behind = self._doubted = False

    @callback
    def report(self, status: JournalStatus) -> None:
        """Show what is wrong now, and take back what no longer is."""
        if status.problem is None:
            self._take_back(status.dropped)
        else:
            self._show_problem(status.problem)
        if status.loss is not None:
            self._show_loss(status.loss)
        self._show_lost(status.lost)
        self._show_clock(status.clock_behind_until)
        self._show_doubt(status.clock_jump)

    def _show_problem(self, problem: JournalError) -> None:
        """Show that the journal cannot be written."""
        if not any(self._shown(key) for key in (NOT_WRITABLE, TOO_NEW)):
            LOGGER.error("The journal of %s cannot be written: %s", self._name, problem)
        key = TOO_NEW if isinstance(problem, JournalVersionError) else NOT_WRITABLE
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"name": self._name, **escape_placeholders(problem.details)},
        )

    def _take_back(self, dropped: int) -> None:
        """Take back that the journal cannot be written."""
        if any(self._shown(key) for key in (NOT_WRITABLE, TOO_NEW)):
            LOGGER.info(
                "The journal of %s is written again; %d snapshots did not fit into memory",
                self._name,
                dropped,
            )
        for key in (NOT_WRITABLE, TOO_NEW):
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _show_loss(self, loss: JournalLoss) -> None:
        """Show that a journal was damaged or lacks rows, each such thing once."""
        key = ROWS_MISSING if loss.aside is None else SET_ASIDE
        what = loss.newest if loss.aside is None else loss.aside.name
        issue_id = f"{self._issue_id(key)}_{what}"
        if issue_id in self._told:
            return
        self._told.add(issue_id)
        LOGGER.error(
            "The journal of %s %s: of at least %d readings there are %d",
            self._name,
            "lacks rows" if loss.aside is None else f"was damaged and set aside as {loss.aside}",
            loss.known,
            loss.kept,
        )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "name": self._name,
                "path": escape_markdown(str(loss.aside)),
                "kept": f"{loss.kept:,}",
                "known": f"{loss.known:,}",
                "newest": "?" if loss.newest is None else _local(loss.newest),
            },
        )

    def _show_lost(self, lost: int) -> None:
        """Show that rows left before InfluxDB had them; once read, only when more do."""
        before, self._lost = self._lost, lost
        if before is None or lost <= before:
            return
        LOGGER.error(
            "The journal of %s is at its limit: %d readings left before InfluxDB had them",
            self._name,
            lost - before,
        )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(AT_LIMIT),
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=AT_LIMIT,
            translation_placeholders={"name": self._name, "lost": str(lost)},
        )

    def _show_clock(self, ahead: int | None) -> None:
        """Show that the clock is earlier than the last row, until it is no more."""
        if ahead is None:
            if self._behind:
                LOGGER.info("The clock is later than the last reading of %s again", self._name)
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(CLOCK_BEHIND))
        else:
            until = _local(ahead)
            if not self._behind:
                LOGGER.error(
                    "The clock is earlier than the last reading of %s, of %s", self._name, until
                )
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue_id(CLOCK_BEHIND),
                data={"entry_id": self._entry_id},
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=CLOCK_BEHIND,
                translation_placeholders={"name": self._name, "until": until},
            )
        self._behind = ahead is not None

    def _show_doubt(self, doubt: ClockJump | None) -> None:
        """Show that rows wait because the clock went too far ahead, until it is clear."""
        if doubt is None:
            if self._doubted:
                LOGGER.info("Readings of %s leave the journal by age again", self._name)
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(CLOCK_AHEAD))
        else:
            last, now = _local(doubt.last), _local(doubt.last + doubt.lead)
            if not self._doubted:
                LOGGER.warning(
                    "The clock went from %s to %s: %d readings of %s that are too old by it wait",
                    last,
                    now,
                    doubt.rows,
                    self._name,
                )
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue_id(CLOCK_AHEAD),
                data={"entry_id": self._entry_id},
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=CLOCK_AHEAD,
                translation_placeholders={
                    "name": self._name,
                    "last": last,
                    "now": now,
                    "count": f"{doubt.rows:,}",
                },
            )
        self._doubted = doubt is not None

    @callback
    def clear(self) -> None:
        """Take back everything, when the station is removed."""
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            if domain == DOMAIN and self._entry_id in issue_id:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _shown(self, key: str) -> bool:
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._issue_id(key))
        return issue is not None and issue.active

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._entry_id}"


def _local(moment: int) -> str:
    """Return UTC ms as people here write it, to the minute."""
    shown = dt_util.as_local(to_datetime(min(moment, _LATEST), UTC))
    return shown.strftime("%Y-%m-%d %H:%M")
