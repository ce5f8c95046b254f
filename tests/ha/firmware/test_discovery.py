"""Stations are found, and followed when they move."""

from types import SimpleNamespace

import pytest
import pytest_socket
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.air_state.const import CONF_ADDRESS, DOMAIN
from custom_components.air_state.flows import station_steps
from tests.firmware.simulator import Simulator
from tests.ha.conftest import FakeStation
from tests.ha.firmware.stations import FIVE_MINUTES, ID, OTHER_ID, discover, entry_of, sends, tells


async def test_a_station_is_found_and_set_up(hass: HomeAssistant, board: Simulator) -> None:
    form = await discover(hass, board.address)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "station")
    flow_id = str(form["flow_id"])
    again = await discover(hass, board.address)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_in_progress")
    await hass.config_entries.flow.async_configure(flow_id, {"name": "Attic", "poll_seconds": 60})
    made = await hass.config_entries.flow.async_configure(
        flow_id, {"next_step_id": "without_influxdb"}
    )
    assert made["type"] is FlowResultType.CREATE_ENTRY
    assert made["result"].unique_id == ID
    await hass.async_block_till_done()
    found = await discover(hass, board.address)
    assert found["reason"] == "already_configured"
    await hass.config_entries.async_unload(made["result"].entry_id)


async def test_a_station_that_moved_is_followed(hass: HomeAssistant, board: Simulator) -> None:
    entry = entry_of(hass, "127.0.0.1:1", ID)
    found = await discover(hass, board.address)
    assert found["reason"] == "already_configured"
    assert entry.data[CONF_ADDRESS] == board.address
    await hass.async_block_till_done()


async def test_a_station_that_answers_only_later_is_followed(
    hass: HomeAssistant, board: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It announces an address once; a flaky WLAN must not hide that for good."""
    board.tell("answer refuse")
    pauses = []

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        board.tell("answer ok")

    monkeypatch.setattr(station_steps, "asyncio", SimpleNamespace(sleep=wait))
    entry = entry_of(hass, "127.0.0.1:1", ID)
    assert (await discover(hass, board.address))["reason"] == "already_configured"
    assert entry.data[CONF_ADDRESS] == board.address
    assert len(pauses) == 1 + 2  # and where it was, for which there is no hurry either
    await hass.async_block_till_done()


async def test_an_address_that_somebody_chose_stays_as_long_as_the_station_does(
    hass: HomeAssistant, board: Simulator, socket_enabled: None
) -> None:
    mapped = "::ffff:127.0.0.1"  # names would need a resolver
    pytest_socket.socket_allow_hosts(["127.0.0.1", mapped])
    chosen = board.address.replace("127.0.0.1", f"[{mapped}]")
    entry = entry_of(hass, chosen, ID)
    assert (await discover(hass, board.address))["reason"] == "already_configured"
    found = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"address": board.address}
    )
    assert found["reason"] == "already_configured"
    assert entry.data[CONF_ADDRESS] == chosen

    board.tell("answer refuse")
    with Simulator("--id", ID) as moved:
        moved.tell(FIVE_MINUTES)
        assert (await discover(hass, moved.address))["reason"] == "already_configured"
        assert entry.data[CONF_ADDRESS] == moved.address
        # Another that takes the name does not keep it.
        board.tell("answer ok")
        hass.config_entries.async_update_entry(entry, unique_id=OTHER_ID, data=entry.data)
        with Simulator("--id", OTHER_ID) as other:
            other.tell(FIVE_MINUTES)
            await discover(hass, other.address, OTHER_ID)
            assert entry.data[CONF_ADDRESS] == other.address
    await hass.async_block_till_done()


async def test_a_discovered_device_that_tells_anothers_id_is_not_there(
    hass: HomeAssistant, station: FakeStation
) -> None:
    entry = entry_of(hass, "127.0.0.1:1", OTHER_ID)
    station.body, station.info = sends(ID), tells(OTHER_ID)

    assert (await discover(hass, station.address, OTHER_ID))["reason"] == "not_there"
    assert (await discover(hass, station.address, ID))["reason"] == "not_there"
    assert entry.data[CONF_ADDRESS] == "127.0.0.1:1"


async def test_an_address_at_which_another_answers_is_not_followed(
    hass: HomeAssistant, board: Simulator
) -> None:
    entry = entry_of(hass, "127.0.0.1:1", OTHER_ID)
    assert (await discover(hass, board.address, OTHER_ID))["reason"] == "not_there"
    assert (await discover(hass, "127.0.0.1:1"))["reason"] == "not_there"
    assert entry.data[CONF_ADDRESS] == "127.0.0.1:1"


async def test_a_station_without_readings_is_found_later(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    with Simulator("--id", ID) as board:
        assert (await discover(hass, board.address))["reason"] == "no_readings"
        board.tell(FIVE_MINUTES)
        assert (await discover(hass, board.address))["step_id"] == "station"


async def test_a_known_station_given_by_hand_has_moved(
    hass: HomeAssistant, board: Simulator
) -> None:
    entry = entry_of(hass, "127.0.0.1:1", ID)
    found = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"address": board.address}
    )
    assert (found["type"], found["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data[CONF_ADDRESS] == board.address
    await hass.async_block_till_done()


async def test_a_discovery_left_open_does_not_replace_an_entry(
    hass: HomeAssistant, board: Simulator
) -> None:
    """The entry took the station's id over meanwhile; it knows it by another address."""
    form = await discover(hass, board.address)
    assert form["step_id"] == "station"
    entry = entry_of(hass, "attic.local", ID)
    done = await hass.config_entries.flow.async_configure(
        str(form["flow_id"]), {"name": "Again", "poll_seconds": 60}
    )
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
