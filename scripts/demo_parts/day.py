"""A believable day in a flat, as a station there would measure it.

Everything is a function of the time alone, so that the past and the present fit together and a
chart looks the same whenever it is drawn.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = 86_400.0
_MEMORY = timedelta(hours=6)  # after which no event shows any more


CLEAN_RATIO = 3.6  # of the MQ-135's resistance, Rs / R0, in clean air
_ALTITUDE = 150  # m
# Of each gas a, b and offset in a · ratio^b + offset, as in firmware/lib/air_core.
_CURVES = {
    "co": (605.18, -3.937, 0),
    "co2": (110.47, -2.862, 400),
    "alcohol": (77.255, -3.18, 0),
    "nh4": (102.2, -2.473, 0),
    "aceton": (34.668, -3.369, 0),
    "toulen": (44.947, -3.445, 0),
}


@dataclass(frozen=True, slots=True)
class Air:
    """The air around a station: °C, %, hPa, Rs / R0 of its MQ-135; and whether its DHT22 fails."""

    temperature: float
    humidity: float
    pressure: float
    ratio: float
    hygrometer_fails: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens: when, for how many seconds, and how strongly (1 is usual)."""

    kind: str
    start: datetime
    seconds: float
    strength: float


def events(day: datetime, station: int) -> Iterator[Event]:
    """Yield what happens on the day that starts at `day`, the same each time one asks."""
    chance = random.Random(f"{day:%Y-%m-%d} {station}")  # noqa: S311 - nothing secret

    def at(hour: float, spread: float = 0.5) -> datetime:
        return day + timedelta(hours=hour + chance.uniform(-spread, spread))

    yield Event("people", at(6.7), 1.3 * 3600, 1.0)
    yield Event("cooking", at(7.1, 0.2), 600, 0.4)
    yield Event("cooking", at(18.5), 2400, chance.uniform(0.8, 1.4))
    yield Event("people", at(17.4), 5.2 * 3600, chance.uniform(0.9, 1.3))
    yield Event("asleep", at(22.8), 0.95 * 3600, 1.0)
    for hour in (7.9, 12.4, 17.3, 19.4, 21.6):
        yield Event("door", at(hour, 0.7), chance.uniform(240, 900), chance.uniform(0.6, 1.2))
    for hour in range(1, 24, 4):
        yield Event("dht22 fails", at(hour, 1.5), chance.uniform(180, 900), 1.0)


def _recent(moment: datetime, station: int) -> list[Event]:
    """Return the events that may still show at `moment`."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight - timedelta(days=1), midnight)
    return [
        event
        for day in days
        for event in events(day, station)
        if event.start <= moment <= event.start + timedelta(seconds=event.seconds) + _MEMORY
    ]


def _level(found: list[Event], kind: str, moment: datetime, rise: float, fall: float) -> float:
    """Return how far events of that kind have filled the room, rising and falling in seconds."""
    total = 0.0
    for event in found:
        if event.kind == kind:
            since = (moment - event.start).total_seconds()
            reached = 1 - math.exp(-min(since, event.seconds) / rise)
            total += event.strength * reached * math.exp(-max(since - event.seconds, 0) / fall)
    return total


def _noise(moment: datetime, station: int, seconds: float) -> float:
    """Return noise of about -1…1 that changes smoothly over that many seconds."""
    position = moment.timestamp() / seconds
    before = math.floor(position)

    def value(index: int) -> float:
        return random.Random(f"{index} {seconds} {station}").uniform(-1, 1)  # noqa: S311

    share = position - before
    share = share * share * (3 - 2 * share)
    return value(before) * (1 - share) + value(before + 1) * share


def air(moment: datetime, station: int) -> Air:
    """Return the air around the station at `moment` (local time)."""
    found = _recent(moment, station)
    hour = (moment.hour * 3600 + moment.minute * 60 + moment.second) / 3600
    people = _level(found, "people", moment, 5400, 4800) + 0.5 * _level(
        found, "asleep", moment, 3600, 14_400
    )
    cooking = _level(found, "cooking", moment, 500, 1900)
    door = _level(found, "door", moment, 240, 1500)
    slow, quick = _noise(moment, station, 7200), _noise(moment, station, 20)

    aired = math.exp(-0.9 * door)
    warmth = 20.3 + 1.1 * math.sin((hour - 9.5) / 24 * 2 * math.pi) + 0.5 * slow
    warmth += 1.3 * cooking + 0.5 * people - 2.6 * door + 0.05 * quick
    used = (0.4 * cooking + 0.14 * people) * aired + 0.04 * slow + 0.01 * quick
    return Air(
        temperature=warmth,
        humidity=46 + 4 * slow + 13 * cooking * aired + 3 * people - 8 * door,
        pressure=1009 + 6.5 * _noise(moment, station, 1.7 * _DAY) + 0.08 * quick,
        ratio=CLEAN_RATIO * math.exp(-used),
        hygrometer_fails=any(
            event.kind == "dht22 fails" and moment <= event.start + timedelta(seconds=event.seconds)
            for event in found
        ),
    )


def readings(found: Air) -> dict[str, dict[str, str]]:
    """Return what the sensors say in that air, as text, the way the station's firmware does."""
    values: dict[str, dict[str, float]] = {
        "mq135": {name: a * found.ratio**b + offset for name, (a, b, offset) in _CURVES.items()},
        "bmp180": {
            "temperature": found.temperature + 0.6,  # it sits beside the warm board
            "pressure": found.pressure,
            "seaLevelPressure": found.pressure / (1 - _ALTITUDE / 44_330) ** 5.255,
            "altitude": 44_330 * (1 - (found.pressure / 1013.25) ** (1 / 5.255)),
        },
        "ds18b20": {"temperature": found.temperature - 0.525},
        "dht22": {"temperature": found.temperature, "humidity": found.humidity},
    }
    if found.hygrometer_fails:
        values["dht22"] = dict.fromkeys(values["dht22"], math.nan)
    return {
        sensor: {name: f"{value:.2f}" for name, value in parameters.items()}
        for sensor, parameters in values.items()
    }
