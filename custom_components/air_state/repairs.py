"""Repair flows: what the user can do about an issue."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .core.domain.errors import AirStateError
from .core.domain.times import from_datetime
from .core.journal.recovery.future_rows import remove_future_rows, restore_future_rows
from .core.mirror.mirror import Mirror
from .journal_issues import CLOCK_AHEAD, CLOCK_BEHIND, FUTURE_SET_ASIDE
from .mirroring.issues import DEAD_LETTERS, EMPTIED, MISSING, REFUSES_ALL
from .runtime import AirStateConfigEntry
from .translate import error_message, escape_markdown

type _IssueData = dict[str, str | int | float | None] | None


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: _IssueData
) -> RepairsFlow:
    """Return the flow of a fixable issue; most issues only need to be confirmed."""
    entry_id = str((data or {}).get("entry_id"))
    flows: dict[str, type[ChoiceFlow]] = {
        CLOCK_AHEAD: ClockAheadFlow,
        CLOCK_BEHIND: ClockBehindFlow,
        FUTURE_SET_ASIDE: FutureRowsFlow,
        DEAD_LETTERS: DeadLettersFlow,
        EMPTIED: EmptiedFlow,
        MISSING: MissingFlow,
        REFUSES_ALL: RefusesAllFlow,
    }
    for key, flow in flows.items():
        if issue_id.startswith(key):
            return flow(entry_id)
    return ConfirmRepairFlow()


class ChoiceFlow(RepairsFlow):
    """A menu of what can be done about an issue; each choice is a step of the flow."""

    choices: tuple[str, ...]

    def __init__(self, entry_id: str) -> None:
        """Start the flow for an issue of that config entry."""
        self._entry_id = entry_id

    async def async_step_init(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show the menu."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=list(self.choices),
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    @property
    def _entry(self) -> AirStateConfigEntry | None:
        """Return the config entry, None if it is not loaded."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        return entry if entry is not None and entry.state is ConfigEntryState.LOADED else None

    async def _run_on_mirror(self, job: Callable[[Mirror], Awaitable[None]]) -> RepairsFlowResult:
        """Run `job` on the entry's mirror; abort with the reason if it fails."""
        entry = self._entry
        if entry is None or entry.runtime_data.mirror is None:
            return self.async_abort(reason="not_loaded")
        try:
            await job(entry.runtime_data.mirror)
        except AirStateError as error:
            return self._abort_failed(error)
        return self.async_create_entry(data={})

    async def _rewrite_journal[T](
        self, entry: AirStateConfigEntry, job: Callable[[Path], T], report: Callable[[T], None]
    ) -> RepairsFlowResult:
        """Run `job` on the journal's file while the entry is unloaded; `report` its result."""
        path = entry.runtime_data.journal.path
        await self.hass.config_entries.async_unload(entry.entry_id)
        try:
            report(await self.hass.async_add_executor_job(job, path))
        except AirStateError as error:
            return self._abort_failed(error)
        finally:
            await self.hass.config_entries.async_setup(entry.entry_id)
        return self.async_create_entry(data={})

    def _abort_failed(self, error: AirStateError) -> RepairsFlowResult:
        placeholders = {"reason": error_message(error, markdown=True)}
        return self.async_abort(reason="failed", description_placeholders=placeholders)


class DeadLettersFlow(ChoiceFlow):
    """InfluxDB refuses some readings: send them again, or give them up."""

    choices = ("send_again", "give_up")

    async def async_step_send_again(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Send the refused readings again."""
        return await self._run_on_mirror(Mirror.resend_dead_letters)

    async def async_step_give_up(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Discard the refused readings; the journal keeps them until they are too old."""
        return await self._run_on_mirror(Mirror.delete_dead_letters)


class MissingFlow(ChoiceFlow):
    """The bucket or database to write to is missing: try again once it was created."""

    choices: tuple[str, ...] = ("try_again",)

    async def async_step_try_again(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Try again at once, instead of after the next pause."""
        return await self._run_on_mirror(Mirror.try_now)


class RefusesAllFlow(MissingFlow):
    """InfluxDB refuses every reading: try again, or set the refused ones aside."""

    choices = ("try_again", "set_aside")

    async def async_step_set_aside(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Make dead letters of what is refused so far, and continue with later readings."""
        return await self._run_on_mirror(Mirror.put_refused_aside)


class EmptiedFlow(ChoiceFlow):
    """InfluxDB no longer has readings that it had: send all again, or leave it so."""

    choices = ("send_all", "leave")

    async def async_step_send_all(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Send everything that the journal has again."""
        return await self._run_on_mirror(Mirror.send_all)

    async def async_step_leave(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Do nothing: the readings may have been deleted on purpose."""
        return self.async_create_entry(data={})


class ClockAheadFlow(ChoiceFlow):
    """The clock jumped ahead: wait, or accept it."""

    choices = ("wait", "clock_right")

    async def async_step_wait(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Do nothing: rows stay until it is clear which time is right."""
        return self.async_create_entry(data={})

    async def async_step_clock_right(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Accept the clock, by which old rows are deleted."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        try:
            await entry.runtime_data.journal.accept_wall_clock()
        except AirStateError as error:
            return self._abort_failed(error)
        return self.async_create_entry(data={})


class ClockBehindFlow(ChoiceFlow):
    """The newest row is later than the clock: wait, or remove rows of the future."""

    choices = ("wait", "forget_future")

    async def async_step_wait(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Do nothing until the clock has caught up: the clock may be wrong, not the rows."""
        return self.async_create_entry(data={})

    async def async_step_forget_future(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Remove the rows of the future from the journal, after copying all of it."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        now = from_datetime(dt_util.utcnow())

        def job(path: Path) -> tuple[Path, int]:
            return remove_future_rows(path, now)

        return await self._rewrite_journal(
            entry, job, lambda found: self._report_removed(entry, now, *found)
        )

    def _report_removed(self, entry: AirStateConfigEntry, now: int, copy: Path, count: int) -> None:
        """Report where the removed rows are, with an issue that can put them back."""
        LOGGER.warning("%d readings of the future left the journal for %s", count, copy)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{FUTURE_SET_ASIDE}_{entry.entry_id}_{copy.name}",
            data={"entry_id": entry.entry_id, "path": str(copy), "after": now},
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=FUTURE_SET_ASIDE,
            translation_placeholders={
                "name": entry.title,
                "count": f"{count:,}",
                "path": escape_markdown(str(copy)),
            },
        )


class FutureRowsFlow(ChoiceFlow):
    """Rows of the future were removed: leave them out, or put them back."""

    choices = ("leave_out", "bring_back")

    async def async_step_leave_out(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave the rows in the copy."""
        return self.async_create_entry(data={})

    async def async_step_bring_back(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Put the rows back: the clock was wrong when they were removed, not before."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        data = (issue.data if issue is not None else None) or {}
        copy, after = Path(str(data.get("path"))), int(data.get("after") or 0)

        def job(path: Path) -> int:
            return restore_future_rows(path, copy, after)

        return await self._rewrite_journal(
            entry, job, lambda count: LOGGER.info("%d readings are in the journal again", count)
        )
