"""The catalogue: what is known of parameters.

A parameter of any name works without being listed. A row of `PARAMETERS` adds its unit, the number
of meaningful decimals, the range outside which a value cannot be a measurement, and what Home
Assistant needs to show it. To add a parameter, add a row, then run tests/ha/test_descriptions.py:
it says which texts and icons the row needs. `sensor_types.py` has what depends on the sensor.

Names are compared without regard to case and separators: ``PM2.5`` and ``pm2_5`` are ``pm25``.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

# No home-made station measures more. The bound also keeps sums of readings finite.
MAX_VALUE = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeUnit:
    """A second unit that stations send a parameter in.

    Values from `low` to `high` are taken to be in `unit`, and multiplied by `factor` to be in the
    parameter's own. `factor` is a power of ten, so that converting back gives the same number.
    """

    unit: str
    low: float
    high: float
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What is known of a parameter.

    `decimals` is how many decimals of a value are meaningful. `low` and `high` are the lowest and
    the highest plausible value, in `unit`. Home Assistant names the parameter by
    `translation_key`, knows its kind by `device_class`, and shows it among diagnostics if
    `diagnostic`. `aliases` are other names that firmware sends, in lower case.
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


UNKNOWN = Parameter()
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
        diagnostic=True,  # computed from the pressure, so it says nothing about the air
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

_SEPARATORS = str.maketrans(dict.fromkeys("-. ", "_"))


def unify_separators(name: str) -> str:
    """Return a name in lower case, with ``_`` for each hyphen, dot and space."""
    return name.lower().translate(_SEPARATORS)


# Each poll asks for the same few names. The bound keeps made-up names from filling the memory.
@lru_cache(maxsize=1024)
def canonical_name(parameter: str) -> str:
    """Return the catalogue's name of a parameter, `parameter` itself if it is not listed."""
    name = unify_separators(parameter)
    return _NAMES.get(name) or _NAMES.get(name.replace("_", ""), parameter)


def unit_factor(parameter: str, unit: str) -> float:
    """Return the factor that converts a parameter's values from the catalogue's unit to `unit`.

    `1 / factor` converts back. Raises ValueError if the catalogue does not list `unit` for the
    parameter.
    """
    known = PARAMETERS.get(canonical_name(parameter), UNKNOWN)
    if unit == known.unit:
        return 1.0
    if known.other is None or unit != known.other.unit:
        raise ValueError(unit)
    return 1 / known.other.factor


def convert(value: float, factor: float) -> float:
    """Return a finite value times a power of ten, exact in decimal.

    Binary floats are not: 99512.34 * 0.01 is 995.1233999999999.
    """
    return float(Decimal(repr(value)) * Decimal(repr(factor)))
