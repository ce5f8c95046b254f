"""Times in queries: ISO 8601, or relative to now such as ``-3h``."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from .errors import TimeError

_RELATIVE = re.compile(r"-([0-9]{1,9})(mo?|[shdwy])")
MAX_INFLUXDB_TIME = (2**63 - 1) // 1_000_000  # UTC ms, in April 2262: its nanoseconds end there
FAR_FUTURE = 2**62 // 1_000_000  # UTC ms, in 2116; the end of a range that has none
END_OF_YEAR_9999 = 253_402_300_799_999  # UTC ms; the last time that `datetime` knows
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS_IN_YEAR = 12
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_EPOCH_YEAR = 1970
_LAST_YEAR = 2261  # the last whole year before MAX_INFLUXDB_TIME


def from_datetime(moment: datetime) -> int:
    """Return an aware time in UTC ms since 1970. It is exact: no float is involved."""
    return (moment - datetime(_EPOCH_YEAR, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def to_datetime(moment: int, zone: tzinfo) -> datetime:
    """Return UTC ms since 1970 as an aware time in `zone`."""
    return (datetime(_EPOCH_YEAR, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)).astimezone(
        zone
    )


def parse_time(name: str, text: str, *, now: datetime) -> int:
    """Return the time that `text` names, in UTC ms since 1970.

    `text` is ``now``, a time before now such as ``-3h``, a date, or a time in ISO 8601. The units
    are s, m, h, d (24 hours), w (seven of these), and mo and y of the calendar. Times without an
    offset are in the zone of `now`. When clocks are set back, a local time that occurs twice is the
    first one. When they are set forward, one that is skipped is as long after midnight as it says.
    Raises TimeError, with `name` for the field's name.
    """
    text = text.strip()
    try:
        moment = _parse(text, now)
        if not _EPOCH_YEAR <= moment.astimezone(UTC).year <= _LAST_YEAR:
            raise TimeError(name=name, value=text)
        return from_datetime(moment)
    except (ValueError, OverflowError) as error:
        raise TimeError(name=name, value=text) from error


def _parse(text: str, now: datetime) -> datetime:
    """Return the time that `text` names. Raises ValueError or OverflowError."""
    if text == "now":
        return now
    if relative := _RELATIVE.fullmatch(text):
        return _before(now, int(relative[1]), relative[2])
    if _DATE.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time(), now.tzinfo)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _before(now: datetime, count: int, unit: str) -> datetime:
    """Return `count` units before `now`. A day that the month does not have becomes its last."""
    if unit in _SECONDS:
        # In UTC, since Python ignores clock changes when it subtracts from local times.
        earlier = now.astimezone(UTC) - timedelta(seconds=count * _SECONDS[unit])
        return earlier.astimezone(now.tzinfo)
    months = count * (_MONTHS_IN_YEAR if unit == "y" else 1)
    year, month = divmod(now.year * _MONTHS_IN_YEAR + now.month - 1 - months, _MONTHS_IN_YEAR)
    for day in (now.day, 30, 29):
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return now.replace(year=year, month=month + 1, day=28)
