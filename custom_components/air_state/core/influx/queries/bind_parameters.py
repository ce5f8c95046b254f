"""Values that a raw query names and that are bound to it, never pasted into it.

As actions give them: true or false, numbers, text and lists mean themselves. What YAML has no
word for is written as a mapping with one key: ``{time: "-3h"}``, ``{duration: "5m"}``,
``{regex: "^co"}``, and ``{float: 5}``, since Flux tells 5 from 5.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite

from ...domain.errors import BoundError
from ...domain.times import from_datetime, parse_time

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_PARTS = re.compile(r"([0-9]{1,12})(m[os]?|[un]s|[ywdhs])")
_DURATION = re.compile(rf"-?({_PARTS.pattern})+")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class BoundTime:
    """A time, as UTC ms."""

    moment: int


@dataclass(frozen=True, slots=True)
class BoundDuration:
    """A stretch of time such as ``1h30m``, months and years of the calendar among them."""

    text: str

    @property
    def negative(self) -> bool:
        """Return whether it reaches back."""
        return self.text.startswith("-")

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Return numbers and units."""
        return [(int(number), unit) for number, unit in _PARTS.findall(self.text)]


@dataclass(frozen=True, slots=True)
class BoundPattern:
    """A regular expression, as the database understands it."""

    text: str


type Bound = bool | int | float | str | BoundTime | BoundDuration | BoundPattern | tuple[Bound, ...]


def parse_bound(given: Mapping[str, object], *, now: datetime) -> dict[str, Bound]:
    """Return the values by their names. Raises BoundError, and TimeError for what is no time."""
    found = {}
    for name, value in given.items():
        if not _NAME.fullmatch(name):
            raise BoundError(name=name, value=value)
        found[name] = _parse(name, value, now)
    return found


def _parse(name: str, value: object, now: datetime) -> Bound:
    match value:
        case bool() | str():
            return value
        case int() if -_LARGEST <= value < _LARGEST:
            return value
        case float() if isfinite(value):
            return value
        case datetime() | date():
            return BoundTime(parse_time(name, value.isoformat(), now=now))
        case timedelta():
            return _duration(name, f"{value // timedelta(microseconds=1)}us")
        case list() | tuple():
            return tuple(_parse(name, each, now) for each in value)
        case dict() if len(value) == 1:
            ((kind, text),) = value.items()
            return _typed(name, kind, text, now)
    raise BoundError(name=name, value=value)


def _typed(name: str, kind: object, value: object, now: datetime) -> Bound:
    match kind, value:
        case "time", datetime():
            return BoundTime(
                from_datetime(value if value.tzinfo else value.replace(tzinfo=now.tzinfo))
            )
        case "time", str():
            return BoundTime(parse_time(name, value, now=now))
        case "duration", str():
            return _duration(name, value)
        case "regex", str() if value and value.isprintable():
            return BoundPattern(value)
        case "float", (int() | float()) if isfinite(value):
            return float(value)
    raise BoundError(name=name, value={kind: value})


def _duration(name: str, text: str) -> BoundDuration:
    if not _DURATION.fullmatch(text):
        raise BoundError(name=name, value=text)
    return BoundDuration(text)
