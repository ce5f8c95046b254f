"""Which readings and means a station has, and which of them the user has forgotten."""

from collections.abc import Collection, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_FORGOTTEN
from ..core.domain.means import mean_series
from ..core.domain.models import ReadingKey, Series
from ..core.journal.storage.schema import MAX_COLUMNS
from ..reading_options import forgotten_readings, mean_selection, to_stored
from .delayed_reload import DelayedReload


class KnownReadings:
    """The readings that a station sends or has sent, but for those that are forgotten.

    `keys` are the readings, `means` the series of each parameter that several sensors measure.
    `forgotten` readings have no entities until the station sends them again. `mean_selection` says
    which readings count towards means.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know no reading yet; `entry`'s options say which are forgotten."""
        self.keys: set[ReadingKey] = set()
        self.means: dict[str, Series] = {}
        self.forgotten = forgotten_readings(entry)
        self.mean_selection = mean_selection(entry)
        self._hass = hass
        self._entry = entry
        self._reload = DelayedReload(hass, entry)

    def add(self, keys: Iterable[ReadingKey]) -> bool:
        """Add readings that are not forgotten; return whether one of them is new.

        A journal holds `MAX_COLUMNS` readings; those beyond are left out.
        """
        new = sorted(set(keys) - self.keys - self.forgotten)[: MAX_COLUMNS - len(self.keys)]
        if new:
            self.keys.update(new)
            self._update_means()
        return bool(new)

    def forget(self, key: ReadingKey) -> None:
        """Take a reading out until the station sends it again."""
        self._store_forgotten(self.forgotten | {key})
        self.keys.discard(key)
        self._update_means()

    def remember(self, keys: Collection[ReadingKey]) -> None:
        """End the forgetting of readings that the station sends again."""
        if not self.forgotten.isdisjoint(keys):
            self._store_forgotten(self.forgotten.difference(keys))

    def _store_forgotten(self, keys: frozenset[ReadingKey]) -> None:
        """Store in the options which readings are forgotten.

        History and mirror read the choice at set-up, so the entry is reloaded; with a delay, since
        several entities may be deleted in a row.
        """
        self.forgotten = keys
        options = {**self._entry.options, CONF_FORGOTTEN: to_stored(keys)}
        self._hass.config_entries.async_update_entry(self._entry, options=options)
        self.mean_selection = mean_selection(self._entry)
        self._reload.request()

    def _update_means(self) -> None:
        series = mean_series(self.keys, self.mean_selection)
        self.means = {name: each for name, each in series.items() if len(each.keys) > 1}
