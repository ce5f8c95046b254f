"""What a connection to InfluxDB imports."""

import asyncio
import sys
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.ha.conftest import SetUp
from tests.ha.influx import FakeInflux
from tests.ha.mirroring.mirrored import entry, influx, quick

__all__ = ["entry", "influx", "quick"]


@pytest.mark.slow
async def test_the_client_is_imported_only_where_it_is_needed(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    """Import in a new process, since other tests have imported the client in this one."""
    code = (
        "import sys; import custom_components.air_state as a;"
        "names = ('influxdb_client', 'custom_components.air_state.mirroring.connect');"
        "print(*[name in sys.modules for name in names])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert told.split() == [b"False", b"True"]
