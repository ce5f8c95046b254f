"""Polls a station, hands each snapshot to the journal, and updates entities now and then."""

from collections.abc import Iterable
from datetime import timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import (
    CONF_DEVICE,
    CONF_POLL_SECONDS,
    CONF_UPDATE_SECONDS,
    DEFAULT_POLL_SECONDS,
    DEFAULT_UPDATE_SECONDS,
    LOGGER,
)
from .core.domain.clock import SystemClock
from .core.domain.errors import StationError
from .core.domain.models import ReadingKey, Snapshot
from .core.domain.ports import Clock
from .core.journal.writer import JournalWriter
from .core.station.client import StationClient
from .core.station.info import StationInfo
from .polling.identity import adopt_identity, check_identity
from .polling.known_readings import KnownReadings
from .polling.refusal_log import RefusalLog
from .polling.station_info import StationInfoPoller
from .translate import update_failed

# An update may come this much before its interval is over, since polls are not quite regular.
_TOLERANCE_SECONDS = 0.5


class AirStateCoordinator(DataUpdateCoordinator[Snapshot | None]):
    """Polls a station; `data` is the newest snapshot, None until a poll has succeeded."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: StationClient,
        journal: JournalWriter,
    ) -> None:
        """Poll through `client` at the interval that the entry's options give."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(
                seconds=entry.options.get(CONF_POLL_SECONDS, DEFAULT_POLL_SECONDS)
            ),
        )
        self.data = None
        self.known = KnownReadings(hass, entry)
        self._client = client
        self._journal = journal
        self._clock: Clock = SystemClock()
        self._station_info = StationInfoPoller(entry.title, client, self._clock)
        self._refusal_log = RefusalLog(entry.title)
        self._update_seconds = entry.options.get(CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS)
        self._polled_at = self._next_update_at = 0.0  # of the monotonic clock, in seconds
        self._success_shown_last = True

    @property
    def info(self) -> StationInfo | None:
        """Return the station's report about itself, None if its firmware sends none."""
        return self._station_info.info

    @property
    def missing(self) -> frozenset[ReadingKey]:
        """Return known readings that the newest snapshot lacks; none before the first poll."""
        return frozenset(self.known.keys - self.data.readings.keys()) if self.data else frozenset()

    @callback
    def add_known(self, keys: Iterable[ReadingKey]) -> None:
        """Add readings that the station sends or has sent; entities of new ones do not wait."""
        if self.known.add(keys):
            self._next_update_at = 0.0

    @callback
    def forget_reading(self, key: ReadingKey) -> None:
        """Forget a reading until the station sends it again; not one that it sends now."""
        if key in self.missing:
            self.known.forget(key)
            self._next_update_at = 0.0  # a mean that has lost its second sensor goes at once
            self.async_update_listeners()

    @override
    async def _async_update_data(self) -> Snapshot:
        """Poll once. A poll that fails leaves nothing in the journal."""
        self._polled_at = self._clock.monotonic()
        try:
            snapshot = await self._client.fetch(device=self.config_entry.data[CONF_DEVICE])
            await self._identify(snapshot.station_id)
        except StationError as error:
            raise update_failed(error) from error
        self._journal.add(snapshot)
        self._refusal_log.update(snapshot)
        self.known.remember(snapshot.readings.keys())
        self.add_known(snapshot.readings)
        return snapshot

    async def _identify(self, station_id: str | None) -> None:
        """Check which station answered, and now and then fetch its report about itself.

        When a board without an id is flashed with firmware that has one, the entry takes the id
        over. Raises StationNamelessError, StationOtherError or StationTakenError.
        """
        check_identity(self.hass, self.config_entry, self._client.address, station_id)
        if station_id is None:
            self._station_info.reset()
        elif await self._station_info.update(station_id):
            adopt_identity(self.hass, self.config_entry, station_id)

    @override
    async def async_request_refresh(self) -> None:
        """Poll on request, and update entities at once: whoever asked wants to see it."""
        self._next_update_at = 0.0
        await super().async_request_refresh()

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Update entities, but no more often than the option says, however frequent the polls.

        Writing states costs Home Assistant's recorder ten times what a poll costs. That the
        station is lost or found is shown at once.
        """
        now = self._polled_at  # polls start at regular times, and end at irregular ones
        if self.last_update_success == self._success_shown_last and now < self._next_update_at:
            return
        self._success_shown_last = self.last_update_success
        self._next_update_at = now + self._update_seconds - _TOLERANCE_SECONDS
        super().async_update_listeners()
