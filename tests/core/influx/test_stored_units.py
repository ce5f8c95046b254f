"""Parameters that are stored in another unit are read in the catalogue's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import (
    Aggregate,
    FixedWindow,
    JournalRows,
    ReadingKey,
    Series,
)
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.source import InfluxHistory
from tests.core.influx.memory_reader import CO2, DAY, Clock, MemoryReader, ask, query

PRESSURE = Series(name="pressure", parameter="pressure", keys=())
OWN = Series(name="bmp180.pressure", parameter="pressure", keys=(ReadingKey("bmp180", "pressure"),))
UNITS = {"pressure": "Pa", "seaLevelPressure": "Pa"}


def history(memory: MemoryReader) -> InfluxHistory:
    return InfluxHistory(memory, "attic", Clock(DAY), stored_units=UNITS)


@given(st.integers(30_000, 110_000), st.integers(0, 2))
async def test_values_come_back_unchanged(pascals: int, decimals: int) -> None:
    """A value that is written and read keeps each of its digits."""
    sent = round(pascals / 100, decimals)
    own = LineFormat(device="attic", stored_units=UNITS)
    rows = JournalRows(keys=(ReadingKey("bmp180", "pressure"),), rows=[(1000, sent)])
    (line,) = LineEncoder(own).encode([rows]).lines
    stored = float(line.split("pressure=")[1].split()[0])
    assert round(stored) == round(sent * 100)

    memory = MemoryReader({None: {1000: {"pressure": stored, "co2": stored}}})
    assert await ask(history(memory), query(0, DAY, PRESSURE, CO2)) == [(1000, (sent, stored))]


async def test_every_aggregate_but_the_count() -> None:
    memory = MemoryReader(
        {
            None: {1000: {"pressure": 99_842.0}, 2000: {"pressure": 100_012.0}},
            "bmp180": {1000: {"pressure": 102_440.0}},
        }
    )
    asked = history(memory)
    for aggregate, value in (
        (Aggregate.MEAN, 999.27),
        (Aggregate.MIN, 998.42),
        (Aggregate.MAX, 1000.12),
        (Aggregate.FIRST, 998.42),
        (Aggregate.LAST, 1000.12),
        (Aggregate.SUM, 1998.54),
        (Aggregate.COUNT, 2),
    ):
        wanted = query(0, DAY, PRESSURE, window=FixedWindow(10_000, "10s"), aggregates=(aggregate,))
        assert await ask(asked, wanted) == [(0, (value,))]
    several = (Aggregate.COUNT, Aggregate.MAX, Aggregate.SUM)
    wanted = query(0, DAY, PRESSURE, window=FixedWindow(10_000, "10s"), aggregates=several)
    assert await ask(asked, wanted) == [(0, (2, 1000.12, 1998.54))]
    assert await ask(asked, query(0, DAY, OWN)) == [(1000, (1024.4,))]
    latest = await asked.latest([PRESSURE, OWN])
    assert [each.value for each in latest] == [1000.12, 1024.4]


def test_an_unknown_unit() -> None:
    with pytest.raises(ValueError, match="psi"):
        InfluxHistory(MemoryReader(), "attic", Clock(), stored_units={"pressure": "psi"})
