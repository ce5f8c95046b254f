"""Whether the station that answers is the one that the config entry is about."""

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..core.domain.errors import StationNamelessError, StationOtherError, StationTakenError
from ..core.station.address import StationAddress


def check_identity(
    hass: HomeAssistant, entry: ConfigEntry, address: StationAddress, station_id: str | None
) -> None:
    """Check the id of the station that answered at `address`, None if it has none.

    Stations of the first firmware have no id, and neither have their entries. Once an entry has
    one, it takes no readings of another station, such as a neighbour that has got its address.
    Raises StationNamelessError, StationOtherError or StationTakenError.
    """
    if station_id is None:
        if entry.unique_id is not None:
            raise StationNamelessError(address=address, known=entry.unique_id)
        return
    if entry.unique_id not in {None, station_id}:
        raise StationOtherError(address=address, found=station_id, known=entry.unique_id)
    holder = _entry_with_id(hass, station_id)
    # A discovery that somebody ignored is an entry too, but it reads nothing.
    if holder is not None and holder is not entry and holder.source != SOURCE_IGNORE:
        raise StationTakenError(address=address, found=station_id, name=holder.title)


def adopt_identity(hass: HomeAssistant, entry: ConfigEntry, station_id: str) -> None:
    """Give the entry the station's id, unless an entry has it: this one, or one that is ignored."""
    if _entry_with_id(hass, station_id) is None:
        hass.config_entries.async_update_entry(entry, unique_id=station_id)


def _entry_with_id(hass: HomeAssistant, station_id: str) -> ConfigEntry | None:
    return hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, station_id)
