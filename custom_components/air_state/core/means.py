"""Means over sensors that measure the same parameter."""

from collections.abc import Collection, Iterable, Mapping
from math import fsum

from .models import ReadingKey, Series


def mean(values: Collection[float]) -> float:
    """Return the arithmetic mean of at least one value, the same in any order.

    `fsum` rounds once, so order cannot matter; the last bit of the division could still leave the
    values' range, hence the bounds.
    """
    return min(max(fsum(values) / len(values), min(values)), max(values))


def group_counted(
    keys: Iterable[ReadingKey], excluded: Collection[ReadingKey] = ()
) -> dict[str, Series]:
    """Return for each parameter the series of its mean: all sensors of it but the excluded.

    Where every sensor of a parameter is excluded, all of them count.
    """
    everything: dict[str, list[ReadingKey]] = {}
    for key in sorted(set(keys)):
        everything.setdefault(key.parameter, []).append(key)
    return {
        parameter: Series(
            name=parameter,
            parameter=parameter,
            keys=tuple(key for key in group if key not in excluded) or tuple(group),
        )
        for parameter, group in sorted(everything.items())
    }


def series_value(series: Series, readings: Mapping[ReadingKey, float]) -> float | None:
    """Return the mean of the series' readings that are there, None if none is."""
    values = [readings[key] for key in series.keys if key in readings]
    return mean(values) if values else None
