"""The names of windows in queries: ``5m``, ``1d``, ``auto`` and so on."""

import re
from datetime import tzinfo

from .errors import WindowError
from .models import CalendarUnit, CalendarWindow, FixedWindow, Window

AUTO = "auto"
_AUTO_ROWS = 500  # about what a chart can show
_FIXED = re.compile(r"([1-9][0-9]{0,8})(s|m|h)")
_UNIT = {"s": 1_000, "m": 60_000, "h": 3_600_000}  # ms
_MAX_LENGTH = 366 * 24 * _UNIT["h"]  # ms
_AUTO_FIXED = ("10s", "30s", "1m", "2m", "5m", "10m", "15m", "30m", "1h", "2h", "3h", "6h", "12h")
_AUTO_CALENDAR = {  # with the shortest length in hours, clock changes aside
    CalendarUnit.DAY: 24,
    CalendarUnit.WEEK: 7 * 24,
    CalendarUnit.MONTH: 28 * 24,
}


def parse_window(
    text: str, zone: tzinfo, *, start: int, stop: int, limit: int | None = None
) -> Window:
    """Return the window that `text` names: ``5m``, ``1d``, ``1w``, ``1mo`` or ``auto``.

    ``auto`` is the shortest usual window that makes at most 500 rows, or `limit` if that is less,
    of the time from `start` to `stop` (UTC ms). Raises WindowError.
    """
    text = text.strip()
    if text == AUTO:
        return _auto_window(zone, stop - start, min(limit or _AUTO_ROWS, _AUTO_ROWS))
    if text in list(CalendarUnit):
        return CalendarWindow(CalendarUnit(text), zone)
    match = _FIXED.fullmatch(text)
    length = int(match[1]) * _UNIT[match[2]] if match else 0
    if not 0 < length <= _MAX_LENGTH:
        raise WindowError(value=text)
    return FixedWindow(length, text)


def _auto_window(zone: tzinfo, span: int, rows: int) -> Window:
    """Return the shortest usual window that makes at most `rows` rows of `span` ms.

    A month is the longest, however many rows it makes.
    """
    for text in _AUTO_FIXED:
        length = int(text[:-1]) * _UNIT[text[-1]]
        if span / length <= rows - 1:  # one more row where the start lies within a window
            return FixedWindow(length, text)
    short_enough = (
        unit for unit, hours in _AUTO_CALENDAR.items() if span / (hours * _UNIT["h"]) <= rows - 1
    )
    return CalendarWindow(next(short_enough, CalendarUnit.MONTH), zone)
