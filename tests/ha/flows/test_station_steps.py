"""Setting up a station, moving it, and its options: every way through, and every error."""

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from custom_components.air_state.core.station import client as station_module
from tests.ha.conftest import FakeStation, SetUp
from tests.payloads import encode, payload

type Result = ConfigFlowResult


async def begin(hass: HomeAssistant) -> Result:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    return await hass.config_entries.flow.async_configure(form["flow_id"], values)


async def finish(hass: HomeAssistant, form: Result, **values: object) -> Result:
    """Submit the station's step, and do without InfluxDB."""
    menu = await submit(hass, form, **values)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "mirror")
    assert menu["menu_options"] == ["without_influxdb", "influxdb"]
    return await submit(hass, menu, next_step_id="without_influxdb")


async def start_reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> Result:
    context: Any = {"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context)


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry, step: str) -> Result:
    """Take the way to one step of reconfiguring."""
    menu = await start_reconfigure(hass, entry)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "reconfigure")
    return await submit(hass, menu, next_step_id=step)


def errors(form: Result) -> dict[str, str]:
    return dict(form.get("errors") or {})


def placeholders(form: Result) -> dict[str, str]:
    return dict(form.get("description_placeholders") or {})


async def test_a_station_is_found_shown_and_set_up(
    hass: HomeAssistant, station: FakeStation
) -> None:
    station.sends(dht22={"humidity": "nan"})
    form = await begin(hass)
    assert (form["type"], form["step_id"], errors(form)) == (FlowResultType.FORM, "user", {})

    form = await submit(hass, form, address=f" HTTP://{station.address}/circumstances ")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "station")
    shown = placeholders(form)
    assert (shown["address"], shown["device"]) == (station.address, "nodemcu")
    assert "- DHT22 temperature: 21.2 °C\n" in shown["readings"]
    assert "- BMP180 sea\\-level pressure: 1013.0 hPa\n" in shown["readings"]
    assert "- MQ\\-135 carbon dioxide: 403 ppm\n" in shown["readings"]
    assert "- DHT22 humidity: missing (not finite)" in shown["readings"]

    result = await finish(hass, form, name=" Attic ", poll_seconds=60)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Attic"
    entry = result["result"]
    assert dict(entry.data) == {CONF_ADDRESS: station.address, CONF_DEVICE: "nodemcu"}
    assert dict(entry.options) == {"poll_seconds": 60}
    state = hass.states.get("sensor.attic_mean_temperature")
    assert state is not None


async def test_a_name_is_needed(hass: HomeAssistant, station: FakeStation) -> None:
    form = await submit(hass, await begin(hass), address=station.address)

    form = await submit(hass, form, name="  ", poll_seconds=30)
    assert errors(form) == {CONF_NAME: "name_missing"}
    result = await finish(hass, form, name="x" * 99, poll_seconds=30)
    assert result["title"] == "x" * 64
    await hass.async_block_till_done()


@pytest.mark.parametrize("seconds", [0, 3601, -1])
async def test_the_poll_interval_is_bounded(
    hass: HomeAssistant, station: FakeStation, seconds: int
) -> None:
    form = await submit(hass, await begin(hass), address=station.address)

    with pytest.raises(InvalidData):
        await submit(hass, form, name="Attic", poll_seconds=seconds)


def _answers(body: bytes, status: int = 200) -> Callable[[FakeStation], None]:
    def change(station: FakeStation) -> None:
        station.body, station.status = body, status

    return change


EMPTY = payload(
    **{
        sensor: dict.fromkeys(names, "")
        for sensor, names in {
            "mq135": ("co", "co2", "nh4", "alcohol", "toulen", "aceton"),
            "bmp180": ("temperature", "pressure", "seaLevelPressure", "altitude"),
            "ds18b20": ("temperature",),
            "dht22": ("temperature", "humidity"),
        }.items()
    }
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_answers(b"<html>"), "payload_page"),
        (_answers(b"nearly"), "payload_not_json"),
        (_answers(encode({"status": "ok"})), "payload_not_station"),
        (_answers(EMPTY), "payload_no_reading"),
        (_answers(b" " * 100_000), "payload_too_large"),
        (_answers(b"", 404), "station_not_found"),
        (_answers(b"", 500), "station_status"),
    ],
)
async def test_each_wrong_answer_has_its_own_error_and_can_be_mended(
    hass: HomeAssistant, station: FakeStation, change: Callable[[FakeStation], None], code: str
) -> None:
    change(station)
    form = await submit(hass, await begin(hass), address=station.address)
    assert (form["step_id"], errors(form)) == ("user", {CONF_ADDRESS: code})
    assert placeholders(form)["address"] == station.address

    station.sends()
    form = await submit(hass, form, address=station.address)
    assert form["step_id"] == "station"


async def test_nothing_listens(hass: HomeAssistant, station: FakeStation) -> None:
    await station.stop()

    form = await submit(hass, await begin(hass), address=station.address)
    assert errors(form) == {CONF_ADDRESS: "station_refused"}


async def test_no_answer_in_time(
    hass: HomeAssistant, station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_module, "TIMEOUT_SECONDS", 0.1)
    held = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        form = await submit(hass, await begin(hass), address=f"{host}:{port}")
        held.set()
    assert errors(form) == {CONF_ADDRESS: "station_timeout"}
    assert placeholders(form)["seconds"] == "0.1"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda key: aiohttp.ClientConnectorDNSError(key, OSError()), "station_name_unknown"),
        (
            lambda key: aiohttp.ClientConnectorError(key, OSError(errno.EHOSTUNREACH, "")),
            "station_no_route",
        ),
        (lambda _key: aiohttp.ServerDisconnectedError(), "station_broken_off"),
    ],
)
async def test_networks_that_fail(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[object], Exception],
    code: str,
) -> None:
    async def fail(_connector: object, request: Any, *_: object, **__: object) -> None:  # noqa: ANN401
        raise make(request.connection_key)

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", fail)
    form = await submit(hass, await begin(hass), address="air.local")
    assert errors(form) == {CONF_ADDRESS: code}


async def test_not_an_address(hass: HomeAssistant) -> None:
    form = await submit(hass, await begin(hass), address="my station")

    assert errors(form) == {CONF_ADDRESS: "address_invalid"}
    assert placeholders(form)["address"] == "my station"


@pytest.mark.parametrize("spelling", ["{}", "http://{}", "HTTP://{}/circumstances"])
async def test_an_address_is_set_up_once(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, spelling: str
) -> None:
    result = await submit(hass, await begin(hass), address=spelling.format(station.address))

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert station.polls == 0


# Reconfigure.


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


# Options.


async def options(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    return await hass.config_entries.options.async_init(entry.entry_id)


async def choose(hass: HomeAssistant, form: Result, **values: object) -> Result:
    defaults = {
        "poll_seconds": 30,
        "update_seconds": 10,
        "journal_days": 10,
        "journal_megabytes": 512,
    }
    return await hass.config_entries.options.async_configure(
        form["flow_id"], {**defaults, **values}
    )


ALL = ["bmp180.temperature", "dht22.temperature", "ds18b20.temperature"]


async def test_options_are_kept_and_in_force_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    form = await options(hass, entry)
    assert form["data_schema"] is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in form["data_schema"].schema
    }
    assert suggested == {
        "poll_seconds": 3600,
        "update_seconds": 0,
        "journal_days": 10,
        "journal_megabytes": 512,
        "counted": ALL,
    }

    result = await choose(hass, form, poll_seconds=5, journal_days=3, counted=ALL[1:])
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {
        "poll_seconds": 5,
        "update_seconds": 10,
        "journal_days": 3,
        "journal_megabytes": 512,
        "excluded": [["bmp180", "temperature"]],
        "included": [],
        "forgotten": [],
    }
    coordinator = entry.runtime_data.coordinator
    assert coordinator.update_interval.total_seconds() == 5
    state = hass.states.get("sensor.attic_mean_temperature")
    assert state is not None
    assert float(state.state) == pytest.approx((21.06 + 21.20) / 2, abs=0.006)


async def test_the_preview_is_in_the_units_of_home_assistant(
    hass: HomeAssistant, station: FakeStation
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    station.body = encode(
        {"n": {"BME280": {"Temperature": 20, "pressure": 101_325}, "x": {"glow": 0.125}}}
    )
    form = await submit(hass, await begin(hass), address=station.address)
    shown = placeholders(form)["readings"].replace("\\", "").splitlines()
    assert shown == [
        "- BME280 temperature: 68.0 °F",
        "- BME280 pressure: 29.92 inHg",
        "- x glow: 0.125",
    ]
    result = await finish(hass, form, name="Attic", poll_seconds=60)
    await hass.async_block_till_done()
    for entity_id, unit in (("temperature", "°F"), ("pressure", "inHg")):
        found = hass.states.get(f"sensor.attic_bme280_{entity_id}")
        assert found is not None
        assert found.attributes["unit_of_measurement"] == unit
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_a_mean_of_one_is_no_mean_and_comes_back(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    await choose(hass, await options(hass, entry), counted=["dht22.temperature"])
    await hass.async_block_till_done()
    assert hass.states.get("sensor.attic_mean_temperature") is None
    assert er.async_get(hass).async_get("sensor.attic_mean_temperature") is None

    await choose(hass, await options(hass, entry), counted=ALL)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.attic_mean_temperature") is not None


async def test_at_least_one_sensor_counts(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up()
    form = await choose(hass, await options(hass, entry), counted=[])

    assert errors(form) == {"counted": "none_counted"}
    result = await choose(hass, form, counted=["dht22.temperature"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_options_while_the_station_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, options={"excluded": [["a", "t"]]})
    form = await options(hass, entry)
    assert form["data_schema"] is not None
    assert "counted" not in form["data_schema"].schema

    await choose(hass, form, journal_days=5)
    assert entry.options["excluded"] == [["a", "t"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("update_seconds", -1), ("journal_days", 0), ("journal_megabytes", 15), ("poll_seconds", 0)],
)
async def test_options_are_bounded(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, value: int
) -> None:
    form = await options(hass, entry)

    with pytest.raises(InvalidData):
        await choose(hass, form, **{name: value})


async def test_two_flows_for_one_address(hass: HomeAssistant, station: FakeStation) -> None:
    first = await submit(hass, await begin(hass), address=station.address)
    second = await submit(hass, await begin(hass), address=f"http://{station.address}/")

    result = await finish(hass, first, name="Attic", poll_seconds=60)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await submit(hass, second, name="Again", poll_seconds=60)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    await hass.async_block_till_done()


async def test_names_are_shown_as_they_were_sent(hass: HomeAssistant, station: FakeStation) -> None:
    station.body = encode({"n": {"![x](y)": {"*p*": 1}, "s": {"<b>": "nan", "q": 2}}})
    form = await submit(hass, await begin(hass), address=station.address)

    shown = placeholders(form)["readings"]
    assert r"- \!\[x\]\(y\) \*p\*: 1" in shown
    assert r"- s \<b\>: missing" in shown


async def test_the_frontend_is_given_every_form(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_client: ClientSessionGenerator,
) -> None:
    """Forms are made into JSON on the way, which not every schema can be."""
    await async_setup_component(hass, "config", {})
    await set_up()
    client = await hass_client()
    elsewhere = FakeStation()
    await elsewhere.start()

    async def post(path: str, **data: object) -> dict[str, Any]:
        answer = await client.post(f"/api/config/config_entries/{path}", json=data)
        assert answer.status == 200
        form: dict[str, Any] = await answer.json()
        return form

    form = await post("flow", handler=DOMAIN)
    assert [field["name"] for field in form["data_schema"]] == ["address"]
    form = await post(f"flow/{form['flow_id']}", address=elsewhere.address)
    assert [field["name"] for field in form["data_schema"]] == ["name", "poll_seconds"]
    form = await post("options/flow", handler=entry.entry_id)
    assert [field["name"] for field in form["data_schema"]] == [
        "poll_seconds",
        "update_seconds",
        "journal_days",
        "journal_megabytes",
        "counted",
    ]
    elsewhere.body = encode({"balcony": {"dht22": {"temperature": 3}}})
    form = await post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    assert form["step_id"] == "reconfigure"
    form = await post(f"flow/{form['flow_id']}", next_step_id="address")
    form = await post(f"flow/{form['flow_id']}", address=elsewhere.address)
    assert (form["step_id"], form["data_schema"]) == ("other_station", [])
    await elsewhere.stop()
