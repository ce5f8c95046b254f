"""Histories of 3.x, which looks at about three days in one query."""

import pytest

from custom_components.air_state.core.domain.errors import (
    StartMissingError,
)
from custom_components.air_state.core.influx.source import MAX_SPAN_OF_V3
from tests.core.influx.memory_reader import CO2, DAY, HOUR, MemoryReader, every, history


async def test_of_3x_the_newest_are_looked_for_in_the_last_days() -> None:
    memory = MemoryReader({None: every(60, 10, 90 * DAY)}, max_span=MAX_SPAN_OF_V3)
    found = await history(memory, 90 * DAY + HOUR, MAX_SPAN_OF_V3).latest([CO2])
    assert [(each.value, each.taken_at) for each in found] == [(9.0, 90 * DAY + 540_000)]
    assert memory.time_ranges[-1].start == 90 * DAY + HOUR - MAX_SPAN_OF_V3


async def test_of_3x_series_are_put_together() -> None:
    memory = MemoryReader({None: every(3600, 24 * 7)}, max_span=MAX_SPAN_OF_V3)
    now = 20 * DAY
    (found,) = await history(memory, now, MAX_SPAN_OF_V3).stored_series(0, 10 * DAY)
    assert (found.first, found.last, found.rows) == (0, 7 * DAY - HOUR, 24 * 7)
    assert found.name == "sensor_data/attic/co2"
    (whole,) = await history(MemoryReader(memory.points), now).stored_series(0, 2**50)
    assert whole == found
    memory.time_ranges.clear()
    await history(memory, now, MAX_SPAN_OF_V3).stored_series(15 * DAY, 2**50)
    assert [each.stop for each in memory.time_ranges] == [17 * DAY, 19 * DAY, 21 * DAY]
    with pytest.raises(StartMissingError):
        await history(memory, 1000 * DAY, MAX_SPAN_OF_V3).stored_series(0, 2**50)
