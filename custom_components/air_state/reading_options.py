"""The options about single readings: which count towards means, and which are forgotten."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry

from .const import CONF_EXCLUDED, CONF_FORGOTTEN, CONF_INCLUDED
from .core.domain.means import MeanSelection
from .core.domain.models import ReadingKey


def chosen_mean_selection(entry: ConfigEntry[Any]) -> MeanSelection:
    """Return which readings count towards means, as the user has chosen."""
    return MeanSelection(
        excluded=_stored(entry, CONF_EXCLUDED), included=_stored(entry, CONF_INCLUDED)
    )


def mean_selection(entry: ConfigEntry[Any]) -> MeanSelection:
    """Return which readings count towards means: as chosen, but no forgotten ones."""
    chosen = chosen_mean_selection(entry)
    return replace(chosen, excluded=chosen.excluded | forgotten_readings(entry))


def forgotten_readings(entry: ConfigEntry[Any]) -> frozenset[ReadingKey]:
    """Return the readings that have no entities until the station sends them again."""
    return _stored(entry, CONF_FORGOTTEN)


def to_stored(keys: Iterable[ReadingKey]) -> list[list[str]]:
    """Return readings as options store them: lists of sensor and parameter."""
    return sorted(map(list, keys))


def _stored(entry: ConfigEntry[Any], name: str) -> frozenset[ReadingKey]:
    """Return the readings that the option `name` lists."""
    return frozenset(ReadingKey(*names) for names in entry.options.get(name, []))
