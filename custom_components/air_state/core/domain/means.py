"""Means over the sensors that measure the same parameter."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from .models import ReadingKey, Series
from .sensor_types import estimated_readings


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSelection:
    """Which readings count towards means, by the user's choice.

    `excluded` readings do not count. Estimates count beside measurements only if `included`.
    """

    excluded: frozenset[ReadingKey] = frozenset()
    included: frozenset[ReadingKey] = frozenset()

    def select(self, group: Collection[ReadingKey]) -> tuple[ReadingKey, ...]:
        """Return which readings of a parameter count towards its mean: all if none would."""
        candidates = [key for key in group if key not in self.excluded]
        skipped = estimated_readings(candidates) - self.included
        return tuple(key for key in candidates if key not in skipped) or tuple(group)


DEFAULT_SELECTION = MeanSelection()


def mean(values: Collection[float]) -> float:
    """Return the arithmetic mean of at least one value, the same in any order.

    `fsum` rounds once, so the order does not matter. The division rounds again, which could lead
    just outside the values' range, hence the bounds.
    """
    return min(max(fsum(values) / len(values), min(values)), max(values))


def group_by_parameter(keys: Iterable[ReadingKey]) -> dict[str, list[ReadingKey]]:
    """Return the readings of each parameter, both in alphabetical order."""
    found: dict[str, list[ReadingKey]] = {}
    for key in sorted(set(keys), key=lambda key: (key.parameter, key)):
        found.setdefault(key.parameter, []).append(key)
    return found


def mean_series(
    keys: Iterable[ReadingKey], mean_selection: MeanSelection = DEFAULT_SELECTION
) -> dict[str, Series]:
    """Return the series of each parameter's mean, over the readings that count."""
    return {
        parameter: Series(name=parameter, parameter=parameter, keys=mean_selection.select(group))
        for parameter, group in group_by_parameter(keys).items()
    }


def series_value(series: Series, readings: Mapping[ReadingKey, float]) -> float | None:
    """Return the mean of those of the series' readings that have a value, None if none has."""
    values = [readings[key] for key in series.keys if key in readings]
    return mean(values) if values else None
