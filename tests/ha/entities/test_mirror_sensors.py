"""Entities that show how the mirror is doing."""

import asyncio
from datetime import UTC

from homeassistant.components.logbook.helpers import is_sensor_continuous
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.times import to_datetime
from custom_components.air_state.core.influx.errors import InfluxClosedError
from custom_components.air_state.core.mirror.status import MirrorStatus
from custom_components.air_state.entities.mirror_sensors import MIRROR_SENSORS
from tests.ha.conftest import SetUp
from tests.ha.influx import FakeInflux
from tests.ha.mirroring.mirrored import (
    BACKLOG,
    CONNECTION,
    LAST,
    REFUSED,
    entry,
    hanging,
    influx,
    quick,
    settled,
)
from tests.ha.test_init import T_DHT, state

__all__ = ["entry", "influx", "quick"]


async def test_entities_tell_how_the_mirror_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    data = await set_up()
    await settled(hass, data)
    await asyncio.sleep(0.02)
    assert (state(hass, CONNECTION), state(hass, BACKLOG)) == ("on", "0")
    assert state(hass, REFUSED) == "0"
    (line,) = set(influx.lines)
    taken_at = int(line.rsplit(" ", 1)[1])
    last = hass.states.get(LAST)
    assert last is not None
    assert (last.state, last.attributes["unit_of_measurement"]) == ("0", "min")
    minute = to_datetime(taken_at, UTC).replace(second=0, microsecond=0)
    assert last.attributes["time"] == minute
    registry = er.async_get(hass)
    for entity_id in (CONNECTION, BACKLOG, LAST, REFUSED):
        own = registry.async_get(entity_id)
        assert own is not None
        assert own.unique_id.startswith(f"{entry.entry_id}//")
        assert own.entity_category is EntityCategory.DIAGNOSTIC
        assert own.device_id == registry.entities[T_DHT].device_id


async def test_figures_are_no_lines_of_the_activity(hass: HomeAssistant, set_up: SetUp) -> None:
    await settled(hass, await set_up())
    await asyncio.sleep(0.02)
    registry = er.async_get(hass)
    for entity_id in (BACKLOG, LAST, REFUSED):
        assert is_sensor_continuous(hass, registry, entity_id), entity_id


def test_how_far_influxdb_is_behind() -> None:
    (behind,) = [each.value_fn for each in MIRROR_SENSORS if each.key == "last_mirrored"]
    ago = SystemClock().now() - 7 * 60_000 - 10_000
    away = InfluxClosedError(address="x")
    assert behind(MirrorStatus(mirrored_to=ago)) == 0  # the station has not been polled since
    assert behind(MirrorStatus(mirrored_to=ago, problem=away)) == 7
    assert behind(MirrorStatus(mirrored_to=ago, backlog=9)) == 7
    assert behind(MirrorStatus(problem=away)) is None


async def test_before_the_first_try_nobody_knows(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    async with hanging(hass, entry):
        data = await set_up()
        await data.journal.flush()
        await asyncio.sleep(0.05)
        assert state(hass, CONNECTION) == "unknown"
        assert data.mirror is not None
        await data.mirror.close(0.1)
