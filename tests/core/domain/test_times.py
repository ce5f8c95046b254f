"""Times as people write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import TimeError
from custom_components.air_state.core.domain.times import from_datetime, parse_time, to_datetime

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 3, 31, 14, 30, 15, tzinfo=WARSAW)  # two days after the clock went forward


def parsed(text: str, now: datetime = NOW) -> str:
    return to_datetime(parse_time("start", text, now=now), WARSAW).isoformat()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-03-31T14:30:15+02:00"),
        ("-90s", "2026-03-31T14:28:45+02:00"),
        ("-15m", "2026-03-31T14:15:15+02:00"),
        ("-3h", "2026-03-31T11:30:15+02:00"),
        ("-1d", "2026-03-30T14:30:15+02:00"),
        ("-3d", "2026-03-28T13:30:15+01:00"),  # three times 24 hours, over the change
        ("-1w", "2026-03-24T13:30:15+01:00"),
        ("-1mo", "2026-02-28T14:30:15+01:00"),  # there is no 31 February
        ("-4mo", "2025-11-30T14:30:15+01:00"),
        ("-2y", "2024-03-31T14:30:15+02:00"),
        ("2026-03-29", "2026-03-29T00:00:00+01:00"),
        (" 2026-03-29T12:00 ", "2026-03-29T12:00:00+02:00"),
        ("2026-03-29 12:00:01.5", "2026-03-29T12:00:01.500000+02:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
        ("2026-01-01T00:00:00-05:00", "2026-01-01T06:00:00+01:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),  # twice that day: the first
        ("2026-03-29T02:30", "2026-03-29T03:30:00+02:00"),  # not at all that day
    ],
)
def test_times(text: str, meant: str) -> None:
    assert parsed(text) == meant


def test_a_leap_day_less_a_year_is_28_february() -> None:
    assert parsed("-1y", datetime(2024, 2, 29, tzinfo=WARSAW)) == "2023-02-28T00:00:00+01:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "3h",
        "-3",
        "-h",
        "-3x",
        "- 3h",
        "2026-13-01",
        "2026-02-30",
        "1700000000",
        "-999999999d",
        "-99999mo",
        "1969-12-31",
        "0001-01-01",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(TimeError) as caught:
        parse_time("start", text, now=NOW)
    assert caught.value.details == {"name": "start", "value": text.strip()}


@given(st.text(max_size=20))
def test_arbitrary_text_raises_nothing_but_time_errors(text: str) -> None:
    with suppress(TimeError):
        parse_time("start", text, now=NOW)


@given(st.integers(0, 4_000_000_000_000))
def test_ms_survive_the_way_to_datetime_and_back(moment: int) -> None:
    assert from_datetime(to_datetime(moment, WARSAW)) == moment


def test_microseconds_are_cut_off() -> None:
    assert from_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1999)) == 1
