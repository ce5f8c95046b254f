"""Means over sensors that measure the same."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.means import (
    DEFAULT_SELECTION,
    MeanSelection,
    mean,
    mean_series,
    series_value,
)
from custom_components.air_state.core.domain.models import ReadingKey
from custom_components.air_state.core.domain.parameters import MAX_VALUE

BMP, DHT, DS = (ReadingKey(sensor, "temperature") for sensor in ("bmp180", "dht22", "ds18b20"))
HUMIDITY = ReadingKey("dht22", "humidity")

plausible = st.floats(-MAX_VALUE, MAX_VALUE)


@pytest.mark.parametrize("values", [(30, 20, 10), (10, 30, 20), (20, 10, 30)])
def test_the_mean_of_30_20_10_is_20_in_any_order(values: tuple[float, ...]) -> None:
    assert mean(values) == 20


@given(st.lists(plausible, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_mean_does_not_depend_on_order(values: list[float], chance: random.Random) -> None:
    shuffled = list(values)
    chance.shuffle(shuffled)

    assert mean(shuffled) == mean(values)


@given(st.lists(plausible, min_size=1, max_size=20))
def test_the_mean_is_never_outside_its_inputs(values: list[float]) -> None:
    assert min(values) <= mean(values) <= max(values)


def test_all_sensors_count_at_first() -> None:
    series = mean_series([DS, BMP, HUMIDITY, DHT, DHT])

    assert series["temperature"].keys == (BMP, DHT, DS)
    assert series["humidity"].keys == (HUMIDITY,)


def test_excluded_sensors_do_not_count_unless_none_would_be_left() -> None:
    keys = [BMP, DHT, DS, HUMIDITY]

    some, none = MeanSelection(excluded=frozenset({BMP})), MeanSelection(excluded=frozenset(keys))
    assert mean_series(keys, some)["temperature"].keys == (DHT, DS)
    assert mean_series(keys, none)["temperature"].keys == (BMP, DHT, DS)


MQ, SCD, SGP = (ReadingKey(sensor, "co2") for sensor in ("mq135", "SCD41_desk", "sgp30"))


def test_estimates_count_only_where_nothing_measures_or_the_user_wants_them() -> None:
    def counted(
        *keys: ReadingKey, mean_selection: MeanSelection = DEFAULT_SELECTION
    ) -> set[ReadingKey]:
        return set(mean_series(keys, mean_selection)["co2"].keys)

    assert counted(MQ, SCD, SGP) == {SCD}
    assert counted(MQ, SGP) == {MQ, SGP}
    assert counted(MQ, SCD, mean_selection=MeanSelection(included=frozenset({MQ}))) == {MQ, SCD}
    assert counted(MQ, SCD, SGP, mean_selection=MeanSelection(excluded=frozenset({SCD}))) == {
        MQ,
        SGP,
    }
    others = [ReadingKey(sensor, "temperature") for sensor in ("mq135", "scd41")]
    assert mean_series(others)["temperature"].keys == tuple(others)


def test_a_missing_reading_is_left_out_of_the_mean() -> None:
    series = mean_series([BMP, DHT, DS])["temperature"]

    assert series_value(series, {BMP: 30.0, DS: 10.0}) == 20
    assert series_value(series, {HUMIDITY: 50.0}) is None
