"""The journal answers where InfluxDB fails during a question."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.air_state.core.domain.models import Block, Source
from custom_components.air_state.core.history.history import History
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.influx.errors import InfluxBrokenError, InfluxError
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    Selection,
    StoredFields,
    TimeRange,
)
from tests.core.history.bench import NOW, Bench, bench, poll
from tests.core.influx.memory_reader import HOUR, NOW_MS, MemoryReader, history

__all__ = ["bench"]


class Breaking(MemoryReader):
    """Answers until it fails at one kind of question."""

    breaks_at = ""

    async def stored_fields(self, device: str, time_range: TimeRange) -> StoredFields:
        if self.breaks_at == "held":
            raise InfluxBrokenError(address="http://x")
        return await super().stored_fields(device, time_range)

    async def rows(
        self, selection: Selection, time_range: TimeRange, fold: Downsampling | None
    ) -> AsyncGenerator[Block]:
        async for block in super().rows(selection, time_range, fold):
            yield block
            if self.breaks_at == "rows":
                raise InfluxBrokenError(address="http://x")


@pytest.mark.parametrize("breaks_at", ["held", "rows"])
async def test_wherever_it_breaks(bench: Bench, breaks_at: str) -> None:
    memory = Breaking({None: {NOW_MS - n * HOUR: {"co2": 1.0, "old": 2.0} for n in range(1, 90)}})
    memory.breaks_at = breaks_at
    asked = History(bench.source, station="Attic", influx=history(memory, NOW_MS))
    bench.put([poll(NOW_MS - HOUR, a_co2=400.0)])

    answer = await asked.ask(HistoryRequest(start="-30d"), now=NOW)
    assert (answer.stream.source, len(answer.table.times)) == (Source.JOURNAL, 1)
    assert isinstance(answer.stream.problem, InfluxBrokenError)
    for request in (
        HistoryRequest(start="-30d", source=Source.INFLUXDB),
        HistoryRequest(start="-30d", parameters=("old",)),  # only InfluxDB has it
    ):
        with pytest.raises(InfluxError):
            await asked.ask(request, now=NOW)
