"""Where windows start: fixed ones as UTC counts them, days, weeks and months at local midnight."""

from datetime import datetime, time, timedelta, tzinfo

from .models import CalendarUnit, FixedWindow, Window
from .times import from_datetime, to_datetime


def window_start(window: Window, moment: int) -> int:
    """Return the start of the window that contains `moment`; both UTC ms."""
    if isinstance(window, FixedWindow):
        return moment - moment % window.length
    day = to_datetime(moment, window.zone).date()
    if window.unit is CalendarUnit.WEEK:
        day -= timedelta(days=day.weekday())
    elif window.unit is CalendarUnit.MONTH:
        day = day.replace(day=1)
    return _midnight(datetime.combine(day, time()), window.zone)


def next_window_start(window: Window, start: int) -> int:
    """Return the start of the window after the one that starts at `start`; both UTC ms."""
    if isinstance(window, FixedWindow):
        return start + window.length
    day = to_datetime(start, window.zone).date()
    if window.unit is CalendarUnit.MONTH:
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        day += timedelta(days=7 if window.unit is CalendarUnit.WEEK else 1)
    return _midnight(datetime.combine(day, time()), window.zone)


def _midnight(local: datetime, zone: tzinfo) -> int:
    """Return the start of a local day in UTC ms: 01:00 where the clock skips midnight."""
    return from_datetime(local.replace(tzinfo=zone))
