"""What tables have to hold, computed in plain Python, one row at a time."""

import random
from collections.abc import Callable
from datetime import timedelta
from math import fsum

from custom_components.air_state.core.domain.means import mean
from custom_components.air_state.core.domain.models import (
    Aggregate,
    ReadingKey,
    Snapshot,
)
from custom_components.air_state.core.domain.times import to_datetime
from tests.core.history.bench import HOUR, WARSAW, Cells, at
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY

DS = ReadingKey("ds18b20", "temperature")
SPANS = {
    "spring": ("2026-03-27T05:00", "2026-03-31T07:30"),
    "autumn": ("2026-10-23T05:00", "2026-10-27T07:30"),
}


def drifting(start: str, stop: str, every: timedelta) -> list[Snapshot]:
    """Return polls with gaps, some missing readings, and a sensor that is added half-way."""
    chance = random.Random(start)
    moment, end = at(start), at(stop)
    late = (moment + end) // 2
    polls = []
    while moment < end:
        readings = {
            key: round(chance.uniform(low, high), 2)
            for key, low, high in ((BMP, 18, 24), (DHT, 17, 25), (HUMIDITY, 30, 60))
            if chance.random() < 0.9
        }
        if moment > late:
            readings[DS] = round(chance.uniform(15, 20), 2)
        if readings:
            polls.append(Snapshot(device="n", taken_at=moment, readings=readings))
        moment += int(every.total_seconds() * 1000) + chance.randrange(900)
        if chance.random() < 0.004:
            moment += 5 * HOUR  # an outage
    return polls


FOLDS: dict[Aggregate, Callable[[list[float]], float]] = {
    Aggregate.MEAN: lambda values: fsum(values) / len(values),
    Aggregate.MIN: min,
    Aggregate.MAX: max,
    Aggregate.FIRST: lambda values: values[0],
    Aggregate.LAST: lambda values: values[-1],
    Aggregate.COUNT: len,
    Aggregate.SUM: fsum,
}


def fold(aggregate: Aggregate, values: list[float]) -> float | None:
    """Return the aggregate of a window's values, which may be none."""
    if not values:
        return 0.0 if aggregate is Aggregate.COUNT else None
    return FOLDS[aggregate](values)


def start_of(window: str, moment: int) -> str:
    local = to_datetime(moment, WARSAW)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match window:
        case "1d":
            pass
        case "1w":
            day -= timedelta(days=local.weekday())
        case "1mo":
            day = day.replace(day=1)
        case _:
            minutes = int(window[:-1]) * (60 if window[-1] == "h" else 1)
            return to_datetime(moment - moment % (minutes * 60_000), WARSAW).isoformat()
    return day.replace(tzinfo=WARSAW).isoformat()


def expected(
    polls: list[Snapshot], groups: list[list[ReadingKey]], window: str, *aggregates: Aggregate
) -> list[tuple[str, Cells]]:
    found: dict[str, list[list[float]]] = {}
    for each in polls:
        for index, keys in enumerate(groups):
            values = [each.readings[key] for key in keys if key in each.readings]
            if values:
                row = found.setdefault(start_of(window, each.taken_at), [[] for _ in groups])
                row[index].append(mean(values))
    return [
        (time, tuple(fold(each, values) for values in row for each in aggregates))
        for time, row in found.items()
    ]
