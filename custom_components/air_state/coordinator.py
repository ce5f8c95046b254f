"""Polls a station, hands every snapshot to the journal, and lets entities know now and then."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import override

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import (
    CONF_DEVICE,
    CONF_FORGOTTEN,
    CONF_POLL_SECONDS,
    CONF_UPDATE_SECONDS,
    DEFAULT_POLL_SECONDS,
    DEFAULT_UPDATE_SECONDS,
    DOMAIN,
    LOGGER,
)
from .core.domain.clock import SystemClock
from .core.domain.errors import (
    StationError,
    StationNamelessError,
    StationOtherError,
    StationTakenError,
)
from .core.domain.means import mean_series
from .core.domain.models import ReadingKey, Refusal, Series, Snapshot
from .core.domain.ports import Clock
from .core.journal.storage.schema import MAX_COLUMNS
from .core.journal.writer import JournalWriter
from .core.station.client import StationClient
from .core.station.info import StationInfo
from .reading_options import as_stored, forgotten_readings, mean_selection
from .translate import update_failed

# A poll may come a little early or late; updates stay in step with it all the same.
_SLACK_SECONDS = 0.5
_INFO_SECONDS = 60.0  # between questions how the station does
_RELOAD_SECONDS = 10.0  # after a reading was forgotten, or came back
_HEALED_AFTER = 3  # polls, so that a sensor that fails every other time logs two lines, not all day


class AirStateCoordinator(DataUpdateCoordinator[Snapshot | None]):
    """The one that polls a station."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: StationClient,
        journal: JournalWriter,
    ) -> None:
        """Poll through `client` as often as the entry's options say."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(
                seconds=entry.options.get(CONF_POLL_SECONDS, DEFAULT_POLL_SECONDS)
            ),
        )
        self.data = None  # until the first poll succeeds
        self.client = client
        self.info: StationInfo | None = None  # of firmware that tells
        self._told_other = False  # whether what it tells is of another station
        self.known: set[ReadingKey] = set()
        self.means: dict[str, Series] = {}
        self.forgotten = forgotten_readings(entry)
        self.mean_selection = mean_selection(entry)
        self._journal = journal
        self._clock: Clock = SystemClock()
        self._update_seconds = entry.options.get(CONF_UPDATE_SECONDS, DEFAULT_UPDATE_SECONDS)
        self._polled = self._next_update = self._next_info = 0.0
        self._shown_success = True
        self._good_polls: dict[str, int] = {}
        self._cancel_reload: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._forget_reload)

    @callback
    def add_known(self, keys: Iterable[ReadingKey]) -> None:
        """Note readings that the station sends or has sent, and which means follow from them.

        Those that the user has forgotten are left out until the station sends them.
        """
        new = sorted(set(keys) - self.known - self.forgotten)[: MAX_COLUMNS - len(self.known)]
        if not new:
            return
        self._next_update = 0.0  # new entities do not wait
        self.known.update(new)
        self._group()

    def _group(self) -> None:
        series = mean_series(self.known, self.mean_selection)
        self.means = {name: each for name, each in series.items() if len(each.keys) > 1}

    @property
    def missing(self) -> frozenset[ReadingKey]:
        """Return known readings that the newest poll did not bring; none before the first poll."""
        return frozenset(self.known - self.data.readings.keys()) if self.data else frozenset()

    @callback
    def forget_reading(self, key: ReadingKey) -> None:
        """Leave a reading out from now on, unless the station sends it."""
        if key in self.missing:
            self._keep_forgotten(self.forgotten | {key})
            self.known.discard(key)
            self._group()
            self._next_update = 0.0  # a mean that is none any more does not wait
            self.async_update_listeners()

    def _keep_forgotten(self, keys: frozenset[ReadingKey]) -> None:
        """Keep which readings are forgotten; all that takes means is loaded anew for it."""
        self.forgotten = keys
        options = {**self.config_entry.options, CONF_FORGOTTEN: as_stored(keys)}
        self.hass.config_entries.async_update_entry(self.config_entry, options=options)
        self.mean_selection = mean_selection(self.config_entry)
        # Soon, since entities are deleted one after another.
        self._forget_reload()
        self._cancel_reload = async_call_later(self.hass, _RELOAD_SECONDS, self._reload)

    @callback
    def _forget_reload(self) -> None:
        if self._cancel_reload is not None:
            self._cancel_reload()
            self._cancel_reload = None

    @callback
    def _reload(self, _now: datetime | None = None) -> None:
        self._cancel_reload = None
        self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    @override
    async def _async_update_data(self) -> Snapshot:
        """Poll once; a failed poll is not journaled."""
        self._polled = self._clock.monotonic()
        try:
            snapshot = await self.client.fetch(device=self.config_entry.data[CONF_DEVICE])
            await self._know(snapshot.station_id)
        except StationError as error:
            raise update_failed(error) from error
        self._journal.add(snapshot)
        self._log_refusals(snapshot)
        if not self.forgotten.isdisjoint(snapshot.readings):
            self._keep_forgotten(self.forgotten - snapshot.readings.keys())
        self.add_known(snapshot.readings)
        return snapshot

    async def _know(self, station_id: str | None) -> None:
        """Find out who answers, and now and then how it does.

        Raises StationOtherError, StationNamelessError and StationTakenError.

        A station of the first firmware has no id. When its board gets the present one the entry
        takes the id over; from then on no other station's readings are taken for its own, such as
        those of a neighbour that has got its address.
        """
        entry, address = self.config_entry, self.client.address
        if station_id is None:
            if entry.unique_id is not None:
                raise StationNamelessError(address=address, known=entry.unique_id)
            self.info, self._next_info = None, 0.0
            return
        if entry.unique_id not in {None, station_id}:
            raise StationOtherError(address=address, found=station_id, known=entry.unique_id)
        taken = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, station_id)
        # A discovery that somebody ignored is an entry too, but reads nothing.
        if taken is not None and taken is not entry and taken.source != SOURCE_IGNORE:
            raise StationTakenError(address=address, found=station_id, name=taken.title)
        now = self._clock.monotonic()
        if now < self._next_info:
            return
        self._next_info = now + _INFO_SECONDS
        try:
            told = await self.client.fetch_info()
        except StationError:
            return  # its readings came, which is what matters
        self.info = self._believed(told, station_id)
        if self.info is not None and self.info.warming_up:
            self._next_info = now  # until it is warm, each time
        if taken is None:
            self.hass.config_entries.async_update_entry(entry, unique_id=station_id)

    def _believed(self, told: StationInfo | None, station_id: str) -> StationInfo | None:
        """Return what was told, None if it is of another station than the readings are.

        Its MAC address would make one device of this station and another thing of the network.
        """
        other = told is not None and told.id != station_id
        if other and not self._told_other:
            LOGGER.warning(
                "%s: it calls itself %s and its readings those of %s: what it tells is passed over",
                self.name,
                told.id if told else "-",
                station_id,
            )
        elif self._told_other and not other:
            LOGGER.info("%s: it calls itself as its readings do again", self.name)
        self._told_other = other
        return None if other else told

    @override
    async def async_request_refresh(self) -> None:
        """Poll because somebody asked for it, who then wants to see it."""
        self._next_update = 0.0
        await super().async_request_refresh()

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Update entities, but no more often than the option allows, however fast the polls.

        Home Assistant's recorder costs ten times what a poll does. Losing the station and finding
        it again is told at once.
        """
        now = self._polled  # its start is regular, its end is not
        if self.last_update_success == self._shown_success and now < self._next_update:
            return
        self._shown_success = self.last_update_success
        self._next_update = now + self._update_seconds - _SLACK_SECONDS
        super().async_update_listeners()

    def _log_refusals(self, snapshot: Snapshot) -> None:
        """Log one line when a sensor's readings begin to be refused, one when they are well."""
        failing: dict[str, Refusal] = {}
        for refusal in snapshot.refused:
            failing.setdefault(refusal.key.sensor, refusal)
        for sensor, first in failing.items():
            if sensor not in self._good_polls:
                if len(self._good_polls) >= MAX_COLUMNS:
                    continue  # a station that makes up names cannot fill memory and log
                LOGGER.warning(
                    "%s: %s sends no usable %s: '%s' (%s)",
                    self.name,
                    sensor,
                    first.key.parameter or "readings",
                    first.sent,
                    first.reason.value,
                )
            self._good_polls[sensor] = 0
        answering = {key.sensor for key in snapshot.readings} - failing.keys()
        for sensor in self._good_polls.keys() & answering:
            self._good_polls[sensor] += 1
            if self._good_polls[sensor] == _HEALED_AFTER:
                LOGGER.info("%s: %s sends usable values again", self.name, sensor)
                del self._good_polls[sensor]
