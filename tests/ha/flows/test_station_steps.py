"""Setting up a station: each way through, and each error."""

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE
from custom_components.air_state.core.station import client as station_module
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import begin, errors, finish, placeholders, submit
from tests.payloads import encode, payload


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


async def test_two_flows_for_one_address(hass: HomeAssistant, station: FakeStation) -> None:
    first = await submit(hass, await begin(hass), address=station.address)
    second = await submit(hass, await begin(hass), address=f"http://{station.address}/")

    result = await finish(hass, first, name="Attic", poll_seconds=60)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await submit(hass, second, name="Again", poll_seconds=60)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    await hass.async_block_till_done()
