"""What is known of sensors: however their names are written, and what each can measure."""

import pytest

from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason
from custom_components.air_state.core.domain.sensor_types import (
    SENSOR_PARAMETERS,
    find_parameter,
    sensor_name,
    sensor_type,
)
from custom_components.air_state.core.station.payload import parse_payload
from tests.payloads import encode


@pytest.mark.parametrize(
    ("name", "known", "shown"),
    [
        ("bme280", "bme280", "BME280"),
        ("BME680", "bme680", "BME680"),
        ("sht31", "sht3x", "SHT31"),
        ("SHT3x", "sht3x", "SHT3x"),
        ("aht20", "aht20", "AHT20"),
        ("SDS011", "sds011", "SDS011"),
        ("pms5003", "pms5003", "PMS5003"),
        ("sgp30", "sgp30", "SGP30"),
        ("sgp40", "sgp40", "SGP40"),
        ("scd30", "scd30", "SCD30"),
        ("scd40", "scd4x", "SCD40"),
        ("scd41", "scd4x", "SCD41"),
        ("mhz19", "mhz19", "MH-Z19"),
        ("MH-Z19B", "mhz19", "MH-Z19B"),
        ("mh_z19", "mhz19", "MH-Z19"),
        ("senseair", "senseair", "SenseAir"),
        ("senseair_s8", "senseair", "SenseAir S8"),
        ("s8", "senseair", "SenseAir S8"),
        ("ccs811", "ccs811", "CCS811"),
        ("mq-135", "mq135", "MQ-135"),
        ("ds18b20_attic", "ds18b20", "ds18b20_attic"),
        ("s80", "", "s80"),
        ("", "", ""),
    ],
)
def test_names_of_sensors(name: str, known: str, shown: str) -> None:
    assert (sensor_type(name), sensor_name(name)) == (known, shown)


@pytest.mark.parametrize("key", SENSOR_PARAMETERS)
def test_what_a_sensor_cannot_measure_is_missing(key: ReadingKey) -> None:
    known = SENSOR_PARAMETERS[key]
    name = key.sensor.upper()
    assert find_parameter(ReadingKey(name, key.parameter.upper())) == known
    for value, kept in ((known.low, True), (known.high, True)):
        data = encode({"n": {name: {key.parameter: value}}})
        assert bool(parse_payload(data, 0).readings) is kept
    for value in (known.low - 0.1, known.high + 0.1):
        data = encode({"n": {name: {key.parameter: value}, "x": {"y": 1}}})
        (refusal,) = parse_payload(data, 0).refused
        assert refusal.reason is RefusalReason.OUT_OF_RANGE


@pytest.mark.parametrize("sent", ["-3275.8", "-3276.7", -3266.8])
def test_twos_complement_of_a_dht22_is_missing(sent: object) -> None:
    """Variants send it below zero, which read as sign and amount is no temperature."""
    data = encode({"n": {"dht22": {"temperature": sent, "humidity": 60}}})
    (refusal,) = parse_payload(data, 0).refused
    assert (refusal.key.parameter, refusal.reason) == ("temperature", RefusalReason.OUT_OF_RANGE)
