"""Air State: home-made air-quality stations in Home Assistant.

This module puts the parts of a station together; docs/architecture.md says what each part does.
"""

from contextlib import suppress

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType

from .actions.view import HistoryView
from .const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from .coordinator import AirStateCoordinator
from .core.domain.clock import SystemClock
from .core.domain.errors import JournalError
from .core.history.history import History
from .core.journal.source import JournalHistory
from .core.journal.writer import JournalWriter
from .core.station.address import StationAddress
from .core.station.client import StationClient
from .journal_issues import JournalIssues
from .journal_lifecycle import add_unwritten, async_delete_journal, close_with_entry, create_journal
from .mirroring.connect import async_connect_entry
from .mirroring.create_mirror import create_mirror, with_breaker
from .mirroring.migration import MINOR_VERSION, migrate_entry
from .mirroring.monitor import MirrorMonitor
from .runtime import AirStateConfigEntry, AirStateData
from .services import async_register_actions
from .tasks import keep_running

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.BINARY_SENSOR, Platform.SENSOR]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register actions and views, which do not depend on a station."""
    async_register_actions(hass)
    hass.http.register_view(HistoryView())
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Set up one station."""
    issues = JournalIssues(hass, entry.entry_id, entry.title)
    journal = create_journal(hass, entry, issues.report)
    monitor = MirrorMonitor(hass, entry)
    influx = await async_connect_entry(hass, entry)
    mirror = None
    if influx is not None:
        report = with_breaker(influx.breaker, monitor.report)
        mirror = create_mirror(entry, journal, influx, report)

    # What was unwritten before has been logged before.
    was_unwritten = add_unwritten(hass, entry, journal)
    close_with_entry(hass, entry, journal, mirror, log_unwritten=not was_unwritten)
    known = await journal.open()
    if mirror is None:
        await _forget_influx(journal, monitor)
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
    # For the journal: without any listener, polling would stop when all entities are disabled.
    entry.async_on_unload(coordinator.async_add_listener(lambda: None))
    if known:
        # The history is available even while the station is away.
        await coordinator.async_refresh()
    else:
        await coordinator.async_config_entry_first_refresh()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Migrate an entry of an earlier version; refuse one of a later version."""
    if entry.version > 1:
        return False
    if entry.minor_version < MINOR_VERSION:
        migrate_entry(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> bool:
    """Unload one station; `close_with_entry` has arranged for the journal to be closed."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: AirStateConfigEntry) -> None:
    """Delete the journal and the issues of a station that is removed."""
    JournalIssues(hass, entry.entry_id, entry.title).clear()
    await async_delete_journal(hass, entry)


async def _forget_influx(journal: JournalWriter, monitor: MirrorMonitor) -> None:
    """Delete what is left of an InfluxDB that the station had, so that no row waits for it."""
    monitor.issues.clear()
    with suppress(JournalError):
        await journal.execute(lambda opened: opened.keep_only_sinks(()))
