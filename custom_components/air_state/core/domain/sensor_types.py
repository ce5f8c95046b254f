"""The catalogue's second part: what is known of types of sensors.

A sensor of any name works without being listed. A row of `SENSOR_TYPES` adds what such a sensor can
measure, by its maker's data sheet (docs/payload.md has them all), and how people write its name. To
add a type, add a row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from .models import QueryColumn, ReadingKey, Series
from .parameters import PARAMETERS, UNKNOWN, Parameter, canonical_name, unify_separators


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorType:
    """What is known of a type of sensor.

    `prefixes` are how the names of its sensors begin, in lower case and without separators.
    `names` are its sensors as people write them. `ranges` and `decimals` have, by parameter, the
    lowest and highest value that it can measure and the meaningful decimals, where they are not
    those of the parameter. `co2` is whether it measures CO₂ or computes it from other gases.
    """

    prefixes: tuple[str, ...]
    names: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)
    co2: Literal["measured", "estimated"] | None = None


SENSOR_TYPES: dict[str, SensorType] = {
    "aht20": SensorType(
        prefixes=("aht",), names=("AHT10", "AHT20", "AHT21"), ranges={"temperature": (-40, 85)}
    ),
    "bme280": SensorType(
        prefixes=("bme280",), names=("BME280",), ranges={"temperature": (-40, 85)}
    ),
    "bme680": SensorType(
        prefixes=("bme680",),
        names=("BME680",),
        ranges={"temperature": (-40, 85)},
        co2="estimated",
    ),
    "bmp180": SensorType(
        prefixes=("bmp180",), names=("BMP180",), ranges={"temperature": (-40, 85)}
    ),
    "bmp280": SensorType(
        prefixes=("bmp280",), names=("BMP280",), ranges={"temperature": (-40, 85)}
    ),
    "ccs811": SensorType(
        prefixes=("ccs811",),
        names=("CCS811",),
        ranges={"tvoc": (0, 32_768), "co2": (400, 29_206)},
        co2="estimated",
    ),
    "dht22": SensorType(
        prefixes=("dht22", "am2302"),
        names=("DHT22", "AM2302"),
        ranges={"temperature": (-40, 80)},
    ),
    "ds18b20": SensorType(
        prefixes=("ds18b20",),
        names=("DS18B20",),
        ranges={"temperature": (-55, 125)},
        decimals={"temperature": 2},
    ),
    "mhz19": SensorType(
        prefixes=("mhz19",),
        names=("MH-Z19", "MH-Z19B", "MH-Z19C"),
        ranges={"co2": (1, 10_000)},
        co2="measured",
    ),
    "mq135": SensorType(prefixes=("mq135",), names=("MQ-135",), co2="estimated"),
    "pms5003": SensorType(
        prefixes=("pms",),
        names=("PMS5003", "PMS7003"),
        # The data sheet gives no upper end: what 16 bits can hold.
        ranges={"pm1": (0, 65_535), "pm25": (0, 65_535), "pm10": (0, 65_535)},
    ),
    # The SCD30 and the SCD4x send 0 ppm, with other values, until they have measured.
    "scd30": SensorType(
        prefixes=("scd30",),
        names=("SCD30",),
        ranges={"co2": (1, 40_000), "temperature": (-40, 70)},
        co2="measured",
    ),
    "scd4x": SensorType(
        prefixes=("scd4",),
        names=("SCD40", "SCD41", "SCD4x"),
        ranges={"co2": (1, 40_000), "temperature": (-10, 60)},
        co2="measured",
    ),
    "sds011": SensorType(
        prefixes=("sds011",), names=("SDS011",), ranges={"pm25": (0, 999.9), "pm10": (0, 999.9)}
    ),
    "senseair": SensorType(
        prefixes=("senseair",),  # and "s8", see sensor_type
        names=("SenseAir", "SenseAir S8"),
        ranges={"co2": (1, 10_000)},
        co2="measured",
    ),
    "sgp30": SensorType(
        prefixes=("sgp30",),
        names=("SGP30",),
        ranges={"tvoc": (0, 60_000), "co2": (400, 60_000)},
        co2="estimated",
    ),
    "sgp40": SensorType(
        prefixes=("sgp40",),
        names=("SGP40",),
        ranges={"vocIndex": (1, 500)},  # 0 until it has learned what the air is like
    ),
    "sht3x": SensorType(
        prefixes=("sht3",),
        names=("SHT30", "SHT31", "SHT35", "SHT3x"),
        ranges={"temperature": (-40, 125)},
    ),
}


def _without_separators(name: str) -> str:
    """Return a name in lower case, without what separates its parts."""
    return unify_separators(name).replace("_", "")


# What is known of a parameter when a listed type of sensor measures it.
SENSOR_PARAMETERS: dict[ReadingKey, Parameter] = {
    ReadingKey(name, parameter): replace(
        PARAMETERS[parameter],
        low=low,
        high=high,
        decimals=row.decimals.get(parameter, PARAMETERS[parameter].decimals),
    )
    for name, row in SENSOR_TYPES.items()
    for parameter, (low, high) in row.ranges.items()
}
_TYPES_BY_PREFIX = {prefix: name for name, row in SENSOR_TYPES.items() for prefix in row.prefixes}
_WRITTEN_NAMES = {
    _without_separators(written): written for row in SENSOR_TYPES.values() for written in row.names
} | {"s8": "SenseAir S8"}


# Each poll asks for the same few names. The bound keeps made-up names from filling the memory.
@lru_cache(maxsize=1024)
def sensor_type(sensor: str) -> str:
    """Return the listed type of a sensor, '' if there is none: ds18b20 for ``ds18b20_attic``."""
    if unify_separators(sensor).partition("_")[0] == "s8":  # a prefix of names like "s80" too
        return "senseair"
    name = _without_separators(sensor)
    return next((known for start, known in _TYPES_BY_PREFIX.items() if name.startswith(start)), "")


def sensor_name(sensor: str) -> str:
    """Return a sensor's name as people write it: DHT22 for ``dht22``."""
    return _WRITTEN_NAMES.get(_without_separators(sensor), sensor)


@lru_cache(maxsize=1024)
def find_parameter(key: ReadingKey) -> Parameter:
    """Return what the catalogue knows of a reading: of its sensor's type, else of the parameter."""
    parameter = canonical_name(key.parameter)
    of_sensor = SENSOR_PARAMETERS.get(ReadingKey(sensor_type(key.sensor), parameter))
    return of_sensor or PARAMETERS.get(parameter, UNKNOWN)


def series_unit(series: Series) -> str | None:
    """Return the unit of a series' values, None if it is not known."""
    return find_parameter(series.keys[0] if series.keys else ReadingKey("", series.parameter)).unit


def column_unit(column: QueryColumn) -> str | None:
    """Return the unit of a column's values, None if they are counts or it is not known."""
    return None if column.is_count else series_unit(column.series)


def estimated_readings(keys: Iterable[ReadingKey]) -> frozenset[ReadingKey]:
    """Return the estimates among readings of one parameter, if another of them is measured.

    Only CO₂ is both measured and estimated.
    """
    co2 = {
        key: row.co2
        for key in keys
        if canonical_name(key.parameter) == "co2"
        and (row := SENSOR_TYPES.get(sensor_type(key.sensor))) is not None
    }
    if "measured" not in co2.values():
        return frozenset()
    return frozenset(key for key, kind in co2.items() if kind == "estimated")
