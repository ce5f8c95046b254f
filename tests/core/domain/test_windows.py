"""Names of windows, and which one `auto` chooses."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.air_state.core.domain.calendar_windows import next_window_start, window_start
from custom_components.air_state.core.domain.errors import WindowError
from custom_components.air_state.core.domain.models import FixedWindow
from custom_components.air_state.core.domain.windows import parse_window

WARSAW = ZoneInfo("Europe/Warsaw")
HOUR = 3_600_000
DAY = 24 * HOUR


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


def test_auto_chooses_longer_windows_for_longer_ranges() -> None:
    spans = [HOUR * 2**n for n in range(18)]
    lengths = []
    for span in spans:
        window = parse_window("auto", WARSAW, start=0, stop=span, limit=500)
        lengths.append(
            next_window_start(window, window_start(window, 10**12)) - window_start(window, 10**12)
        )
    assert all(first <= second for first, second in pairwise(lengths))
