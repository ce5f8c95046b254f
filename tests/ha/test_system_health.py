"""The figures on the system information page."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    get_system_health_info,
)

from custom_components.air_state.const import DOMAIN
from tests.ha.conftest import SetUp


async def test_system_health(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up()
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()

    assert await get_system_health_info(hass, DOMAIN) == {
        "stations": 1,
        "stations_answering": 1,
        "journals_writable": 1,
        "mirrors": 0,
        "mirrors_working": 0,
        "backlog": 0,
    }
