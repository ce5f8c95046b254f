"""The parameters of a raw query: values that are bound to names in it, never pasted into it.

In the data of an action, a boolean, number, text or list stands for itself. Types that YAML lacks
are mappings with one key: ``{time: "-3h"}``, ``{duration: "5m"}``, ``{regex: "^co"}``, and
``{float: 5}``, since Flux tells 5 from 5.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite

from ...domain.errors import BoundError
from ...domain.times import from_datetime, parse_time

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DURATION_PART = re.compile(r"([0-9]{1,12})(m[os]?|[un]s|[ywdhs])")
_DURATION = re.compile(rf"-?({_DURATION_PART.pattern})+")
_INT_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class BoundTime:
    """A time, as UTC ms."""

    moment: int


@dataclass(frozen=True, slots=True)
class BoundDuration:
    """A duration such as ``1h30m``; it may have months and years of the calendar."""

    text: str

    @property
    def is_negative(self) -> bool:
        """Return whether the duration begins with a minus."""
        return self.text.startswith("-")

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Return the numbers and their units, such as ``(1, "h")``."""
        return [(int(number), unit) for number, unit in _DURATION_PART.findall(self.text)]


@dataclass(frozen=True, slots=True)
class BoundPattern:
    """A regular expression in the database's own syntax."""

    text: str


type BoundValue = (
    bool | int | float | str | BoundTime | BoundDuration | BoundPattern | tuple[BoundValue, ...]
)


def parse_parameters(data: Mapping[str, object], *, now: datetime) -> dict[str, BoundValue]:
    """Return the values of an action's data by name. Raises BoundError, TimeError for a bad time.

    `now` is what relative times count from, and its zone is that of times without one.
    """
    parameters = {}
    for name, value in data.items():
        if not _NAME.fullmatch(name):
            raise BoundError(name=name, value=value)
        parameters[name] = _parse_value(name, value, now)
    return parameters


def _parse_value(name: str, value: object, now: datetime) -> BoundValue:
    match value:
        case bool() | str():
            return value
        case int() if -_INT_LIMIT <= value < _INT_LIMIT:
            return value
        case float() if isfinite(value):
            return value
        case datetime() | date():
            return BoundTime(parse_time(name, value.isoformat(), now=now))
        case timedelta():
            return _parse_duration(name, f"{value // timedelta(microseconds=1)}us")
        case list() | tuple():
            return tuple(_parse_value(name, each, now) for each in value)
        case dict() if len(value) == 1:
            ((kind, typed_value),) = value.items()
            return _parse_typed_value(name, kind, typed_value, now)
    raise BoundError(name=name, value=value)


def _parse_typed_value(name: str, kind: object, value: object, now: datetime) -> BoundValue:
    match kind, value:
        case "time", datetime():
            return BoundTime(
                from_datetime(value if value.tzinfo else value.replace(tzinfo=now.tzinfo))
            )
        case "time", str():
            return BoundTime(parse_time(name, value, now=now))
        case "duration", str():
            return _parse_duration(name, value)
        case "regex", str() if value and value.isprintable():
            return BoundPattern(value)
        case "float", (int() | float()) if isfinite(value):
            return float(value)
    raise BoundError(name=name, value={kind: value})


def _parse_duration(name: str, text: str) -> BoundDuration:
    if not _DURATION.fullmatch(text):
        raise BoundError(name=name, value=text)
    return BoundDuration(text)
