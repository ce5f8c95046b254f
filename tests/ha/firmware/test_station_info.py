"""What a station tells of itself, as Home Assistant shows it."""

import aiohttp
import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.air_state.const import DOMAIN
from tests.firmware.simulator import Simulator
from tests.ha.firmware.stations import FIVE_MINUTES, ID, MAC, entry_of, poll, set_up, state


async def test_what_a_station_tells_of_itself(hass: HomeAssistant, board: Simulator) -> None:
    entry = entry_of(hass, board.address)
    await set_up(hass, entry)

    assert entry.unique_id == ID
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert device is not None
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}
    assert device.sw_version == "1.0.0"
    assert state(hass, "sensor.attic_wlan_signal") == "-58"
    assert state(hass, "binary_sensor.attic_warming_up") == STATE_OFF


async def test_the_start_is_told_once(
    hass: HomeAssistant, board: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-02T12:00:00+00:00")
    entry = entry_of(hass, board.address)
    await set_up(hass, entry)
    assert state(hass, "sensor.attic_switched_on") == "2026-11-02T11:55:00+00:00"
    freezer.tick(3600)
    board.tell("advance 3605000")
    await poll(hass, entry)
    assert state(hass, "sensor.attic_switched_on") == "2026-11-02T11:55:00+00:00"
    board.tell("restart", "advance 10000")
    freezer.tick(120)
    await poll(hass, entry)
    assert state(hass, "sensor.attic_switched_on") == "2026-11-02T13:01:50+00:00"


async def test_the_start_does_not_change_between_two_looks_at_it(
    hass: HomeAssistant, board: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """What a station says of itself is asked for once in a minute, and grows old in between."""
    freezer.move_to("2026-11-02T12:00:00+00:00")
    entry = entry_of(hass, board.address)
    await set_up(hass, entry)
    shown = set()
    for _ in range(30):
        freezer.tick(10)
        board.tell("advance 10000")
        await poll(hass, entry)
        shown.add(state(hass, "sensor.attic_switched_on"))
    assert shown == {"2026-11-02T11:55:00+00:00"}


async def test_readings_of_a_sensor_that_warms_up_are_marked(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory, tmp_path: object
) -> None:
    storage = f"{tmp_path}/flash"
    with Simulator("--storage", storage) as first:
        first.tell(FIVE_MINUTES)  # calibrated, then switched off
    with Simulator("--storage", storage, "--id", ID) as board:
        board.tell("advance 10000")
        entry = entry_of(hass, board.address)
        await set_up(hass, entry)
        assert state(hass, "binary_sensor.attic_warming_up") == STATE_ON
        co2 = hass.states.get("sensor.attic_mq_135_carbon_dioxide")
        humidity = hass.states.get("sensor.attic_dht22_humidity")
        assert co2 is not None
        assert humidity is not None
        assert co2.attributes["warming_up"] is True
        assert "warming_up" not in humidity.attributes
        board.tell(FIVE_MINUTES)
        freezer.tick(10)  # it is asked each time until it is warm
        await poll(hass, entry)
        co2 = hass.states.get("sensor.attic_mq_135_carbon_dioxide")
        assert co2 is not None
        assert "warming_up" not in co2.attributes
        assert state(hass, "binary_sensor.attic_warming_up") == STATE_OFF


async def test_gas_figures_that_are_less_than_they_seem_are_marked(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory
) -> None:
    with Simulator("--id", ID, "--password", "secret") as board:
        board.tell("air 30 80 998.42 4", FIVE_MINUTES)
        entry = entry_of(hass, board.address)
        await set_up(hass, entry)

        async def marks() -> tuple[object, object]:
            freezer.tick(61)  # it is asked once a minute
            await poll(hass, entry)
            found = hass.states.get("sensor.attic_mq_135_carbon_monoxide")
            assert found is not None
            assert float(found.state) == pytest.approx(3.91, abs=0.03)  # and never jumps
            return found.attributes.get("calibration"), found.attributes.get("correction")

        assert await marks() == ("provisional", None)
        board.tell("dht22 off", "advance 7200000")
        assert await marks() == ("provisional", "held")
        login = {"Authorization": aiohttp.encode_basic_auth("air", "secret")}
        async with aiohttp.ClientSession() as session:
            url = f"http://{board.address}/calibrate"
            async with session.post(url, headers=login) as answer:
                assert answer.status == 200
        assert await marks() == (None, "held")
        board.tell("dht22 on", "advance 60000")
        assert await marks() == (None, None)
