"""What a person attaches to a bug report: everything that explains, nothing that identifies."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import CONF_ADDRESS
from .coordinator import AirStateConfigEntry
from .core.errors import JournalError


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: AirStateConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of one station, loaded or not."""
    found: dict[str, Any] = {
        "data": async_redact_data(dict(entry.data), {CONF_ADDRESS}),
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
        "known": sorted(map(str, coordinator.known)),
        "means": {
            name: [str(key) for key in series.keys] for name, series in coordinator.means.items()
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


async def _journal(entry: AirStateConfigEntry) -> dict[str, Any]:
    """Return figures about the journal, or what is wrong with it."""
    journal = entry.runtime_data.journal
    status = journal.status
    figures: dict[str, Any] = {
        "pending": journal.pending,
        "dropped": status.dropped,
        "set_aside": status.set_aside is not None,
    }
    try:
        facts = await journal.facts()
    except JournalError as error:
        return {**figures, "problem": error.code}
    return {
        **figures,
        "bytes": facts.size,
        "newest": facts.newest,
        "readings": facts.readings,
        "lost": facts.lost,
    }
