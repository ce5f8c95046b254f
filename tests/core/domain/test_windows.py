"""Windows, above all where the clock changes."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import WindowError
from custom_components.air_state.core.domain.models import CalendarUnit, CalendarWindow, FixedWindow
from custom_components.air_state.core.domain.times import from_datetime, to_datetime
from custom_components.air_state.core.domain.windows import next_start, parse_window, window_start

WARSAW = ZoneInfo("Europe/Warsaw")
HOUR = 3_600_000
DAY = 24 * HOUR


def ms(text: str, zone: ZoneInfo = WARSAW) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def starts(unit: str, first: str, count: int, zone: ZoneInfo = WARSAW) -> list[str]:
    """Return the first windows from the one that holds `first` on."""
    window = CalendarWindow(CalendarUnit(unit), zone)
    moment = window_start(window, ms(first, zone))
    found = []
    for _ in range(count):
        found.append(to_datetime(moment, zone).isoformat())
        moment = next_start(window, moment)
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
    end = next_start(window, start)
    assert start <= moment < end
    assert window_start(window, end - 1) == start
    assert window_start(window, end) == end
    assert to_datetime(start, window.zone).hour == 0


@given(st.integers(1, 10**9), st.integers(0, 4 * 10**12))
def test_every_moment_is_in_exactly_one_fixed_window(length: int, moment: int) -> None:
    window = FixedWindow(length, "")

    start = window_start(window, moment)
    assert start <= moment < next_start(window, start)
    assert start % length == 0


def parse(text: str, span: int = DAY, limit: int = 1000) -> str:
    return parse_window(text, WARSAW, start=10 * DAY, stop=10 * DAY + span, limit=limit).text


@pytest.mark.parametrize("text", ["1s", "5m", "90m", "12h", "24h", "8784h", "1d", "1w", "1mo"])
def test_windows(text: str) -> None:
    window = parse_window(f" {text} ", WARSAW, start=0, stop=1, limit=1)

    assert window.text == text
    if isinstance(window, FixedWindow):
        seconds = {"s": 1, "m": 60, "h": 3600}[text[-1]] * int(text[:-1])
        assert window.length == seconds * 1000


@pytest.mark.parametrize(
    "text", ["", "0s", "-5m", "5", "5 m", "2d", "3w", "6mo", "1y", "8785h", "1h30m", "500ms", "x"]
)
def test_impossible_windows_are_named(text: str) -> None:
    with pytest.raises(WindowError) as caught:
        parse(text)
    assert caught.value.details["value"] == text


@pytest.mark.parametrize(
    ("span", "limit", "chosen"),
    [
        (HOUR, 1000, "10s"),
        (DAY, 1000, "5m"),
        (DAY, 24, "2h"),
        (DAY, 25, "1h"),
        (7 * DAY, 1000, "30m"),
        (30 * DAY, 1000, "2h"),
        (300 * DAY, 400, "1d"),
        (365 * DAY, 1000, "1d"),
        (2000 * DAY, 1000, "1w"),
        (7000 * DAY, 1000, "1mo"),
        (70_000 * DAY, 1, "1mo"),
    ],
)
def test_auto_is_the_shortest_that_fits(span: int, limit: int, chosen: str) -> None:
    assert parse("auto", span, limit) == chosen


def test_the_ladder_of_auto_is_in_order() -> None:
    spans = [HOUR * 2**n for n in range(18)]
    lengths = []
    for span in spans:
        window = parse_window("auto", WARSAW, start=0, stop=span, limit=500)
        lengths.append(
            next_start(window, window_start(window, 10**12)) - window_start(window, 10**12)
        )
    assert all(first <= second for first, second in pairwise(lengths))
