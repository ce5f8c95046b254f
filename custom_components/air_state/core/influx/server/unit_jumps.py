"""Finds fields whose unit would change if a station went on writing to a bucket.

A bucket may already hold the station's fields from another program, an earlier firmware or an
earlier Air State. The newest value that it holds is compared with the one to be written next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose, log10

from ...domain.models import ReadingKey, Series
from ...domain.parameters import Parameter, convert, unit_factor
from ...domain.sensor_types import find_parameter

_MAX_RATIO = 30.0  # air changes by less from one value to the next
_MIN_FAHRENHEIT_DIFFERENCE = 15.0  # between values in °C and °F, below which they look alike


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitJump:
    """A field whose newest value in the bucket seems to be in another unit.

    `new_value` would be written next, in `new_unit`. `stored_unit` is the unit of `stored_value`,
    None if it is not one that the catalogue has for the parameter.
    """

    series: Series
    stored_value: float
    stored_unit: str | None
    new_value: float
    new_unit: str | None

    @property
    def factor(self) -> float:
        """Return what the new value is multiplied by to get the stored one."""
        return self.stored_value / self.new_value if self.new_value else float("inf")


def find_unit_jump(
    series: Series, stored_value: float, value: float, stored_units: Mapping[str, str]
) -> UnitJump | None:
    """Return the jump from the bucket's value of a series to `value`, None if there is none.

    `value` is in the catalogue's unit. `stored_units` has the unit of each parameter that would not
    be written in the catalogue's unit.
    """
    parameter = _parameter(series)
    new_unit = stored_units.get(series.parameter, parameter.unit)
    new_value = _in_unit(series.parameter, value, new_unit)
    units = [parameter.unit]
    if parameter.other is not None:
        units.append(parameter.other.unit)
    likely = min(
        units,
        key=lambda unit: _distance(stored_value, _in_unit(series.parameter, value, unit)),
    )
    stored_unit = likely if likely != new_unit else None
    if stored_unit is None and not _is_jump(stored_value, new_value, parameter):
        return None
    return UnitJump(
        series=series,
        stored_value=stored_value,
        stored_unit=stored_unit,
        new_value=new_value,
        new_unit=new_unit,
    )


def units_of_bucket(jumps: Iterable[UnitJump], stored_units: Mapping[str, str]) -> dict[str, str]:
    """Return `stored_units` with the bucket's units, so that the series go on in theirs.

    A unit that the catalogue does not have changes nothing.
    """
    units = dict(stored_units)
    for jump in jumps:
        if jump.stored_unit is not None:
            units.pop(jump.series.parameter, None)
            if jump.stored_unit != _parameter(jump.series).unit:
                units[jump.series.parameter] = jump.stored_unit
    return units


def _parameter(series: Series) -> Parameter:
    return find_parameter(series.keys[0] if series.keys else ReadingKey("", series.parameter))


def _in_unit(parameter: str, value: float, unit: str | None) -> float:
    factor = 1.0 if unit is None else unit_factor(parameter, unit)
    return value if factor == 1.0 else convert(value, factor)


def _distance(stored_value: float, new_value: float) -> float:
    """Return by how many powers of ten two values differ."""
    if stored_value * new_value <= 0:
        return float("inf")
    return abs(log10(stored_value / new_value))


def _is_jump(stored_value: float, new_value: float, parameter: Parameter) -> bool:
    """Return whether two values cannot be in the same unit."""
    if stored_value * new_value > 0 and not (
        1 / _MAX_RATIO < stored_value / new_value < _MAX_RATIO
    ):
        return True
    low, high = parameter.low, parameter.high
    if low <= new_value <= high and not low <= stored_value <= high:
        return True
    is_fahrenheit = isclose(stored_value, new_value * 1.8 + 32, abs_tol=5)
    difference = abs(stored_value - new_value)
    return parameter.unit == "°C" and is_fahrenheit and difference > _MIN_FAHRENHEIT_DIFFERENCE
