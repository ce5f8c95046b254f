"""What a station of the present firmware says of itself, at ``GET /station``.

Written from the firmware's own code, firmware/lib/air_core/src/air/station.cpp.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from .payload import STATION_ID

_LONGEST_TEXT = 64
_WEAKEST = -127  # dBm


@dataclass(frozen=True, slots=True, kw_only=True)
class StationInfo:
    """Who a station is and how it does.

    `id` is its MAC address, twelve digits; `started` in UTC ms since 1970; `signal` of its WLAN in
    dBm. `warming_up` names the sensors whose values are not steady yet.
    """

    id: str
    firmware: str
    started: int
    signal: int | None
    warming_up: frozenset[str]

    @property
    def mac(self) -> str:
        """Return the MAC address with colons."""
        return ":".join(self.id[start : start + 2] for start in range(0, len(self.id), 2))


def parse_station_info(data: bytes, received: int) -> StationInfo | None:
    """Return what `data`, which came at `received` (UTC ms), says of a station, None if nothing."""
    try:
        said: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    match said:
        case {
            "id": str(identity),
            "fw": str(firmware),
            "uptime": int(uptime),
            **more,
        } if STATION_ID.fullmatch(identity) and 0 <= uptime * 1000 <= received:
            return StationInfo(
                id=identity,
                firmware=_tidy(firmware),
                started=received - uptime * 1000,
                signal=_signal(more.get("rssi")),
                warming_up=frozenset(_warming_up(more.get("sensors"))),
            )
    return None


def _tidy(text: str) -> str:
    return "".join(letter for letter in text[:_LONGEST_TEXT] if letter.isprintable())


def _signal(said: object) -> int | None:
    """Return a strength that a receiver can have, else None."""
    return said if isinstance(said, int) and _WEAKEST <= said < 0 else None


def _warming_up(said: object) -> list[str]:
    if not isinstance(said, Mapping):
        return []
    return [
        name
        for name, sensor in said.items()
        if isinstance(sensor, Mapping) and sensor.get("warming_up") is True
    ]
