"""The catalogue: what is known of parameters by sensor.

Any sensor and parameter works without being listed; the catalogue only adds the unit, the number
of meaningful decimals and the range outside which a value cannot be a measurement. To add one,
add a row here and one in `sensor.py`.

Ranges are those of the makers' data sheets: Bosch BMP180 (300…1100 hPa, -40…85 °C), Maxim DS18B20
(-55…125 °C), Aosong DHT22/AM2302 (-40…80 °C, 0…100 %).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from .models import ReadingKey, Series

# Beyond this no home-made station measures anything; it also keeps sums of readings finite.
LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Another unit that stations send: values from `low` to `high` are multiplied by `factor`.

    `factor` is a power of ten, so that converting there and back gives the same number.
    """

    unit: str
    low: float
    high: float
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Unit, meaningful decimals and plausible range (inclusive) of a parameter."""

    unit: str | None = None
    decimals: int | None = None
    low: float = -LARGEST
    high: float = LARGEST
    other: Scale | None = None


_UNKNOWN = Parameter()
_GAS = Parameter(unit="ppm", decimals=2, low=0, high=1e6)
_DUST = Parameter(unit="μg/m³", decimals=1, low=0, high=1e5)
_TEMPERATURE = Parameter(unit="°C", decimals=1, low=-100, high=200)
_PRESSURE = Parameter(
    unit="hPa",
    decimals=1,
    low=300,
    high=1100,
    other=Scale(unit="Pa", low=30_000, high=110_000, factor=0.01),  # the ranges cannot meet
)

PARAMETERS: dict[str, Parameter] = {
    "temperature": _TEMPERATURE,
    "humidity": Parameter(unit="%", decimals=1, low=0, high=100),
    "pressure": _PRESSURE,
    "seaLevelPressure": _PRESSURE,
    "altitude": Parameter(unit="m", decimals=1, low=-500, high=9_000),
    "co": _GAS,
    "co2": replace(_GAS, decimals=0),
    "nh4": _GAS,
    "alcohol": _GAS,
    "aceton": _GAS,
    "toulen": _GAS,
    "pm1": _DUST,
    "pm25": _DUST,
    "pm10": _DUST,
    "tvoc": Parameter(unit="ppb", decimals=0, low=0, high=1e6),
}

SENSORS: dict[ReadingKey, Parameter] = {
    ReadingKey("bmp180", "temperature"): replace(_TEMPERATURE, low=-40, high=85),
    ReadingKey("ds18b20", "temperature"): replace(_TEMPERATURE, decimals=2, low=-55, high=125),
    ReadingKey("dht22", "temperature"): replace(_TEMPERATURE, low=-40, high=80),
}

SENSOR_NAMES: dict[str, str] = {
    "bmp180": "BMP180",
    "dht22": "DHT22",
    "ds18b20": "DS18B20",
    "mq135": "MQ-135",
}


# A station sends the same names with every poll; foreign ones cannot fill the memory.
@lru_cache(maxsize=1024)
def family(sensor: str) -> str:
    """Return the listed sensor type that a name such as ``ds18b20_attic`` starts with, or ''."""
    name = sensor.lower()
    return next((known for known in SENSOR_NAMES if name.startswith(known)), "")


@lru_cache(maxsize=1024)
def describe(key: ReadingKey) -> Parameter:
    """Return what the catalogue knows of a reading."""
    own = SENSORS.get(ReadingKey(family(key.sensor), key.parameter))
    return own or PARAMETERS.get(key.parameter, _UNKNOWN)


def unit_of(series: Series) -> str | None:
    """Return the unit of a series' values."""
    return describe(series.keys[0] if series.keys else ReadingKey("", series.parameter)).unit


def unit_factor(parameter: str, unit: str) -> float:
    """Return what the catalogue's values of a parameter are multiplied by to be in `unit`.

    `convert` with the factor's inverse (``1 / factor``) leads back. Raises ValueError if the
    catalogue does not know the unit of that parameter.
    """
    known = PARAMETERS.get(parameter, _UNKNOWN)
    if unit == known.unit:
        return 1.0
    if known.other is None or unit != known.other.unit:
        raise ValueError(unit)
    return 1 / known.other.factor


def convert(value: float, factor: float) -> float:
    """Return a finite value times a power of ten, with the decimals that it was written with.

    Decimals of 0.01 have no end in binary: 99512.34 * 0.01 would be 995.1233999999999.
    """
    return float(Decimal(repr(value)) * Decimal(repr(factor)))


def sensor_name(sensor: str) -> str:
    """Return a sensor's name as people write it."""
    return SENSOR_NAMES.get(sensor, sensor)
