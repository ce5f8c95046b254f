"""An InfluxDB for dialogs to find, and a station that is mirrored into it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from homeassistant.core import HomeAssistant

from custom_components.air_state.core.influx.target import InfluxKind
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import submit
from tests.ha.flows.influx.forms import PLACES, POINTS, Start, to_mirror, to_place
from tests.ha.influx import FakeInflux


@pytest.fixture
async def start(socket_enabled: None) -> AsyncIterator[Start]:
    """Return a function that starts an InfluxDB of some kind."""
    async with AsyncExitStack() as stack:

        async def run(kind: InfluxKind, policies: tuple[str, ...] = ("autogen",)) -> FakeInflux:
            fake = FakeInflux(kind, policies=list(policies))
            return await stack.enter_async_context(fake)

        yield run


@pytest.fixture
async def mirrored(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> tuple[AirStateConfigEntry, FakeInflux]:
    """Return an entry that is mirrored, and its InfluxDB."""
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    return result["result"], influx
