"""The journal of a config entry, from set-up to removal.

A disk that is full when the entry is unloaded does not take everything. The rest waits in memory
until the entry is set up again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey

from .const import (
    CONF_JOURNAL_DAYS,
    CONF_JOURNAL_MEGABYTES,
    DEFAULT_JOURNAL_DAYS,
    DEFAULT_JOURNAL_MEGABYTES,
    DOMAIN,
    LOGGER,
)
from .core.domain.clock import SystemClock
from .core.domain.models import Snapshot
from .core.journal.status import JournalStatus
from .core.journal.storage.paths import delete_journal
from .core.journal.writer import JournalLimits, JournalWriter
from .core.mirror.mirror import Mirror

_MIRROR_CLOSE_SECONDS = 5.0
_MEGABYTE = 1024 * 1024
# By entry id: snapshots that the disk did not take when the entry was unloaded.
_UNWRITTEN: HassKey[dict[str, Sequence[Snapshot]]] = HassKey(f"{DOMAIN}_unwritten")


def create_journal(
    hass: HomeAssistant, entry: ConfigEntry, on_change: Callable[[JournalStatus], None]
) -> JournalWriter:
    """Return the writer of the entry's journal, not yet open."""
    return JournalWriter(
        _journal_path(hass, entry),
        clock=SystemClock(),
        limits=JournalLimits(
            days=entry.options.get(CONF_JOURNAL_DAYS, DEFAULT_JOURNAL_DAYS),
            max_bytes=_MEGABYTE
            * entry.options.get(CONF_JOURNAL_MEGABYTES, DEFAULT_JOURNAL_MEGABYTES),
        ),
        on_change=on_change,
    )


@callback
def add_unwritten(hass: HomeAssistant, entry: ConfigEntry, journal: JournalWriter) -> bool:
    """Give the journal what the disk did not take when the entry was last unloaded, if anything.

    Return whether there was anything.
    """
    unwritten = hass.data.get(_UNWRITTEN, {}).pop(entry.entry_id, ())
    for snapshot in unwritten:
        journal.add(snapshot)
    return bool(unwritten)


@callback
def close_with_entry(
    hass: HomeAssistant,
    entry: ConfigEntry,
    journal: JournalWriter,
    mirror: Mirror | None,
    *,
    log_unwritten: bool,
) -> None:
    """Close mirror and journal when the entry is unloaded or Home Assistant stops.

    Without `log_unwritten`, snapshots that wait for the next set-up are not logged.
    """

    async def close(event: Event | None = None) -> None:
        if mirror is not None:
            await mirror.close(_MIRROR_CLOSE_SECONDS)
        if not (left := await journal.close()):
            return
        if event is not None:
            LOGGER.error("%d snapshots of %s could not be written and are lost", left, entry.title)
            return
        hass.data.setdefault(_UNWRITTEN, {})[entry.entry_id] = journal.unwritten()
        if log_unwritten:
            LOGGER.warning(
                "%d snapshots of %s could not be written; they wait until it is loaded again,"
                " and are lost if Home Assistant stops before",
                left,
                entry.title,
            )

    entry.async_on_unload(close)
    # Home Assistant does not unload entries when it stops.
    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, close))


async def async_delete_journal(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the journal of an entry that is removed; files that were set aside stay."""
    hass.data.get(_UNWRITTEN, {}).pop(entry.entry_id, None)
    await hass.async_add_executor_job(delete_journal, _journal_path(hass, entry))


def _journal_path(hass: HomeAssistant, entry: ConfigEntry) -> Path:
    """Return the path of the entry's journal, in a folder that Home Assistant backs up."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN, f"{entry.entry_id}.db"))
