"""A mirrored station whose clock was ahead, or whose journal is full."""

import time
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal import writer as journal_writer
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from tests.ha.conftest import SetUp
from tests.ha.influx import FakeInflux
from tests.ha.issues import issues, own_lines
from tests.ha.mirroring.mirrored import (
    Client,
    client,
    entry,
    influx,
    poll,
    quick,
    settled,
    take,
    times,
    until,
)
from tests.ha.test_init import rows

__all__ = ["client", "entry", "influx", "quick"]


DAY = 86_400_000


@pytest.mark.parametrize("choice", ["wait", "forget_future"])
async def test_a_clock_that_was_ahead(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    journal_path: Path,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    choice: str,
) -> None:
    data = await set_up()
    await data.journal.flush()
    late = time.time_ns() // 1_000_000 + 3 * DAY
    data.journal.add(
        Snapshot(device="n", taken_at=late, readings={ReadingKey("dht22", "temperature"): 1.0})
    )
    await data.journal.flush()
    assert issues(hass) == {}
    await poll(hass, data)
    await data.journal.flush()
    await until(lambda: "clock_behind" in issues(hass))
    assert issues(hass)["clock_behind"]["until"][:2] == "20"
    assert sum("clock is earlier" in line for _, line in own_lines(caplog)) == 1

    if choice == "wait":
        await take(hass, client, "clock_behind", choice)
        assert rows(journal_path) == 3
        return
    await take(hass, client, "clock_behind", choice)
    await settled(hass, entry.runtime_data)
    assert issues(hass).keys() == {"future_set_aside"}  # says in which file they are
    assert rows(journal_path) == 2  # one from before, one from the first poll after
    assert [path.name for path in journal_path.parent.glob("*.ahead-*.db")]
    await poll(hass, entry.runtime_data)
    await settled(hass, entry.runtime_data)
    assert issues(hass).keys() == {"future_set_aside"}
    # InfluxDB keeps its rows of the future, and gets all new ones.
    assert len([at for at in times(influx) if at < late]) == 3


async def test_the_journal_is_at_its_limit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_schedule, "PRUNE_SECONDS", 0.0)
    await influx.__aexit__()
    data = await set_up()
    data.journal._limits = journal_writer.JournalLimits(days=10, max_bytes=1)
    await poll(hass, data)
    await until(lambda: "journal_at_limit" in issues(hass))
    assert int(issues(hass)["journal_at_limit"]["lost"]) > 0
    await influx.__aenter__()
