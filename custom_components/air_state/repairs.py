"""Flows that a person takes through a repair issue."""

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
from .journal_issues import CLOCK_AHEAD, CLOCK_BEHIND, FUTURE_ASIDE
from .mirroring.issues import DEAD_LETTERS, EMPTIED, MISSING, REFUSES_ALL
from .runtime import AirStateConfigEntry
from .translate import error_message, escape_markdown

type _Data = dict[str, str | int | float | None] | None


async def async_create_fix_flow(_hass: HomeAssistant, issue_id: str, data: _Data) -> RepairsFlow:
    """Return the flow of a fixable issue; most only need to be read."""
    entry_id = str((data or {}).get("entry_id"))
    flows: dict[str, type[ChoiceFlow]] = {
        CLOCK_AHEAD: ClockAheadFlow,
        CLOCK_BEHIND: ClockFlow,
        FUTURE_ASIDE: FutureFlow,
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
    """Asks what to do about an issue, and does it."""

    choices: tuple[str, ...]

    def __init__(self, entry_id: str) -> None:
        """Mend what is wrong with that config entry."""
        self._entry_id = entry_id

    async def async_step_init(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask."""
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

    async def _do(self, job: Callable[[Mirror], Awaitable[None]]) -> RepairsFlowResult:
        """Let the mirror do something; say why if it cannot."""
        entry = self._entry
        if entry is None or entry.runtime_data.mirror is None:
            return self.async_abort(reason="not_loaded")
        try:
            await job(entry.runtime_data.mirror)
        except AirStateError as error:
            return self._failed(error)
        return self.async_create_entry(data={})

    async def _rewrite[T](
        self, entry: AirStateConfigEntry, job: Callable[[Path], T], tell: Callable[[T], None]
    ) -> RepairsFlowResult:
        """Let `job` have the journal's file for itself, and `tell` what came of it."""
        path = entry.runtime_data.journal.path
        await self.hass.config_entries.async_unload(entry.entry_id)
        try:
            tell(await self.hass.async_add_executor_job(job, path))
        except AirStateError as error:
            return self._failed(error)
        finally:
            await self.hass.config_entries.async_setup(entry.entry_id)
        return self.async_create_entry(data={})

    def _failed(self, error: AirStateError) -> RepairsFlowResult:
        placeholders = {"reason": error_message(error, markdown=True)}
        return self.async_abort(reason="failed", description_placeholders=placeholders)


class DeadLettersFlow(ChoiceFlow):
    """What to do with readings that InfluxDB refuses."""

    choices = ("send_again", "give_up")

    async def async_step_send_again(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Send them once more."""
        return await self._do(Mirror.resend_dead_letters)

    async def async_step_give_up(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Forget them; the journal has them until they are too old for it."""
        return await self._do(Mirror.discard_dead_letters)


class MissingFlow(ChoiceFlow):
    """What to do when there is nowhere to write to."""

    choices: tuple[str, ...] = ("try_again",)

    async def async_step_try_again(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Try again at once, since InfluxDB has been mended."""
        return await self._do(Mirror.try_now)


class RefusesAllFlow(MissingFlow):
    """What to do when InfluxDB refuses every reading."""

    choices = ("try_again", "set_aside")

    async def async_step_set_aside(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Set aside what is refused of what there is, and go on with what comes."""
        return await self._do(Mirror.discard_refused)


class EmptiedFlow(ChoiceFlow):
    """What to do when InfluxDB no longer has what it had."""

    choices = ("send_all", "leave")

    async def async_step_send_all(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Send whatever the journal holds once more."""
        return await self._do(Mirror.send_all)

    async def async_step_leave(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave it so: somebody may have wanted it."""
        return self.async_create_entry(data={})


class ClockAheadFlow(ChoiceFlow):
    """What to do when the clock went further than polling explains."""

    choices = ("wait", "clock_right")

    async def async_step_wait(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Keep the rows until it is clear."""
        return self.async_create_entry(data={})

    async def async_step_clock_right(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Let go of what is too old."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        try:
            await entry.runtime_data.journal.accept_wall_clock()
        except AirStateError as error:
            return self._failed(error)
        return self.async_create_entry(data={})


class ClockFlow(ChoiceFlow):
    """What to do when the newest row is later than the clock."""

    choices = ("wait", "forget_future")

    async def async_step_wait(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Wait until the clock has caught up: it may be the clock that is wrong."""
        return self.async_create_entry(data={})

    async def async_step_forget_future(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Take the rows of the future out of the journal, with a copy beside it."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        now = from_datetime(dt_util.utcnow())

        def job(path: Path) -> tuple[Path, int]:
            return remove_future_rows(path, now)

        return await self._rewrite(entry, job, lambda found: self._tell(entry, now, *found))

    def _tell(self, entry: AirStateConfigEntry, now: int, copy: Path, count: int) -> None:
        """Tell where the rows are, and that they can be had back."""
        LOGGER.warning("%d readings of the future left the journal for %s", count, copy)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{FUTURE_ASIDE}_{entry.entry_id}_{copy.name}",
            data={"entry_id": entry.entry_id, "path": str(copy), "after": now},
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=FUTURE_ASIDE,
            translation_placeholders={
                "name": entry.title,
                "count": f"{count:,}",
                "path": escape_markdown(str(copy)),
            },
        )


class FutureFlow(ChoiceFlow):
    """What to do with rows of the future that were taken out of the journal."""

    choices = ("leave_out", "bring_back")

    async def async_step_leave_out(self, _input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave them in the copy."""
        return self.async_create_entry(data={})

    async def async_step_bring_back(
        self, _input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Put them back: it was the clock of that moment that was wrong."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_loaded")
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        data = (issue.data if issue is not None else None) or {}
        copy, after = Path(str(data.get("path"))), int(data.get("after") or 0)

        def job(path: Path) -> int:
            return restore_future_rows(path, copy, after)

        return await self._rewrite(
            entry, job, lambda count: LOGGER.info("%d readings are in the journal again", count)
        )
