"""Points of other writers within one millisecond: every page goes on, and each row comes once."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from custom_components.air_state.core.domain.models import Source
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.errors import InfluxEndlessError
from custom_components.air_state.core.influx.queries import slices
from custom_components.air_state.core.influx.queries.selection import (
    LatestValue,
    Selection,
    StoredFields,
    TimeRange,
    select_means,
)
from tests.core.history.bench import NOW, Bench, bench
from tests.core.influx.memory_reader import NOW_MS, MemoryReader, history

__all__ = ["bench"]


@dataclass
class DenseReader(MemoryReader):
    """A MemoryReader with any number of points within a millisecond."""

    dense: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    def _rows(
        self, selection: Selection, time_range: TimeRange
    ) -> list[tuple[int, dict[str, float]]]:
        wanted = set(selection.fields) or {"co2", "t"}
        return [
            (time, {name: own[name] for name in wanted & own.keys()})
            for time, own in self.dense
            if time_range.start <= time < time_range.stop and wanted & own.keys()
        ]

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        sensors = {(sensor, "co2") for sensor in self.points if sensor is not None}
        return StoredFields(
            fields=frozenset({"co2"} if self._rows(select_means(device), time_range) else ()),
            own_readings=frozenset(sensors),
        )

    async def latest_values(self, selection: Selection, time_range: TimeRange) -> list[LatestValue]:
        return [
            LatestValue(sensor=None, field="co2", value=own["co2"], taken_at=time)
            for time, own in self._rows(selection, time_range)[-1:]
        ]


def request(limit: int, start: int = NOW_MS - 10_000) -> HistoryRequest:
    return HistoryRequest(
        parameters=("co2",),
        start=datetime.fromtimestamp(start / 1000, UTC).isoformat(),
        limit=limit,
        source=Source.INFLUXDB,
    )


async def pages(asked: History, limit: int) -> list[list[float | None]]:
    """Return the values of each page."""
    found: list[list[float | None]] = []
    wanted = request(limit)
    while True:
        table = (await asked.ask(wanted, now=NOW)).table
        found.append(list(table.columns[0].cells) if table.columns else [])
        if table.next_start is None:
            return found
        again = request(limit, table.next_start)
        assert again.start > wanted.start  # it goes on
        wanted = again


def points_within_milliseconds(counts: list[int]) -> DenseReader:
    """Return a reader with so many points in each millisecond, each with another value."""
    times = [NOW_MS - 5_000 + n for n, count in enumerate(counts) for _ in range(count)]
    made = DenseReader({None: {NOW_MS - 5_000: {"co2": 0.0}}})
    made.dense = [(time, {"co2": float(n)}) for n, time in enumerate(times)]
    return made


CASES = [[2], [1, 3, 1, 1, 4], [0, 4], [4, 0, 0, 4], [1] * 9]
CASES += [random.Random(seed).choices(range(5), k=12) for seed in range(6)]


@pytest.mark.parametrize("counts", CASES)
@pytest.mark.parametrize("most", [5, 100_000])
async def test_each_row_once(
    bench: Bench, most: int, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_MAX_ROWS", most)
    values = [float(n) for n in range(sum(counts))]
    asked = History(
        bench.source, station="Attic", influx=history(points_within_milliseconds(counts), NOW_MS)
    )
    for limit in (1, 2, 3, 7):
        found = await pages(asked, limit)
        assert [value for page in found for value in page] == values
        assert all(len(page) <= max(limit, *counts) for page in found)
    stream = await asked.open(replace(request(1), limit=None), now=NOW)
    assert [value async for block in stream.blocks() for value in block.columns[0]] == values


async def test_means_beside_own_readings(bench: Bench) -> None:
    """Each of several queries may be cut off within a millisecond."""
    memory = points_within_milliseconds([3, 1, 2])
    memory.points["a"] = {NOW_MS - 5_000: {"co2": 0.0}}
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    wanted = replace(request(2), parameters=("co2", "a.co2"))
    found: list[tuple[float | None, ...]] = []
    while True:
        table = (await asked.ask(wanted, now=NOW)).table
        found += zip(*(column.cells for column in table.columns), strict=True)
        if table.next_start is None:
            break
        wanted = replace(request(2, table.next_start), parameters=wanted.parameters)
    assert found == [(float(n), float(n)) for n in range(6)]


async def test_too_many_points_within_a_millisecond(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_MAX_ROWS", 50)
    asked = History(
        bench.source, station="Attic", influx=history(points_within_milliseconds([60]), NOW_MS)
    )
    with pytest.raises(InfluxEndlessError) as caught:
        await asked.ask(request(1), now=NOW)
    assert caught.value.details["most"] == "50 points in 1 ms"
