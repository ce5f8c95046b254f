"""Air State: home-made air-quality stations in Home Assistant.

This module puts the parts together; docs/architecture.md tells which part does what.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .actions.view import HistoryView
from .const import (
    CONF_ADDRESS,
    CONF_DEVICE,
    CONF_JOURNAL_DAYS,
    CONF_JOURNAL_MEGABYTES,
    DEFAULT_JOURNAL_DAYS,
    DEFAULT_JOURNAL_MEGABYTES,
    DOMAIN,
    LOGGER,
)
from .coordinator import AirStateCoordinator
from .core.domain.clock import SystemClock
from .core.domain.errors import JournalError
from .core.domain.models import Snapshot
from .core.history.history import History
from .core.journal.source import JournalHistory
from .core.journal.storage.paths import delete_journal
from .core.journal.writer import JournalLimits, JournalWriter
from .core.mirror.mirror import Mirror
from .core.station.address import StationAddress
from .core.station.client import StationClient
from .journal_issues import JournalIssues
from .mirroring.connection import async_connect_entry
from .mirroring.migration import MINOR_VERSION, migrate_entry
from .mirroring.mirror import create_mirror, with_breaker
from .mirroring.monitor import MirrorMonitor
from .runtime import AirStateConfigEntry, AirStateData
from .services import async_register_actions
from .tasks import keep_running

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.BINARY_SENSOR, Platform.SENSOR]
_FLUSH_SECONDS = 5.0
_MEGABYTE = 1024 * 1024
# What the disk did not take while an entry was loaded, by the entry's id.
_UNWRITTEN: HassKey[dict[str, Sequence[Snapshot]]] = HassKey(f"{DOMAIN}_unwritten")


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register actions and views, which are there whether or not a station is."""
    async_register_actions(hass)
    hass.http.register_view(HistoryView())
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Set up one station."""
    journal = _journal(hass, entry)
    monitor = MirrorMonitor(hass, entry)
    influx = await async_connect_entry(hass, entry)
    mirror = None
    if influx is not None:
        report = with_breaker(influx.breaker, monitor.report)
        mirror = create_mirror(entry, journal, influx, report)

    _close_at_the_end(hass, entry, journal, mirror)
    known = await journal.open()
    if mirror is None:
        await _forget_mirrors(journal, monitor)
    client = StationClient(
        async_get_clientsession(hass),
        StationAddress.parse(entry.data[CONF_ADDRESS]),
        SystemClock(),
    )
    coordinator = AirStateCoordinator(hass, entry, client, journal)
    coordinator.add_known(known)
    entry.runtime_data = AirStateData(
        coordinator=coordinator,
        journal=journal,
        history=History(
            JournalHistory(journal, entry.data[CONF_DEVICE]),
            station=entry.title,
            influx=None if influx is None else influx.history,
            mean_selection=coordinator.known.mean_selection,
            breaker=None if influx is None else influx.breaker,
        ),
        influx=influx,
        mirror=mirror,
        monitor=None if mirror is None else monitor,
    )
    for what, task in (("journal", journal), ("mirror", mirror)):
        if task is not None:
            name = f"{what} of {entry.title}"
            entry.async_create_background_task(
                hass, keep_running(name, task.run), f"{DOMAIN} {name}"
            )
    # The journal is a listener of its own: polling goes on with every entity disabled.
    entry.async_on_unload(coordinator.async_add_listener(lambda: None))
    if known:
        # A station that is away must not keep its history away too.
        await coordinator.async_refresh()
    else:
        await coordinator.async_config_entry_first_refresh()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Bring an entry of an earlier version to the present form; one of a later is left alone."""
    if entry.version > 1:
        return False
    if entry.minor_version < MINOR_VERSION:
        migrate_entry(hass, entry)
    return True


def _close_at_the_end(
    hass: HomeAssistant,
    entry: AirStateConfigEntry,
    journal: JournalWriter,
    mirror: Mirror | None,
) -> None:
    """Close the journal and the mirror when the entry is unloaded or Home Assistant stops.

    What the disk does not take of an unloaded entry waits in memory, and is put into its journal
    when it is loaded again.
    """
    unwritten = hass.data.setdefault(_UNWRITTEN, {})
    taken_back = unwritten.pop(entry.entry_id, ())
    for snapshot in taken_back:
        journal.add(snapshot)

    async def close(event: Event | None = None) -> None:
        if mirror is not None:
            await mirror.close(_FLUSH_SECONDS)
        if not (left := await journal.close()):
            return
        if event is not None:
            LOGGER.error("%d snapshots of %s could not be written and are lost", left, entry.title)
            return
        unwritten[entry.entry_id] = journal.unwritten()
        if not taken_back:  # else it was told
            LOGGER.warning(
                "%d snapshots of %s could not be written; they wait until it is loaded again,"
                " and are lost if Home Assistant stops before",
                left,
                entry.title,
            )

    entry.async_on_unload(close)
    # Home Assistant does not unload entries when it stops.
    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, close))


async def _forget_mirrors(journal: JournalWriter, monitor: MirrorMonitor) -> None:
    """Let rows no longer wait for an InfluxDB that the station had."""
    monitor.issues.clear()
    with suppress(JournalError):
        await journal.execute(lambda opened: opened.keep_only_sinks(()))


def _journal(hass: HomeAssistant, entry: AirStateConfigEntry) -> JournalWriter:
    """Return the writer of the entry's journal, not yet open."""
    return JournalWriter(
        _journal_path(hass, entry),
        clock=SystemClock(),
        limits=JournalLimits(
            days=entry.options.get(CONF_JOURNAL_DAYS, DEFAULT_JOURNAL_DAYS),
            max_bytes=_MEGABYTE
            * entry.options.get(CONF_JOURNAL_MEGABYTES, DEFAULT_JOURNAL_MEGABYTES),
        ),
        on_change=JournalIssues(hass, entry.entry_id, entry.title).report,
    )


def _journal_path(hass: HomeAssistant, entry: AirStateConfigEntry) -> Path:
    """Return where the entry's journal is, within what Home Assistant backs up."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN, f"{entry.entry_id}.db"))


async def async_unload_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Unload one station; what `async_on_unload` was given closes the journal."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> None:
    """Remove what belongs to the station outside its entry: the journal and the issues."""
    JournalIssues(hass, entry.entry_id, entry.title).clear()
    hass.data.get(_UNWRITTEN, {}).pop(entry.entry_id, None)
    await hass.async_add_executor_job(delete_journal, _journal_path(hass, entry))
