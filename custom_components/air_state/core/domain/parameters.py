"""The catalogue: what is known of parameters by sensor.

Any sensor and parameter works without being listed. The catalogue adds the unit, the number of
meaningful decimals, the range outside which a value cannot be a measurement, and how Home Assistant
shows the parameter. To add a parameter, add a row to `PARAMETERS`, then run
tests/ha/test_descriptions.py: it says which texts and icons the row needs.

Ranges are those of the makers' data sheets; docs/payload.md has them. Names are compared without
regard to case and to what separates their parts: ``PM2.5`` and ``pm2_5`` are both ``pm25``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from .models import ReadingKey, Series

# Beyond this no home-made station measures anything; it also keeps sums of readings finite.
MAX_VALUE = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeUnit:
    """Another unit that stations send: values from `low` to `high` are multiplied by `factor`.

    `factor` is a power of ten, so that converting there and back gives the same number.
    """

    unit: str
    low: float
    high: float
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What is known of a parameter.

    `low` and `high` are the bounds, inclusive, of what a sensor can measure, in `unit`. `decimals`
    is how many are meaningful. `translation_key` and `device_class` are the words that Home
    Assistant has for the parameter, `diagnostic` says that it tells something about the station
    rather than about the air. `aliases` are other names that firmware sends, in lower case.
    """

    unit: str | None = None
    decimals: int | None = None
    low: float = -MAX_VALUE
    high: float = MAX_VALUE
    other: AlternativeUnit | None = None
    translation_key: str | None = None
    device_class: str | None = None
    diagnostic: bool = False
    aliases: tuple[str, ...] = ()


_UNKNOWN = Parameter()
_GAS = Parameter(unit="ppm", decimals=2, low=0, high=1e6)
_DUST = Parameter(unit="μg/m³", decimals=1, low=0, high=1e5)
_PRESSURE = Parameter(
    unit="hPa",
    decimals=1,
    low=300,
    high=1100,
    other=AlternativeUnit(
        unit="Pa", low=30_000, high=110_000, factor=0.01
    ),  # the ranges cannot meet
    device_class="atmospheric_pressure",
)
_VOC_PARTS = "volatile_organic_compounds_parts"

PARAMETERS: dict[str, Parameter] = {
    "temperature": Parameter(
        unit="°C",
        decimals=1,
        low=-100,
        high=200,
        translation_key="temperature",
        device_class="temperature",
        aliases=("temp",),
    ),
    "humidity": Parameter(
        unit="%",
        decimals=1,
        low=0,
        high=100,
        translation_key="humidity",
        device_class="humidity",
        aliases=("hum", "rh"),
    ),
    "pressure": replace(_PRESSURE, translation_key="pressure"),
    "seaLevelPressure": replace(_PRESSURE, translation_key="sea_level_pressure"),
    "altitude": Parameter(
        unit="m",
        decimals=1,
        low=-500,
        high=9_000,
        translation_key="altitude",
        device_class="distance",
        diagnostic=True,  # computed from the pressure: says nothing about the air
    ),
    "co": replace(_GAS, translation_key="co", device_class="carbon_monoxide"),
    "co2": replace(
        _GAS,
        decimals=0,
        translation_key="co2",
        device_class="carbon_dioxide",
        aliases=("eco2",),
    ),
    "nh4": replace(_GAS, translation_key="nh4"),
    "alcohol": replace(_GAS, translation_key="alcohol", device_class=_VOC_PARTS),
    "aceton": replace(
        _GAS, translation_key="acetone", device_class=_VOC_PARTS, aliases=("acetone",)
    ),
    "toulen": replace(
        _GAS, translation_key="toluene", device_class=_VOC_PARTS, aliases=("toluene",)
    ),
    "pm1": replace(_DUST, translation_key="pm1", device_class="pm1", aliases=("pm1_0", "pm_1_0")),
    "pm25": replace(_DUST, translation_key="pm25", device_class="pm25"),
    "pm10": replace(
        _DUST, translation_key="pm10", device_class="pm10", aliases=("pm10_0", "pm_10_0")
    ),
    "tvoc": Parameter(
        unit="ppb",
        decimals=0,
        low=0,
        high=1e6,
        translation_key="tvoc",
        device_class=_VOC_PARTS,
    ),
    "vocIndex": Parameter(decimals=0, low=0, high=500, translation_key="voc_index"),
    "gasResistance": Parameter(
        unit="Ω", decimals=0, low=0, high=1e9, translation_key="gas_resistance"
    ),
    "illuminance": Parameter(
        unit="lx",
        decimals=0,
        low=0,
        high=2e5,
        translation_key="illuminance",
        device_class="illuminance",
        aliases=("lux",),
    ),
    "voltage": Parameter(
        unit="V",
        decimals=2,
        low=-1_000,
        high=1_000,
        translation_key="voltage",
        device_class="voltage",
        diagnostic=True,
    ),
    "battery": Parameter(
        unit="%",
        decimals=0,
        low=0,
        high=100,
        translation_key="battery",
        device_class="battery",
        diagnostic=True,
    ),
}
_NAMES = {
    name: parameter
    for parameter, known in PARAMETERS.items()
    for name in (parameter.lower(), *known.aliases)
}

# Sensor types by how their names begin.
_FAMILIES = {
    "aht": "aht20",
    "am2302": "dht22",
    "bme280": "bme280",
    "bme680": "bme680",
    "bmp180": "bmp180",
    "bmp280": "bmp280",
    "ccs811": "ccs811",
    "dht22": "dht22",
    "ds18b20": "ds18b20",
    "mhz19": "mhz19",
    "mq135": "mq135",
    "pms": "pms5003",
    "scd30": "scd30",
    "scd4": "scd4x",
    "sds011": "sds011",
    "senseair": "senseair",
    "sgp30": "sgp30",
    "sgp40": "sgp40",
    "sht3": "sht3x",
}


def _ranges(sensor: str, **ranges: tuple[float, float]) -> dict[ReadingKey, Parameter]:
    """Return what the catalogue knows of the parameters of a sensor, in its maker's ranges."""
    return {
        ReadingKey(sensor, name): replace(PARAMETERS[name], low=low, high=high)
        for name, (low, high) in ranges.items()
    }


SENSORS: dict[ReadingKey, Parameter] = {
    **_ranges("bmp180", temperature=(-40, 85)),
    **_ranges("bmp280", temperature=(-40, 85)),
    **_ranges("bme280", temperature=(-40, 85)),
    **_ranges("bme680", temperature=(-40, 85)),
    ReadingKey("ds18b20", "temperature"): replace(
        PARAMETERS["temperature"], decimals=2, low=-55, high=125
    ),
    **_ranges("dht22", temperature=(-40, 80)),
    **_ranges("sht3x", temperature=(-40, 125)),
    **_ranges("aht20", temperature=(-40, 85)),
    **_ranges("sds011", pm25=(0, 999.9), pm10=(0, 999.9)),
    **_ranges("pms5003", pm1=(0, 65_535), pm25=(0, 65_535), pm10=(0, 65_535)),  # names no end
    **_ranges("sgp30", tvoc=(0, 60_000), co2=(400, 60_000)),
    **_ranges("sgp40", vocIndex=(1, 500)),  # 0 until it knows the air
    **_ranges("scd30", co2=(1, 40_000), temperature=(-40, 70)),  # 0 until it has measured, and so
    **_ranges("scd4x", co2=(1, 40_000), temperature=(-10, 60)),  # with the others
    **_ranges("mhz19", co2=(1, 10_000)),
    **_ranges("senseair", co2=(1, 10_000)),
    **_ranges("ccs811", tvoc=(0, 32_768), co2=(400, 29_206)),
}
_MEASURES_CO2 = frozenset({"scd30", "scd4x", "mhz19", "senseair"})
_ESTIMATES_CO2 = frozenset({"mq135", "sgp30", "ccs811", "bme680"})  # from other gases

_AS_WRITTEN = (
    *("AHT10", "AHT20", "AHT21", "AM2302", "BME280", "BME680", "BMP180", "BMP280", "CCS811"),
    *("DHT22", "DS18B20", "MH-Z19", "MH-Z19B", "MH-Z19C", "MQ-135", "PMS5003", "PMS7003"),
    *("SCD30", "SCD40", "SCD41", "SCD4x", "SDS011", "SenseAir", "SenseAir S8", "SGP30", "SGP40"),
    *("SHT30", "SHT31", "SHT35", "SHT3x"),
)
_SEPARATORS = str.maketrans(dict.fromkeys("-. ", "_"))


def _plain(name: str) -> str:
    return name.lower().translate(_SEPARATORS).replace("_", "")


SENSOR_NAMES = {_plain(name): name for name in _AS_WRITTEN} | {"s8": "SenseAir S8"}


# A station sends the same names with every poll; foreign ones cannot fill the memory.
@lru_cache(maxsize=1024)
def sensor_type(sensor: str) -> str:
    """Return the listed sensor type that a name such as ``ds18b20_attic`` starts with, or ''."""
    if sensor.lower().translate(_SEPARATORS).partition("_")[0] == "s8":
        return "senseair"
    name = _plain(sensor)
    return next((known for start, known in _FAMILIES.items() if name.startswith(start)), "")


@lru_cache(maxsize=1024)
def canonical_name(parameter: str) -> str:
    """Return the name under which the catalogue has a parameter, its own if it has not."""
    name = parameter.lower().translate(_SEPARATORS)
    return _NAMES.get(name) or _NAMES.get(name.replace("_", ""), parameter)


@lru_cache(maxsize=1024)
def find_parameter(key: ReadingKey) -> Parameter:
    """Return what the catalogue knows of a reading."""
    parameter = canonical_name(key.parameter)
    own = SENSORS.get(ReadingKey(sensor_type(key.sensor), parameter))
    return own or PARAMETERS.get(parameter, _UNKNOWN)


def estimated_readings(keys: Iterable[ReadingKey]) -> frozenset[ReadingKey]:
    """Return which of `keys`, all of one parameter, are estimates of what others measure."""
    of_co2 = {
        key: sensor_type(key.sensor) for key in keys if canonical_name(key.parameter) == "co2"
    }
    if _MEASURES_CO2.isdisjoint(of_co2.values()):
        return frozenset()
    return frozenset(key for key, sensor in of_co2.items() if sensor in _ESTIMATES_CO2)


def series_unit(series: Series) -> str | None:
    """Return the unit of a series' values."""
    return find_parameter(series.keys[0] if series.keys else ReadingKey("", series.parameter)).unit


def unit_factor(parameter: str, unit: str) -> float:
    """Return what the catalogue's values of a parameter are multiplied by to be in `unit`.

    `convert` with the factor's inverse (``1 / factor``) leads back. Raises ValueError if the
    catalogue does not know the unit of that parameter.
    """
    known = PARAMETERS.get(canonical_name(parameter), _UNKNOWN)
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
    return SENSOR_NAMES.get(_plain(sensor), sensor)
