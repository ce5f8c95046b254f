"""What a station of the present firmware says of itself, at ``GET /station``.

Written from the firmware's own code, firmware/lib/air_core/src/air/station.cpp.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.errors import PayloadError
from .lenient_json import read_json
from .payload import STATION_ID

_MAX_TEXT_LENGTH = 64
_WEAKEST = -127  # dBm


@dataclass(frozen=True, slots=True, kw_only=True)
class StationInfo:
    """Who a station is and how it does.

    `id` is its MAC address, twelve digits; `started` in UTC ms since 1970; `signal` of its WLAN in
    dBm. `warming_up` names the sensors whose values are not steady yet, `provisional` those whose
    calibration is a first guess. Values that temperature and humidity should correct are of the
    sensors in `held` while only former ones of these are known, in `uncorrected` while none are.
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
        """Return what makes values of `sensor` less than they seem, in the firmware's words."""
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
        """Return the MAC address with colons."""
        return ":".join(self.id[start : start + 2] for start in range(0, len(self.id), 2))


def parse_station_info(data: bytes, received: int) -> StationInfo | None:
    """Return what `data`, which came at `received` (UTC ms), says of a station, None if nothing."""
    try:
        said = read_json(data)
    except PayloadError:
        return None
    match said:
        case {
            "id": str(identity),
            "fw": str(firmware),
            "uptime": int(uptime),
            **more,
        } if STATION_ID.fullmatch(identity) and 0 <= uptime * 1000 <= received:
            sensors = more.get("sensors")
            return StationInfo(
                id=identity,
                firmware=_tidy(firmware),
                started=received - uptime * 1000,
                signal=_signal(more.get("rssi")),
                warming_up=_which(sensors, "warming_up", said=True),
                provisional=_which(sensors, "calibration", said="provisional"),
                held=_which(sensors, "correction", said="held"),
                uncorrected=_which(sensors, "correction", said="missing"),
            )
    return None


def _tidy(text: str) -> str:
    return "".join(letter for letter in text[:_MAX_TEXT_LENGTH] if letter.isprintable())


def _signal(said: object) -> int | None:
    """Return a strength that a receiver can have, else None."""
    return said if isinstance(said, int) and _WEAKEST <= said < 0 else None


def _which(sensors: object, key: str, *, said: bool | str) -> frozenset[str]:
    """Return the sensors of whose `key` just that is said."""
    if not isinstance(sensors, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, sensor in sensors.items()
        if isinstance(sensor, Mapping) and sensor.get(key) == said
    )
