"""Where windows start, above all where the clock changes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.calendar_windows import next_window_start, window_start
from custom_components.air_state.core.domain.models import CalendarUnit, CalendarWindow, FixedWindow
from custom_components.air_state.core.domain.times import from_datetime, to_datetime

WARSAW = ZoneInfo("Europe/Warsaw")


def ms(text: str, zone: ZoneInfo = WARSAW) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def starts(unit: str, first: str, count: int, zone: ZoneInfo = WARSAW) -> list[str]:
    """Return the first windows from the one that holds `first` on."""
    window = CalendarWindow(CalendarUnit(unit), zone)
    moment = window_start(window, ms(first, zone))
    found = []
    for _ in range(count):
        found.append(to_datetime(moment, zone).isoformat())
        moment = next_window_start(window, moment)
    return found


def test_days_over_the_change_in_spring() -> None:
    days = starts("1d", "2026-03-28T12:00", 3)

    assert days == [
        "2026-03-28T00:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",  # 23 hours later
    ]


def test_days_over_the_change_in_autumn() -> None:
    days = starts("1d", "2026-10-24T23:59", 3)

    assert days == [
        "2026-10-24T00:00:00+02:00",
        "2026-10-25T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",  # 25 hours later
    ]


def test_weeks_start_on_monday() -> None:
    assert starts("1w", "2026-03-29T12:00", 2) == [
        "2026-03-23T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
    ]


def test_months() -> None:
    assert starts("1mo", "2026-01-31T12:00", 4) == [
        "2026-01-01T00:00:00+01:00",
        "2026-02-01T00:00:00+01:00",
        "2026-03-01T00:00:00+01:00",
        "2026-04-01T00:00:00+02:00",
    ]
    assert starts("1mo", "2026-12-05", 2)[1] == "2027-01-01T00:00:00+01:00"


def test_a_day_without_midnight_starts_at_one() -> None:
    cairo = ZoneInfo("Africa/Cairo")

    assert starts("1d", "2026-04-24T12:00", 2, cairo) == [
        "2026-04-24T01:00:00+03:00",
        "2026-04-25T00:00:00+03:00",
    ]


def test_a_day_that_was_skipped_altogether_has_no_window() -> None:
    samoa = ZoneInfo("Pacific/Apia")

    found = starts("1d", "2011-12-29T12:00", 3, samoa)
    assert found[0] == "2011-12-29T00:00:00-10:00"
    assert found[-1].startswith(("2011-12-31", "2012-01-01"))


ZONES = ["Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(list(CalendarUnit)),
    st.integers(ms("2000-01-01"), ms("2037-01-01")),
)
def test_every_moment_is_in_exactly_one_calendar_window(
    zone: str, unit: CalendarUnit, moment: int
) -> None:
    window = CalendarWindow(unit, ZoneInfo(zone))

    start = window_start(window, moment)
    end = next_window_start(window, start)
    assert start <= moment < end
    assert window_start(window, end - 1) == start
    assert window_start(window, end) == end
    assert to_datetime(start, window.zone).hour == 0


@given(st.integers(1, 10**9), st.integers(0, 4 * 10**12))
def test_every_moment_is_in_exactly_one_fixed_window(length: int, moment: int) -> None:
    window = FixedWindow(length, "")

    start = window_start(window, moment)
    assert start <= moment < next_window_start(window, start)
    assert start % length == 0
