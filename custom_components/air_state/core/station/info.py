"""The report about itself that a station with Air State's own firmware sends at ``GET /station``.

The firmware's side of it is in firmware/lib/air_core/src/air.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.errors import PayloadError
from .lenient_json import read_json
from .payload import STATION_ID

_MAX_TEXT_LENGTH = 64
_MIN_SIGNAL = -127  # dBm


@dataclass(frozen=True, slots=True, kw_only=True)
class StationInfo:
    """A station's report about itself.

    `id` is its MAC address as 12 hexadecimal digits. `started` is when it was switched on, in UTC
    ms since 1970. `signal` is the strength of its WLAN in dBm.

    The sets are of sensors whose values cannot be fully trusted. `warming_up` sensors are not
    steady yet. The calibration of `provisional` ones is a first guess. `held` and `uncorrected`
    belong to gas sensors, which temperature and humidity correct: `held` ones are corrected by the
    last values that were known, `uncorrected` ones not at all.
    """

    id: str
    firmware: str
    started: int
    signal: int | None
    warming_up: frozenset[str]
    provisional: frozenset[str]
    held: frozenset[str]
    uncorrected: frozenset[str]

    def caveats(self, sensor: str) -> dict[str, bool | str]:
        """Return why values of `sensor` cannot be fully trusted, in the firmware's words."""
        caveats: dict[str, bool | str] = {}
        if sensor in self.warming_up:
            caveats["warming_up"] = True
        if sensor in self.provisional:
            caveats["calibration"] = "provisional"
        if sensor in self.held:
            caveats["correction"] = "held"
        if sensor in self.uncorrected:
            caveats["correction"] = "missing"
        return caveats

    @property
    def mac(self) -> str:
        """Return the MAC address in groups of two digits with colons between."""
        return ":".join(self.id[start : start + 2] for start in range(0, len(self.id), 2))


def parse_station_info(data: bytes, received: int) -> StationInfo | None:
    """Return the report in `data`, None if `data` is something else.

    `received` is when `data` came, in UTC ms since 1970.
    """
    try:
        payload = read_json(data)
    except PayloadError:
        return None
    match payload:
        case {
            "id": str(identity),
            "fw": str(firmware),
            "uptime": int(uptime),
            **more,
        } if STATION_ID.fullmatch(identity) and 0 <= uptime * 1000 <= received:
            sensors = more.get("sensors")
            return StationInfo(
                id=identity,
                firmware=_printable(firmware),
                started=received - uptime * 1000,
                signal=_signal(more.get("rssi")),
                warming_up=_sensors_with(sensors, "warming_up", value=True),
                provisional=_sensors_with(sensors, "calibration", value="provisional"),
                held=_sensors_with(sensors, "correction", value="held"),
                uncorrected=_sensors_with(sensors, "correction", value="missing"),
            )
    return None


def _printable(text: str) -> str:
    """Return the first 64 characters of a text, without those that cannot be printed."""
    return "".join(letter for letter in text[:_MAX_TEXT_LENGTH] if letter.isprintable())


def _signal(value: object) -> int | None:
    """Return a signal's strength in dBm, None if `value` is not one."""
    return value if isinstance(value, int) and _MIN_SIGNAL <= value < 0 else None


def _sensors_with(sensors: object, key: str, *, value: bool | str) -> frozenset[str]:
    """Return the names of the sensors whose `key` has this value."""
    if not isinstance(sensors, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, sensor in sensors.items()
        if isinstance(sensor, Mapping) and sensor.get(key) == value
    )
