"""Means over sensors that measure the same parameter."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from .models import ReadingKey, Series
from .sensor_types import estimated_readings


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSelection:
    """What the user chose: readings that do not count, and estimates that count all the same."""

    excluded: frozenset[ReadingKey] = frozenset()
    included: frozenset[ReadingKey] = frozenset()

    def select(self, group: Collection[ReadingKey]) -> tuple[ReadingKey, ...]:
        """Return which of all readings of a parameter count towards its mean; all if none would."""
        left = [key for key in group if key not in self.excluded]
        aside = estimated_readings(left) - self.included
        return tuple(key for key in left if key not in aside) or tuple(group)


ALL = MeanSelection()


def mean(values: Collection[float]) -> float:
    """Return the arithmetic mean of at least one value, the same in any order.

    `fsum` rounds once, so order cannot matter; the last bit of the division could still leave the
    values' range, hence the bounds.
    """
    return min(max(fsum(values) / len(values), min(values)), max(values))


def group_by_parameter(keys: Iterable[ReadingKey]) -> dict[str, list[ReadingKey]]:
    """Return readings by their parameter, all in order."""
    found: dict[str, list[ReadingKey]] = {}
    for key in sorted(set(keys), key=lambda key: (key.parameter, key)):
        found.setdefault(key.parameter, []).append(key)
    return found


def mean_series(
    keys: Iterable[ReadingKey], mean_selection: MeanSelection = ALL
) -> dict[str, Series]:
    """Return for each parameter the series of its mean, over the sensors that count."""
    return {
        parameter: Series(name=parameter, parameter=parameter, keys=mean_selection.select(group))
        for parameter, group in group_by_parameter(keys).items()
    }


def series_value(series: Series, readings: Mapping[ReadingKey, float]) -> float | None:
    """Return the mean of the series' readings that are there, None if none is."""
    values = [readings[key] for key in series.keys if key in readings]
    return mean(values) if values else None
