"""Finding out what a server is, and logging in there."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget, parse_url
from custom_components.air_state.mirroring.settings import InfluxSettings
from tests.core.influx.certificates import self_signed
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import errors, placeholders, start_reconfigure, submit
from tests.ha.flows.influx.forms import (
    PLACES,
    POINTS,
    Start,
    credentials,
    fields_of,
    options_of,
    suggestion,
    to_credentials,
    to_mirror,
    to_place,
)
from tests.ha.influx import ORGANISATION, PASSWORD, TOKEN, USER, FakeInflux


@pytest.mark.parametrize("kind", list(InfluxKind))
async def test_influxdb_is_found_out_checked_and_set_up(
    hass: HomeAssistant, station: FakeStation, start: Start, kind: InfluxKind
) -> None:
    influx = await start(kind)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    by_token = kind in {InfluxKind.V2, InfluxKind.V3}
    assert form["step_id"] == ("token" if by_token else "login")

    form = await submit(hass, form, **credentials(kind))
    assert form["step_id"] == ("bucket" if kind is InfluxKind.V2 else "database")
    version = {"1": "1.6.7", "1.8": "1.8.10", "2": "2.7.12", "3": "3.9.0"}[kind.value]
    assert placeholders(form)["server"] == f"InfluxDB {version}"
    place = "bucket" if kind is InfluxKind.V2 else "database"
    assert options_of(form, place) == ["air", "other"]
    if kind is InfluxKind.V2:
        assert options_of(form, "organisation") == [ORGANISATION]
    assert ("without_flux" in fields_of(form)) == (kind is InfluxKind.V1_FLUX)

    form = await submit(hass, form, **PLACES[kind])
    assert form["step_id"] == "points"
    assert fields_of(form) == {"device_tag", "own_readings"}  # there is no history yet
    assert influx.lines == []

    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    stored = entry.data[CONF_INFLUXDB]
    assert (stored["url"], stored["kind"], stored["place"]) == (influx.url, kind.value, "air")
    assert entry.data[CONF_ADDRESS] == station.address
    assert dict(entry.options) == {"poll_seconds": 60, **POINTS}
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert [line.split(" ")[0] for line in set(influx.lines)] == ["sensor_data,device=attic"]


BAD_SERVERS: dict[str, tuple[dict[str, tuple[int, str]], str]] = {
    "nothing says its version": (
        {"/ping": (204, ""), "/health": (404, ""), "/": (200, "It works!")},
        "influx_unknown_server",
    ),
    "VictoriaMetrics": (
        {
            "/ping": (204, ""),
            "/health": (200, "OK"),
            "/": (200, "<h2>Single-node VictoriaMetrics</h2>"),
        },
        "influx_victoria_metrics",
    ),
    "another program": (
        {"/ping": (404, "{"), "/health": (200, "[]"), "/": (404, "")},
        "influx_unknown_server",
    ),
}


@pytest.mark.parametrize("case", BAD_SERVERS)
async def test_servers_are_called_what_they_are(
    hass: HomeAssistant, station: FakeStation, start: Start, case: str
) -> None:
    answers, code = BAD_SERVERS[case]
    influx = await start(InfluxKind.V1)
    influx.answers = dict(answers)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    assert errors(form) == {"url": code}
    assert placeholders(form)["address"] == influx.url

    health = '{"name":"influxdb","version":"v2.9.1"}'
    influx.answers = {"/ping": (404, ""), "/health": (200, health)}
    form = await submit(hass, form, url=influx.url, verify_tls=True)
    assert (form["step_id"], placeholders(form)["server"]) == ("token", "InfluxDB 2.9.1")


async def test_addresses_that_do_not_do(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await submit(hass, await to_mirror(hass, station), next_step_id="influxdb")
    for url, code in {
        "me:pw@influx": "influx_address_invalid",
        "http://127.0.0.1:1": "influx_closed",
        influx.url.replace("http", "https"): "influx_tls",
    }.items():
        form = await submit(hass, form, url=url, verify_tls=True)
        assert errors(form) == {"url": code}
        assert "pw" not in str(placeholders(form))


async def test_port_80_is_read_back_as_port_80(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    await submit(hass, form, **credentials(influx.kind))
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Attic",
        data={
            CONF_ADDRESS: station.address,
            CONF_DEVICE: "nodemcu",
            CONF_INFLUXDB: InfluxSettings.new(
                InfluxTarget(url=parse_url("http://influx.test:80"), kind=InfluxKind.V2), since=0
            ).to_stored(),
        },
    )
    entry.add_to_hass(hass)
    menu = await start_reconfigure(hass, entry)
    form = await submit(hass, menu, next_step_id="influxdb")
    assert parse_url(str(suggestion(form, "url"))) == "http://influx.test:80"


@contextmanager
def in_a_thread(influx: FakeInflux) -> Iterator[FakeInflux]:
    """Run it in its own event loop: a broken handshake is reported to the loop as an error."""
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with influx:
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield influx
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize("kind", [InfluxKind.V1, InfluxKind.V2])
async def test_a_server_that_signed_its_own_certificate(
    hass: HomeAssistant, station: FakeStation, tmp_path: Path, kind: InfluxKind
) -> None:
    with in_a_thread(FakeInflux(kind, tls=self_signed(tmp_path))) as influx:
        form = await submit(hass, await to_mirror(hass, station), next_step_id="influxdb")
        form = await submit(hass, form, url=influx.url, verify_tls=True)
        assert errors(form) == {"url": "influx_tls"}
        assert influx.asked == []
        form = await submit(hass, form, url=influx.url, verify_tls=False)
        form = await submit(hass, form, **credentials(kind))
        form = await submit(hass, form, **PLACES[kind])
        result = await submit(hass, form, **POINTS)
        await hass.async_block_till_done()
        await hass.config_entries.async_unload(result["result"].entry_id)
        await hass.async_block_till_done()
        assert len(set(influx.lines)) == 1


async def test_a_proxy_that_asks_for_a_login_even_to_ping(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1)
    influx.challenges = True
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    assert form["step_id"] == "login"
    form = await submit(hass, form, username=USER, password=PASSWORD)
    assert (form["step_id"], placeholders(form)["server"]) == ("database", "InfluxDB 1.6.7")


@pytest.mark.parametrize("kind", list(InfluxKind))
async def test_credentials_that_do_not_do(
    hass: HomeAssistant, station: FakeStation, start: Start, kind: InfluxKind
) -> None:
    influx = await start(kind)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    by_token = kind in {InfluxKind.V2, InfluxKind.V3}
    wrong = {"token": "wrong"} if by_token else {"username": USER, "password": "wrong"}
    form = await submit(hass, form, **wrong)
    assert errors(form) == {"token" if by_token else "username": "influx_credentials"}
    assert "wrong" not in str(form["data_schema"])

    form = await submit(hass, form, **credentials(kind))
    assert form["step_id"] in {"bucket", "database"}


@pytest.mark.parametrize("pasted", ["Token {}", "bearer  {}", "Authorization: Token {}", '"{}"'])
async def test_a_token_may_be_pasted_with_its_header(
    hass: HomeAssistant, station: FakeStation, start: Start, pasted: str
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=pasted.format(TOKEN[:4] + "\n" + TOKEN[4:]))
    assert form["step_id"] == "bucket"


async def test_a_token_that_a_terminal_broke_into_lines(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=f"{TOKEN[:3]}\n{TOKEN[3:]}")
    assert form["step_id"] == "bucket"


async def test_a_login_may_be_pasted_as_a_token(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    """Clients of 2.x send user name and password to 1.8 in a token."""
    influx = await start(InfluxKind.V1_FLUX)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=f"Token {USER}:{PASSWORD}")
    assert form["step_id"] == "database"


async def test_a_token_that_sees_nothing(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    influx.places = []
    form = await to_place(hass, await to_mirror(hass, station), influx)
    assert errors(form) == {"token": "token_sees_nothing"}
    influx.places = ["air"]
    form = await submit(hass, form, token=TOKEN)
    assert form["step_id"] == "bucket"
