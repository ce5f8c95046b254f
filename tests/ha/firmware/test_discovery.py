"""Stations that run their own firmware: known by their id, however they move or are flashed."""

from collections.abc import Iterator
from ipaddress import ip_address
from types import SimpleNamespace

import aiohttp
import orjson
import pytest
import pytest_socket
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_USER, SOURCE_ZEROCONF
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from custom_components.air_state.flows import station_steps
from tests.firmware.simulator import Simulator
from tests.ha.conftest import FakeStation
from tests.payloads import device, encode

ID, OTHER_ID = "5ecf7f0000aa", "5ecf7f0000bb"
MAC = "5e:cf:7f:00:00:aa"
FIVE_MINUTES = "advance 300000"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a station that does not answer be asked again at once."""
    monkeypatch.setattr(station_steps, "_PAUSE_SECONDS", 0)


@pytest.fixture
def board(socket_enabled: None) -> Iterator[Simulator]:
    """Return a station of the present firmware that has been on for five minutes."""
    with Simulator("--id", ID) as made:
        made.tell(FIVE_MINUTES)
        yield made


def entry_of(hass: HomeAssistant, address: str, unique_id: str | None = None) -> MockConfigEntry:
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Attic",
        unique_id=unique_id,
        data={CONF_ADDRESS: address, CONF_DEVICE: "nodemcu"},
        options={"poll_seconds": 3600, "update_seconds": 0},
    )
    made.add_to_hass(hass)
    return made


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()


def state(hass: HomeAssistant, entity_id: str) -> str:
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


def announced(address: str, station_id: str = ID) -> ZeroconfServiceInfo:
    host, _, port = address.partition(":")
    return ZeroconfServiceInfo(
        ip_address=ip_address(host),
        ip_addresses=[ip_address(host)],
        port=int(port),
        hostname="air-state-00aa.local.",
        type="_air-state._tcp.local.",
        name="air-state-00aa._air-state._tcp.local.",
        properties={"id": station_id, "model": "air-state-nodemcu", "fw": "1.0.0"},
    )


async def discover(hass: HomeAssistant, address: str, station_id: str = ID) -> dict[str, object]:
    found = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced(address, station_id)
    )
    return dict(found)


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


async def test_flashing_the_present_firmware_loses_nothing(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory
) -> None:
    with Simulator("--old") as old:
        old.tell("probes 8", FIVE_MINUTES)
        entry = entry_of(hass, old.address)
        await set_up(hass, entry)
        port = old.address.partition(":")[2]
    assert entry.unique_id is None
    assert hass.states.get("sensor.attic_wlan_signal") is None
    registry = er.async_get(hass)
    before = {
        each.entity_id: each.unique_id
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    await poll(hass, entry)
    assert state(hass, "sensor.attic_dht22_humidity") == STATE_UNAVAILABLE

    with Simulator("--id", ID, "--port", port) as new:
        new.tell(FIVE_MINUTES)
        freezer.tick(120)
        await poll(hass, entry)
        assert entry.unique_id == ID
        after = {
            each.entity_id: each.unique_id
            for each in er.async_entries_for_config_entry(registry, entry.entry_id)
        }
        assert before.items() <= after.items()
        assert after.keys() - before.keys() == {
            *("sensor.attic_wlan_signal", "sensor.attic_switched_on"),
            "binary_sensor.attic_warming_up",
        }
        assert float(state(hass, "sensor.attic_dht22_humidity")) > 40
        device = dr.async_get(hass).async_get_device_by_identifier(
            (DOMAIN, entry.entry_id), entry.entry_id
        )
        assert device is not None
        assert device.sw_version == "1.0.0"
        assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}


async def test_another_stations_readings_are_not_taken(
    hass: HomeAssistant, board: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    entry = entry_of(hass, board.address, OTHER_ID)
    entry.runtime_data = None
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert f"Another station (id {ID}) answers" in caplog.text
    assert f"({OTHER_ID})" in caplog.text


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


def tells(station_id: str) -> bytes:
    return orjson.dumps({"id": station_id, "fw": "1.0.0", "uptime": 300, "rssi": -58})


def sends(station_id: str) -> bytes:
    return encode({"nodemcu": device(), "station": {"id": station_id, "fw": "1.0.0"}})


async def test_a_device_that_tells_anothers_id_is_not_believed(
    hass: HomeAssistant, station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    another = MockConfigEntry(domain="other")
    another.add_to_hass(hass)
    phone = dr.async_get(hass).async_get_or_create(
        config_entry_id=another.entry_id,
        connections={(dr.CONNECTION_NETWORK_MAC, "5e:cf:7f:00:00:bb")},
    )
    station.body, station.info = sends(ID), tells(OTHER_ID)
    entry = entry_of(hass, station.address)
    await set_up(hass, entry)
    for _ in range(3):
        entry.runtime_data.coordinator._next_info = 0.0
        await poll(hass, entry)

    assert entry.unique_id == ID
    assert state(hass, "sensor.attic_dht22_humidity") == "45.1"
    registry = dr.async_get(hass)
    made = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert made is not None
    assert (made.id != phone.id, made.connections) == (True, set())
    assert hass.states.get("sensor.attic_wlan_signal") is None
    said = [each.getMessage() for each in caplog.records if "passed over" in each.getMessage()]
    assert len(said) == 1
    assert said[0].startswith(f"Attic: it calls itself {OTHER_ID} and its readings those of {ID}:")

    station.info = tells(ID)
    entry.runtime_data.coordinator._next_info = 0.0
    await poll(hass, entry)
    assert state(hass, "sensor.attic_wlan_signal") == "-58"
    assert "it calls itself as its readings do again" in caplog.text


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


async def test_a_board_that_was_replaced_is_confirmed(
    hass: HomeAssistant, board: Simulator
) -> None:
    entry = entry_of(hass, "127.0.0.1:1", OTHER_ID)
    menu = await entry.start_reconfigure_flow(hass)
    flow_id = menu["flow_id"]
    await hass.config_entries.flow.async_configure(flow_id, {"next_step_id": "address"})
    form = await hass.config_entries.flow.async_configure(flow_id, {"address": board.address})
    assert form["step_id"] == "other_station"
    done = await hass.config_entries.flow.async_configure(flow_id, {})
    assert done["reason"] == "reconfigure_successful"
    assert (entry.unique_id, entry.data[CONF_ADDRESS]) == (ID, board.address)
    await hass.async_block_till_done()


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


async def test_a_station_without_an_id_is_not_taken_for_one_that_has_one(
    hass: HomeAssistant, socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    with Simulator("--old") as old:
        old.tell("probes 8", FIVE_MINUTES)
        entry = entry_of(hass, old.address, ID)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert f"not the one that is known ({ID})" in caplog.text

        menu = await entry.start_reconfigure_flow(hass)
        flow_id = menu["flow_id"]
        await hass.config_entries.flow.async_configure(flow_id, {"next_step_id": "address"})
        form = await hass.config_entries.flow.async_configure(flow_id, {"address": old.address})
        assert form["step_id"] == "other_station"
        await hass.config_entries.flow.async_configure(flow_id, {})
        await hass.async_block_till_done()
        assert entry.unique_id is None
        assert float(state(hass, "sensor.attic_dht22_humidity")) > 40


async def test_two_entries_do_not_take_readings_of_one_station(
    hass: HomeAssistant, board: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    entry_of(hass, "127.0.0.1:1", ID)
    second = entry_of(hass, board.address)
    assert not await hass.config_entries.async_setup(second.entry_id)
    await hass.async_block_till_done()
    assert f"(id {ID}) is the one of the entry Attic" in caplog.text
    assert second.unique_id is None


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


async def test_a_station_whose_discovery_was_ignored_goes_on(
    hass: HomeAssistant, board: Simulator
) -> None:
    """Its board was just flashed; somebody ignored the card before the entry took the id over."""
    ignored = MockConfigEntry(domain=DOMAIN, unique_id=ID, source=SOURCE_IGNORE)
    ignored.add_to_hass(hass)
    entry = entry_of(hass, board.address)
    await set_up(hass, entry)
    assert float(state(hass, "sensor.attic_dht22_humidity")) > 40
    assert entry.unique_id is None  # the card stays away
