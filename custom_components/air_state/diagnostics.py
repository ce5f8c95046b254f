"""Diagnostics for a bug report: all that explains a problem, nothing that identifies a user."""

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

_MAX_DEAD_LETTERS = 1_000
_NUMBER = re.compile("[0-9]+")


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: AirStateConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of one station, loaded or not."""
    stored: dict[str, Any] = {
        "data": async_redact_data(dict(entry.data), {CONF_ADDRESS, CONF_URL, *SECRETS}),
        "options": dict(entry.options),
        "state": entry.state.value,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return stored
    coordinator = entry.runtime_data.coordinator
    return {
        **stored,
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
    """Return the newest snapshot, with the readings that were refused and why."""
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
    """Return the mirror's status, None if there is no mirror."""
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
    """Return the first 1,000 dead letters, grouped by reason.

    Numbers within a reason do not count. A group has its count, one line, and the times (UTC ms) of
    its first and last row.
    """
    try:
        dead_letters = await mirror.dead_letters(_MAX_DEAD_LETTERS)
    except JournalError:
        return {}
    groups: dict[str, dict[str, Any]] = {}
    for each in dead_letters:
        group = groups.setdefault(
            _NUMBER.sub("#", each.reason), {"count": 0, "first": each.taken_at, "line": each.line}
        )
        group["count"] += 1
        group["last"] = each.taken_at
    return groups


async def _journal(entry: AirStateConfigEntry) -> dict[str, Any]:
    """Return figures about the journal, or the code of the error if it cannot be read."""
    journal = entry.runtime_data.journal
    status = journal.status
    figures: dict[str, Any] = {
        "pending": journal.pending,
        "dropped": status.dropped_snapshots,
        "set_aside": status.damage is not None,
    }
    try:
        info = await journal.info()
    except JournalError as error:
        return {**figures, "problem": error.code}
    return {
        **figures,
        "bytes": info.size,
        "newest": info.newest,
        "readings": info.readings,
        "lost": info.deleted_unmirrored,
    }
