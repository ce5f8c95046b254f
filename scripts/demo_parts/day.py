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


def measure(moment: datetime, station: int = 0) -> dict[str, dict[str, str]]:
    """Return what the station's sensors say at `moment` (local time), as text, like the wire."""
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
    warmth += 1.3 * cooking + 0.5 * people - 2.6 * door
    pressure = 100_900 + 650 * _noise(moment, station, 1.7 * _DAY) + 8 * quick
    gas = 1 + 0.12 * slow + 1.9 * cooking * aired + 0.25 * people
    co2 = 425 + (610 * people + 260 * cooking) * aired + 14 * slow + 4 * quick
    values = {
        "mq135": {
            "co": 2.6 * gas,
            "co2": co2,
            "nh4": 3.1 * gas**0.8,
            "alcohol": 1.1 * gas**1.1,
            "toulen": 0.42 * gas,
            "aceton": 0.36 * gas,
        },
        "bmp180": {
            "temperature": warmth + 0.6 + 0.05 * quick,
            "pressure": pressure,
            "seaLevelPressure": pressure * 1.018,
            "altitude": 150 + 0.2 * quick,
        },
        "ds18b20": {"temperature": warmth - 0.3 + 0.03 * quick},
        "dht22": {
            "temperature": warmth + 0.1 * quick,
            "humidity": 46 + 4 * slow + 13 * cooking * aired + 3 * people - 8 * door,
        },
    }
    texts = {
        sensor: {name: f"{value:.2f}" for name, value in parameters.items()}
        for sensor, parameters in values.items()
    }
    if any(
        event.kind == "dht22 fails" and moment <= event.start + timedelta(seconds=event.seconds)
        for event in found
    ):
        texts["dht22"] = dict.fromkeys(texts["dht22"], "nan")
    return texts
