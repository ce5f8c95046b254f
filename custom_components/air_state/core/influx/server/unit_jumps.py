"""Whether a series would go on in another unit than the one that it was written in.

A bucket may hold a field of a station already: from another program, an earlier firmware, or an
Air State of before. What it holds is compared with what would be written next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose, log10

from ...domain.models import ReadingKey, Series
from ...domain.parameters import Parameter, convert, unit_factor
from ...domain.sensor_types import find_parameter

_FACTOR = 30.0  # air changes by less from one value to the next
_FAR = 15.0  # °C; so far do temperatures lie from the same in °F that one is told from the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A field whose newest value is in another unit, as it seems.

    `found` is what the bucket holds, `now` what would be written next, in `unit`. `other` is the
    catalogue's name of the unit that the bucket holds it in, None where it has none.
    """

    series: Series
    found: float
    now: float
    unit: str | None
    other: str | None

    @property
    def factor(self) -> float:
        """Return what `now` is multiplied by to be `found`."""
        return self.found / self.now if self.now else float("inf")


def find_jump(series: Series, found: float, value: float, units: Mapping[str, str]) -> Jump | None:
    """Return the jump from what a bucket holds of a series to `value`, None if there is none.

    `value` is in the catalogue's unit; `units` are those that would be written in, where they are
    others.
    """
    known = _known(series)
    written = units.get(series.parameter, known.unit)
    now = _in_unit(series.parameter, value, written)
    choices = [known.unit] if known.other is None else [known.unit, known.other.unit]
    likely = min(
        choices, key=lambda unit: _distance(found, _in_unit(series.parameter, value, unit))
    )
    other = likely if likely != written else None
    if other is None and not _jumps(found, now, known):
        return None
    return Jump(series=series, found=found, now=now, unit=written, other=other)


def units_of_bucket(jumps: Iterable[Jump], units: Mapping[str, str]) -> dict[str, str]:
    """Return `units` changed so that these series go on in theirs, where the catalogue has it."""
    changed = dict(units)
    for jump in jumps:
        if jump.other is not None:
            changed.pop(jump.series.parameter, None)
            if jump.other != _known(jump.series).unit:
                changed[jump.series.parameter] = jump.other
    return changed


def _known(series: Series) -> Parameter:
    return find_parameter(series.keys[0] if series.keys else ReadingKey("", series.parameter))


def _in_unit(parameter: str, value: float, unit: str | None) -> float:
    factor = 1.0 if unit is None else unit_factor(parameter, unit)
    return value if factor == 1.0 else convert(value, factor)


def _distance(found: float, now: float) -> float:
    """Return by how many powers of ten two values differ."""
    return abs(log10(found / now)) if found * now > 0 else float("inf")


def _jumps(found: float, now: float, known: Parameter) -> bool:
    """Return whether two values cannot be of the same unit."""
    if found * now > 0 and not 1 / _FACTOR < found / now < _FACTOR:
        return True
    if known.low <= now <= known.high and not known.low <= found <= known.high:
        return True
    in_fahrenheit = isclose(found, now * 1.8 + 32, abs_tol=5)
    return known.unit == "°C" and in_fahrenheit and abs(found - now) > _FAR
