"""What a person attaches to a bug report: everything that explains, nothing that identifies."""

import re
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant

from .const import CONF_ADDRESS
from .core.domain.errors import JournalError
from .core.mirror.mirror import Mirror
from .mirroring.settings import SECRETS
from .runtime import AirStateConfigEntry

_SOME_LETTERS = 1_000
_NUMBER = re.compile("[0-9]+")


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: AirStateConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of one station, loaded or not."""
    found: dict[str, Any] = {
        "data": async_redact_data(dict(entry.data), {CONF_ADDRESS, CONF_URL, *SECRETS}),
        "options": dict(entry.options),
        "state": entry.state.value,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return found
    coordinator = entry.runtime_data.coordinator
    return {
        **found,
        "station": _station(entry),
        "journal": await _journal(entry),
        "mirror": await _mirror(entry),
        "known": sorted(map(str, coordinator.known.keys)),
        "means": {
            name: [str(key) for key in series.keys]
            for name, series in coordinator.known.means.items()
        },
    }


def _station(entry: AirStateConfigEntry) -> dict[str, Any]:
    """Return the newest snapshot, with what was refused and why."""
    coordinator = entry.runtime_data.coordinator
    snapshot = coordinator.data
    return {
        "answers": coordinator.last_update_success,
        "taken_at": snapshot.taken_at if snapshot else None,
        "readings": {str(key): value for key, value in snapshot.readings.items()}
        if snapshot
        else {},
        "refused": {
            str(refusal.key): {"sent": refusal.sent, "reason": refusal.reason.value}
            for refusal in snapshot.refused
        }
        if snapshot
        else {},
    }


async def _mirror(entry: AirStateConfigEntry) -> dict[str, Any] | None:
    """Return how the mirror is, None if there is none."""
    if (mirror := entry.runtime_data.mirror) is None:
        return None
    status = mirror.status
    return {
        "problem": getattr(status.problem, "code", None),
        "reason": status.problem.details.get("reason") if status.problem else None,
        "refused": status.refused,
        "backlog": status.backlog,
        "mirrored_to": status.mirrored_to,
        "dead_letters": status.dead_letters,
        "refusals": await _refusals(mirror),
    }


async def _refusals(mirror: Mirror) -> dict[str, dict[str, Any]]:
    """Return the first dead letters by their reason without its numbers: how many, when, what."""
    try:
        letters = await mirror.dead_letters(_SOME_LETTERS)
    except JournalError:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for each in letters:
        reason = found.setdefault(
            _NUMBER.sub("#", each.reason), {"count": 0, "first": each.taken_at, "line": each.line}
        )
        reason["count"] += 1
        reason["last"] = each.taken_at
    return found


async def _journal(entry: AirStateConfigEntry) -> dict[str, Any]:
    """Return figures about the journal, or what is wrong with it."""
    journal = entry.runtime_data.journal
    status = journal.status
    figures: dict[str, Any] = {
        "pending": journal.pending,
        "dropped": status.dropped,
        "set_aside": status.loss is not None,
    }
    try:
        facts = await journal.info()
    except JournalError as error:
        return {**figures, "problem": error.code}
    return {
        **figures,
        "bytes": facts.size,
        "newest": facts.newest,
        "readings": facts.readings,
        "lost": facts.lost,
    }
