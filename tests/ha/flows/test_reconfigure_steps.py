"""Giving a station another address, and disconnecting it from InfluxDB."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.forms import errors, placeholders, reconfigure, submit
from tests.ha.influx import FakeInflux
from tests.payloads import encode


async def test_a_station_moves(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    await set_up()
    entities = set(er.async_get(hass).entities)
    elsewhere = FakeStation()
    await elsewhere.start()
    form = await reconfigure(hass, entry, "address")
    assert form["step_id"] == "address"

    station.status = 404
    form = await submit(hass, form, address=station.address)  # its present address, but away
    assert errors(form) == {CONF_ADDRESS: "station_not_found"}

    result = await submit(hass, form, address=elsewhere.address)
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data[CONF_ADDRESS] == elsewhere.address
    assert elsewhere.polls == 2  # a look, and the first poll
    assert set(er.async_get(hass).entities) == entities
    await elsewhere.stop()


async def test_another_station_takes_over_only_when_that_is_meant(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    await set_up()
    station.body = encode({"balcony": {"dht22": {"temperature": 3}}})
    form = await submit(hass, await reconfigure(hass, entry, "address"), address=station.address)

    assert form["step_id"] == "other_station"
    assert placeholders(form)["device"] == "balcony"
    assert placeholders(form)["known"] == "nodemcu"
    assert entry.data[CONF_DEVICE] == "nodemcu"

    result = await submit(hass, form)
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_DEVICE] == "balcony"


async def test_a_station_is_known_again_among_others(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    await set_up()
    sensors = {"dht22": {"temperature": 3}}
    station.body = encode({"balcony": sensors, "nodemcu": sensors})

    result = await submit(hass, await reconfigure(hass, entry, "address"), address=station.address)
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_DEVICE] == "nodemcu"


async def test_a_station_does_not_move_to_where_another_is(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    other = MockConfigEntry(domain=DOMAIN, data={CONF_ADDRESS: "air.local", CONF_DEVICE: "n"})
    other.add_to_hass(hass)

    result = await submit(hass, await reconfigure(hass, entry, "address"), address="AIR.local:80")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_influxdb_is_removed(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    entry, _ = mirrored
    registry = er.async_get(hass)
    assert registry.async_get("binary_sensor.attic_influxdb")
    form = await reconfigure(hass, entry, "remove_influxdb")
    assert placeholders(form)["place"] == "air"
    result = await submit(hass, form)
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert CONF_INFLUXDB not in entry.data
    assert entry.data[CONF_DEVICE] == "nodemcu"
    for entity_id in (
        "binary_sensor.attic_influxdb",
        "sensor.attic_influxdb_backlog",
        "sensor.attic_last_in_influxdb",
        "sensor.attic_refused_by_influxdb",
    ):
        assert registry.async_get(entity_id) is None
    cursor = await entry.runtime_data.journal.execute(lambda journal: journal.cursors.earliest(-1))
    assert cursor == -1  # there is none
