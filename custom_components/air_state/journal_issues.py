"""Repair issues of a journal: what only the user can put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .core.domain.errors import JournalError, JournalVersionError
from .core.domain.times import to_datetime
from .core.journal.recovery.rebuild import DamageReport
from .core.journal.status import JournalStatus
from .core.journal.writing.journal_clock import ClockJump
from .translate import escape_markdown, escape_placeholders

NOT_WRITABLE = "journal_not_writable"
NEWER_VERSION = "journal_newer_version"
SET_ASIDE = "journal_set_aside"
ROWS_MISSING = "journal_rows_missing"
AT_LIMIT = "journal_at_limit"
CLOCK_BEHIND = "clock_behind"
CLOCK_AHEAD = "clock_ahead"
FUTURE_SET_ASIDE = "future_set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How an issue is shown.

    Persistent ones are shown after a restart too. Those with a choice need the entry's id for their
    repair flow, and others have only to be confirmed, if they are fixable at all.
    """

    severity: ir.IssueSeverity
    is_fixable: bool = True
    is_persistent: bool = False
    has_choice: bool = False


_KINDS = {
    NOT_WRITABLE: _Kind(severity=ir.IssueSeverity.ERROR, is_fixable=False),
    NEWER_VERSION: _Kind(severity=ir.IssueSeverity.ERROR, is_fixable=False),
    SET_ASIDE: _Kind(severity=ir.IssueSeverity.WARNING, is_persistent=True),
    ROWS_MISSING: _Kind(severity=ir.IssueSeverity.WARNING, is_persistent=True),
    AT_LIMIT: _Kind(severity=ir.IssueSeverity.ERROR, is_persistent=True),
    CLOCK_BEHIND: _Kind(severity=ir.IssueSeverity.WARNING, has_choice=True),
    CLOCK_AHEAD: _Kind(severity=ir.IssueSeverity.WARNING, has_choice=True),
}
_START_OF_YEAR_9999 = 253_370_764_800_000  # UTC ms; a later time may be in 10000 locally


class JournalIssues:
    """Creates and deletes the repair issues of one station's journal, and logs each change.

    Setting up a station may be tried many times, each time with a new object. So the issues
    themselves say what was already reported.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str) -> None:
        """Report for the config entry, under the station's `name`."""
        self._hass = hass
        self._entry_id = entry_id
        self._name = name
        self._reported_damage: set[str] = set()
        self._deleted_unmirrored: int | None = None
        self._clock_is_behind = self._clock_is_ahead = False

    @callback
    def report(self, status: JournalStatus) -> None:
        """Create issues for what is wrong now, and delete those of what no longer is."""
        if status.problem is None:
            self._delete_problem(status.dropped_snapshots)
        else:
            self._report_problem(status.problem)
        if status.damage is not None:
            self._report_damage(status.damage)
        self._report_deleted(status.deleted_unmirrored)
        self._report_clock_behind(status.clock_behind_until)
        self._report_clock_ahead(status.clock_jump)

    def _report_problem(self, problem: JournalError) -> None:
        """Report that the journal cannot be written."""
        if not self._has_problem():
            LOGGER.error("The journal of %s cannot be written: %s", self._name, problem)
        key = NEWER_VERSION if isinstance(problem, JournalVersionError) else NOT_WRITABLE
        self._create_issue(key, escape_placeholders(problem.details))

    def _delete_problem(self, dropped: int) -> None:
        """Delete the issue of a journal that is written again."""
        if self._has_problem():
            LOGGER.info(
                "The journal of %s is written again; %d snapshots did not fit into memory",
                self._name,
                dropped,
            )
        for key in (NOT_WRITABLE, NEWER_VERSION):
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _has_problem(self) -> bool:
        """Return whether an issue says that the journal cannot be written."""
        registry = ir.async_get(self._hass)
        issues = (
            registry.async_get_issue(DOMAIN, self._issue_id(key))
            for key in (NOT_WRITABLE, NEWER_VERSION)
        )
        return any(issue is not None and issue.active for issue in issues)

    def _report_damage(self, damage: DamageReport) -> None:
        """Report that a journal was damaged or lacks rows, once for each file."""
        key = ROWS_MISSING if damage.file is None else SET_ASIDE
        suffix = damage.newest if damage.file is None else damage.file.name
        issue_id = f"{self._issue_id(key)}_{suffix}"
        if issue_id in self._reported_damage:
            return
        self._reported_damage.add(issue_id)
        LOGGER.error(
            "The journal of %s %s: of at least %d readings there are %d",
            self._name,
            "lacks rows" if damage.file is None else f"was damaged and set aside as {damage.file}",
            damage.known,
            damage.kept,
        )
        placeholders = {
            "path": escape_markdown(str(damage.file)),
            "kept": f"{damage.kept:,}",
            "known": f"{damage.known:,}",
            "newest": "?" if damage.newest is None else _local_time(damage.newest),
        }
        self._create_issue(key, placeholders, issue_id=issue_id)

    def _report_deleted(self, count: int) -> None:
        """Report that rows were deleted before InfluxDB had them, whenever there are more."""
        before, self._deleted_unmirrored = self._deleted_unmirrored, count
        if before is None or count <= before:
            return
        LOGGER.error(
            "The journal of %s is at its limit: %d readings left before InfluxDB had them",
            self._name,
            count - before,
        )
        self._create_issue(AT_LIMIT, {"lost": str(count)})

    def _report_clock_behind(self, until: int | None) -> None:
        """Report that the clock is behind the last row, until this time (UTC ms) is over."""
        if until is None:
            if self._clock_is_behind:
                LOGGER.info("The clock is later than the last reading of %s again", self._name)
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(CLOCK_BEHIND))
        else:
            local_time = _local_time(until)
            if not self._clock_is_behind:
                LOGGER.error(
                    "The clock is earlier than the last reading of %s, of %s",
                    self._name,
                    local_time,
                )
            self._create_issue(CLOCK_BEHIND, {"until": local_time})
        self._clock_is_behind = until is not None

    def _report_clock_ahead(self, jump: ClockJump | None) -> None:
        """Report that old rows are kept since the clock jumped ahead, until that is resolved."""
        if jump is None:
            if self._clock_is_ahead:
                LOGGER.info("Readings of %s leave the journal by age again", self._name)
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(CLOCK_AHEAD))
        else:
            last, now = _local_time(jump.last), _local_time(jump.last + jump.lead)
            if not self._clock_is_ahead:
                LOGGER.warning(
                    "The clock went from %s to %s: %d readings of %s that are too old by it wait",
                    last,
                    now,
                    jump.rows,
                    self._name,
                )
            self._create_issue(CLOCK_AHEAD, {"last": last, "now": now, "count": f"{jump.rows:,}"})
        self._clock_is_ahead = jump is not None

    @callback
    def clear(self) -> None:
        """Delete all issues of the entry, when the station is removed."""
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            if domain == DOMAIN and self._entry_id in issue_id:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _create_issue(
        self, key: str, placeholders: Mapping[str, str], *, issue_id: str | None = None
    ) -> None:
        """Create or update an issue; by default its id is the key with the entry's id."""
        kind = _KINDS[key]
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id or self._issue_id(key),
            data={"entry_id": self._entry_id} if kind.has_choice else None,
            is_fixable=kind.is_fixable,
            is_persistent=kind.is_persistent,
            severity=kind.severity,
            translation_key=key,
            translation_placeholders={"name": self._name, **placeholders},
        )

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._entry_id}"


def _local_time(moment: int) -> str:
    """Return UTC ms as local time, to the minute."""
    shown = dt_util.as_local(to_datetime(min(moment, _START_OF_YEAR_9999), UTC))
    return shown.strftime("%Y-%m-%d %H:%M")
