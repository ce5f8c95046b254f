"""The units that series in InfluxDB continue in, whatever was written there before."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.migration import MINOR_VERSION
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.forms import Result, errors, placeholders, submit
from tests.ha.flows.influx.forms import fields_of, to_mirror
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux
from tests.live.influx_v1 import InfluxV1
from tests.live.real_server import PLACE, RealServer
from tests.live.servers import V1, running

PASCAL = {"pressure": "Pa", "seaLevelPressure": "Pa"}
COUNTED = ["bmp180.temperature", "dht22.temperature", "ds18b20.temperature"]


@pytest.fixture
async def influx(socket_enabled: None) -> AsyncIterator[FakeInflux]:
    async with FakeInflux(InfluxKind.V2) as fake:
        yield fake


def mirrored(hass: HomeAssistant, entry: MockConfigEntry, url: str, minor_version: int) -> None:
    """Make the entry one that an Air State with that minor version has stored."""
    target = InfluxTarget(
        url=url, kind=InfluxKind.V2, place="air", organisation=ORGANISATION, token=TOKEN
    )
    stored = {**InfluxSettings.new(target, since=0).to_stored(), "url": url}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_INFLUXDB: stored}, minor_version=minor_version
    )


async def first_line(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> str:
    """Return the first line that InfluxDB gets before the entry is unloaded."""
    for _ in range(500):
        if influx.lines:
            break
        await asyncio.sleep(0.01)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    return influx.lines[0]


async def test_a_series_that_was_written_in_pascal_goes_on_in_pascal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    station.sends(bmp180={"pressure": "998.42", "seaLevelPressure": "1013.25"})
    mirrored(hass, entry, influx.url, minor_version=1)
    await set_up()
    line = await first_line(hass, entry, influx)
    assert "pressure=99842.0," in line
    assert "seaLevelPressure=101325.0," in line
    assert (entry.minor_version, entry.options["stored_units"]) == (MINOR_VERSION, PASCAL)


async def test_a_new_series_is_in_hectopascal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    station.sends(bmp180={"pressure": "998.42"})
    mirrored(hass, entry, influx.url, minor_version=MINOR_VERSION)
    await set_up()
    assert "pressure=998.42," in await first_line(hass, entry, influx)


async def test_an_entry_without_influxdb_has_no_units_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    hass.config_entries.async_update_entry(entry, minor_version=1)
    await set_up()
    assert (entry.minor_version, "stored_units" in entry.options) == (MINOR_VERSION, False)


async def test_an_address_that_was_stored_without_port_80_gets_it_back(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    for before, after in {
        "http://127.0.0.1": "http://127.0.0.1:80",
        "http://127.0.0.1/way": "http://127.0.0.1:80/way",
        "http://127.0.0.1:8086": "http://127.0.0.1:8086",
        "https://127.0.0.1": "https://127.0.0.1",
    }.items():
        mirrored(hass, entry, before, minor_version=1)
        await set_up()
        assert entry.data[CONF_INFLUXDB]["url"] == after
        await hass.config_entries.async_unload(entry.entry_id)


async def test_other_options_leave_the_units_alone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    mirrored(hass, entry, influx.url, minor_version=1)
    await set_up()
    form = await hass.config_entries.options.async_init(entry.entry_id)
    values = {"poll_seconds": 60, "update_seconds": 10, "journal_days": 9, "journal_megabytes": 99}
    form = await hass.config_entries.options.async_configure(
        form["flow_id"], {**values, "device_tag": "nodemcu", "own_readings": False, "counted": []}
    )
    await hass.async_block_till_done()
    assert entry.options["stored_units"] == PASCAL


# What a bucket already holds


async def to_points(
    hass: HomeAssistant, station: FakeStation, server: RealServer, place: str = PLACE
) -> Result:
    """Set a station up as far as the form for the device tag."""
    form = await to_mirror(hass, station)
    form = await submit(hass, form, next_step_id="influxdb")
    form = await submit(hass, form, url=server.url, verify_tls=True)
    form = await submit(hass, form)
    return await submit(hass, form, database=place)


@pytest.fixture
async def server(
    hass: HomeAssistant, tmp_path: Path, socket_enabled: None
) -> AsyncIterator[InfluxV1]:
    """Return a real InfluxDB."""
    with running(V1[0], tmp_path) as made:
        assert isinstance(made, InfluxV1)
        yield made


POINTS = {"device_tag": "attic", "own_readings": False}


async def finish(hass: HomeAssistant, result: Result, server: InfluxV1) -> dict[str, float]:
    """Let the new entry write once, and return what it wrote."""
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(result["result"].entry_id)
    await hass.async_block_till_done()
    points = await hass.async_add_executor_job(server.points)
    return points[max(points, key=lambda key: key[1])]


@pytest.mark.parametrize(("go_on", "pressure"), [(True, 99_512.0), (False, 995.12)])
async def test_a_bucket_with_pascal_is_gone_on_with_in_pascal(
    hass: HomeAssistant, station: FakeStation, server: InfluxV1, *, go_on: bool, pressure: float
) -> None:
    old = "sensor_data,device=attic pressure=99400,seaLevelPressure=101200,temperature=19"
    await hass.async_add_executor_job(server.write, f"{old} 1600000000000")
    form = await to_points(hass, station, server)
    form = await submit(hass, form, **POINTS)
    assert form["step_id"] == "units"
    told = placeholders(form)["jumps"]
    assert "pressure: 99400 Pa there, 995.12 hPa now, a factor of 99.9" in told
    assert "seaLevelPressure: 101200 Pa there" in told
    assert "temperature" not in told

    result = await submit(hass, form, device_tag="attic", go_on=go_on)
    written = await finish(hass, result, server)
    assert written["pressure"] == pressure
    assert written["temperature"] == pytest.approx(21.22)
    assert result["result"].options.get("stored_units", {}) == (PASCAL if go_on else {})


async def test_a_bucket_with_the_same_units_asks_nothing(
    hass: HomeAssistant, station: FakeStation, server: InfluxV1
) -> None:
    old = "sensor_data,device=attic pressure=994,temperature=-3,co2=5000"
    await hass.async_add_executor_job(server.write, f"{old} 1600000000000")
    form = await to_points(hass, station, server)
    result = await submit(hass, form, **POINTS)
    assert (await finish(hass, result, server))["pressure"] == 995.12


async def test_another_jump_is_told_and_another_tag_is_looked_at(
    hass: HomeAssistant, station: FakeStation, server: InfluxV1
) -> None:
    lines = [
        "sensor_data,device=attic temperature=294 1600000000000",
        "sensor_data,device=loft pressure=99400 1600000000000",
    ]
    await hass.async_add_executor_job(server.write, *lines)
    form = await to_points(hass, station, server)
    form = await submit(hass, form, **POINTS)
    assert form["step_id"] == "units"
    assert fields_of(form) == {"device_tag"}  # nobody knows the unit: there is none to go on in
    assert "temperature: 294 there" in placeholders(form)["jumps"]

    form = await submit(hass, form, device_tag="loft")
    assert fields_of(form) == {"device_tag", "go_on"}
    assert "99400 Pa" in placeholders(form)["jumps"]
    result = await submit(hass, form, device_tag="cellar", go_on=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "stored_units" not in result["result"].options
    assert result["result"].options["device_tag"] == "cellar"
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_own_readings_are_looked_at_as_well(
    hass: HomeAssistant, station: FakeStation, server: InfluxV1
) -> None:
    old = "sensor_readings,device=attic,sensor=bmp180 pressure=99400 1600000000000"
    await hass.async_add_executor_job(server.write, old)
    form = await to_points(hass, station, server)
    form = await submit(hass, form, device_tag="attic", own_readings=True)
    assert form["step_id"] == "units"
    result = await submit(hass, form, device_tag="attic", go_on=True)
    assert result["result"].options["stored_units"] == {"pressure": "Pa"}
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_another_tag_by_the_options_is_looked_at(
    hass: HomeAssistant, station: FakeStation, server: InfluxV1
) -> None:
    old = "sensor_data,device=loft pressure=99400 1600000000000"
    await hass.async_add_executor_job(server.write, old)
    form = await to_points(hass, station, server)
    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    entry = result["result"]

    flow = await hass.config_entries.options.async_init(entry.entry_id)
    values = {"poll_seconds": 60, "update_seconds": 10, "journal_days": 9, "journal_megabytes": 99}
    more = {"device_tag": "loft", "own_readings": False, "counted": COUNTED}
    form = await hass.config_entries.options.async_configure(flow["flow_id"], {**values, **more})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "units")
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {"device_tag": "loft", "go_on": True}
    )
    await hass.async_block_till_done()
    assert entry.options["stored_units"] == {"pressure": "Pa"}
    assert (entry.options["device_tag"], entry.options["poll_seconds"]) == ("loft", 60)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_where_it_cannot_be_looked_nothing_is_set_up(
    hass: HomeAssistant, station: FakeStation, influx: FakeInflux
) -> None:
    form = await to_mirror(hass, station)
    form = await submit(hass, form, next_step_id="influxdb")
    form = await submit(hass, form, url=influx.url, verify_tls=True)
    form = await submit(hass, form, token=TOKEN)
    form = await submit(hass, form, organisation=ORGANISATION, bucket="air")
    influx.answers = {"/api/v2/query": (503, "busy")}
    form = await submit(hass, form, **POINTS)
    assert (form["step_id"], errors(form)) == ("points", {"base": "influx_not_asked"})
