"""The windows that a history is folded into."""

import re
from datetime import datetime, time, timedelta, tzinfo

from .errors import WindowError
from .models import CalendarUnit, CalendarWindow, FixedWindow, Window
from .times import from_datetime, to_datetime

AUTO = "auto"
_AUTO_ROWS = 500  # about what a chart can show
_FIXED = re.compile(r"([1-9][0-9]{0,8})(s|m|h)")
_UNIT = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_LONGEST = 366 * 24 * _UNIT["h"]
_LADDER = ("10s", "30s", "1m", "2m", "5m", "10m", "15m", "30m", "1h", "2h", "3h", "6h", "12h")
_ABOUT = {CalendarUnit.DAY: 24, CalendarUnit.WEEK: 7 * 24, CalendarUnit.MONTH: 28 * 24}  # hours


def parse_window(
    text: str, zone: tzinfo, *, start: int, stop: int, limit: int | None = None
) -> Window:
    """Return the window that `text` names: ``5m``, ``1d``, ``1w``, ``1mo`` or ``auto``.

    ``auto`` is the shortest that folds what there is, from `start` to `stop` (UTC ms), into at most
    500 rows, or `limit` where that is less. Raises WindowError.
    """
    text = text.strip()
    if text == AUTO:
        return _choose(zone, stop - start, min(limit or _AUTO_ROWS, _AUTO_ROWS))
    if text in list(CalendarUnit):
        return CalendarWindow(CalendarUnit(text), zone)
    match = _FIXED.fullmatch(text)
    length = int(match[1]) * _UNIT[match[2]] if match else 0
    if not 0 < length <= _LONGEST:
        raise WindowError(value=text)
    return FixedWindow(length, text)


def _choose(zone: tzinfo, span: int, rows: int) -> Window:
    """Return the shortest of the usual windows that gives at most `rows` rows over `span` ms."""
    for text in _LADDER:
        length = int(text[:-1]) * _UNIT[text[-1]]
        if span / length <= rows - 1:  # one more where the start is within a window
            return FixedWindow(length, text)
    fitting = (unit for unit, hours in _ABOUT.items() if span / (hours * _UNIT["h"]) <= rows - 1)
    return CalendarWindow(next(fitting, CalendarUnit.MONTH), zone)


def window_start(window: Window, moment: int) -> int:
    """Return when the window that holds `moment` starts; all UTC ms."""
    if isinstance(window, FixedWindow):
        return moment - moment % window.length
    day = to_datetime(moment, window.zone).date()
    if window.unit is CalendarUnit.WEEK:
        day -= timedelta(days=day.weekday())
    elif window.unit is CalendarUnit.MONTH:
        day = day.replace(day=1)
    return _midnight(datetime.combine(day, time()), window.zone)


def next_start(window: Window, start: int) -> int:
    """Return when the window after the one that starts at `start` starts; all UTC ms."""
    if isinstance(window, FixedWindow):
        return start + window.length
    day = to_datetime(start, window.zone).date()
    if window.unit is CalendarUnit.MONTH:
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        day += timedelta(days=7 if window.unit is CalendarUnit.WEEK else 1)
    return _midnight(datetime.combine(day, time()), window.zone)


def _midnight(local: datetime, zone: tzinfo) -> int:
    """Return when a local day begins, which is 01:00 where the clock skips its midnight."""
    return from_datetime(local.replace(tzinfo=zone))
