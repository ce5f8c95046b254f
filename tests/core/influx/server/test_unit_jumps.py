"""Values in a bucket that are in another unit than the next one would be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import ReadingKey, Series
from custom_components.air_state.core.influx.server.unit_jumps import (
    UnitJump,
    find_unit_jump,
    units_of_bucket,
)

PASCAL = {"pressure": "Pa"}


def series(parameter: str) -> Series:
    return Series(name=parameter, parameter=parameter, keys=(ReadingKey("s", parameter),))


def jump(
    parameter: str, found: float, value: float, units: dict[str, str] | None = None
) -> UnitJump | None:
    return find_unit_jump(series(parameter), found, value, units or {})


@given(st.floats(900, 1080), st.floats(900, 1080))
def test_pressures_are_told_apart_by_their_unit(before: float, now: float) -> None:
    for parameter in ("pressure", "seaLevelPressure"):
        assert jump(parameter, before, now) is None
        found = jump(parameter, before * 100, now)
        assert found is not None
        assert (found.new_unit, found.stored_unit) == ("hPa", "Pa")
        assert 80 < found.factor < 125
        assert units_of_bucket([found], {}) == {parameter: "Pa"}
    # What an entry writes in Pa goes on in a bucket that holds hPa, and the other way round.
    assert jump("pressure", before * 100, now, PASCAL) is None
    back = jump("pressure", before, now, PASCAL)
    assert back is not None
    assert (back.new_unit, back.stored_unit) == ("Pa", "hPa")
    assert units_of_bucket([back], PASCAL) == {}


@pytest.mark.parametrize(
    ("parameter", "found", "now", "factor"),
    [
        ("tvoc", 0.12, 120.0, 0.001),  # ppm, and ppb now
        ("co2", 404_000.0, 404.0, 1000),
        ("radon", 2.0, 74.0, 0.027),  # of no catalogue: pCi/l, and Bq/m³ now
        ("temperature", 70.0, 21.0, 3.33),  # °F
        ("temperature", 294.1, 21.0, 14.0),  # K
        ("pressure", 29.9, 1013.0, 0.0295),  # inHg
        ("pressure", 101.3, 1013.0, 0.1),  # kPa
    ],
)
def test_other_jumps_are_found(parameter: str, found: float, now: float, factor: float) -> None:
    told = jump(parameter, found, now)
    assert told is not None
    assert (told.stored_value, told.new_value, told.stored_unit) == (found, now, None)
    assert told.factor == pytest.approx(factor, rel=0.05)
    assert units_of_bucket([told], {}) == {}


@pytest.mark.parametrize(
    ("parameter", "found", "now"),
    [
        ("temperature", -12.0, 31.0),
        ("temperature", 0.0, 21.0),
        ("humidity", 12.0, 99.0),
        ("co", 0.5, 12.0),
        ("co2", 5_000.0, 400.0),
        ("pm25", 0.0, 80.0),
        ("pm25", 80.0, 0.0),
        ("altitude", -3.0, 8.0),
    ],
)
def test_air_that_has_changed_is_no_jump(parameter: str, found: float, now: float) -> None:
    assert jump(parameter, found, now) is None
