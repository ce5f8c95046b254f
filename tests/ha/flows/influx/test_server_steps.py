"""Adding, changing, taking over, renewing and removing InfluxDB."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget, parse_url
from custom_components.air_state.mirroring.settings import InfluxSettings
from custom_components.air_state.runtime import AirStateConfigEntry
from custom_components.air_state.translate import escape_markdown
from tests.core.influx.test_answers import self_signed
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.flows.test_station_steps import (
    begin,
    errors,
    placeholders,
    reconfigure,
    start_reconfigure,
    submit,
)
from tests.ha.influx import ORGANISATION, PASSWORD, TOKEN, USER, FakeInflux

type Result = ConfigFlowResult
type Start = Callable[..., Awaitable[FakeInflux]]

PLACES: dict[InfluxKind, dict[str, object]] = {
    InfluxKind.V1: {"database": "air"},
    InfluxKind.V1_FLUX: {"database": "air", "without_flux": False},
    InfluxKind.V2: {"organisation": ORGANISATION, "bucket": "air"},
    InfluxKind.V3: {"database": "air"},
}
POINTS = {"device_tag": "attic", "own_readings": False}


@pytest.fixture
async def start(socket_enabled: None) -> AsyncIterator[Start]:
    """Return a function that starts an InfluxDB of some kind."""
    async with AsyncExitStack() as stack:

        async def run(kind: InfluxKind, policies: tuple[str, ...] = ("autogen",)) -> FakeInflux:
            fake = FakeInflux(kind, policies=list(policies))
            return await stack.enter_async_context(fake)

        yield run


def credentials(kind: InfluxKind) -> dict[str, str]:
    if kind in {InfluxKind.V2, InfluxKind.V3}:
        return {"token": f" {TOKEN}\n"}
    return {"username": USER, "password": PASSWORD}


async def to_credentials(hass: HomeAssistant, menu: Result, influx: FakeInflux) -> Result:
    first = menu["step_id"] == "mirror" or "other_place" in menu["menu_options"]
    form = await submit(hass, menu, next_step_id="influxdb" if first else "connect_influxdb")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "influxdb")
    return await submit(hass, form, url=influx.url, verify_tls=True)


async def to_place(hass: HomeAssistant, menu: Result, influx: FakeInflux) -> Result:
    form = await to_credentials(hass, menu, influx)
    return await submit(hass, form, **credentials(influx.kind))


async def to_mirror(hass: HomeAssistant, station: FakeStation) -> Result:
    form = await submit(hass, await begin(hass), address=station.address)
    return await submit(hass, form, name="Attic", poll_seconds=60)


def options_of(form: Result, field: str) -> list[Any]:
    """Return what a form's field offers to choose from."""
    schema = form["data_schema"]
    assert schema is not None
    selector = next(value for marker, value in schema.schema.items() if marker == field)
    found: list[Any] = [
        each["value"] if field != "connection" else each for each in selector.config["options"]
    ]
    return found


def suggestion(form: Result, field: str) -> object:
    schema = form["data_schema"]
    assert schema is not None
    marker = next(each for each in schema.schema if each == field)
    return marker.description["suggested_value"]


def fields_of(form: Result) -> set[str]:
    schema = form["data_schema"]
    assert schema is not None
    return {str(marker) for marker in schema.schema}


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


@pytest.mark.parametrize("pasted", ["Token {}", "bearer  {}", "Authorization: Token {}", '"{}"'])
async def test_a_token_may_be_pasted_with_its_header(
    hass: HomeAssistant, station: FakeStation, start: Start, pasted: str
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=pasted.format(TOKEN[:4] + "\n" + TOKEN[4:]))
    assert form["step_id"] == "bucket"


async def test_a_login_may_be_pasted_as_a_token(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    """Clients of 2.x come to 1.8 with both in a token."""
    influx = await start(InfluxKind.V1_FLUX)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=f"Token {USER}:{PASSWORD}")
    assert form["step_id"] == "database"


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
            ).as_stored(),
        },
    )
    entry.add_to_hass(hass)
    menu = await start_reconfigure(hass, entry)
    form = await submit(hass, menu, next_step_id="influxdb")
    assert parse_url(str(suggestion(form, "url"))) == "http://influx.test:80"


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


@pytest.mark.parametrize(
    ("kind", "path", "answer", "error"),
    [
        (InfluxKind.V2, "/api/v2/write", (403, "{}"), {"bucket": "influx_write_forbidden"}),
        (InfluxKind.V2, "/api/v2/query", (404, "{}"), {"bucket": "influx_read_forbidden"}),
        (InfluxKind.V2, "/api/v2/write", (503, ""), {"base": "influx_busy"}),
        (InfluxKind.V1, "/write", (403, "{}"), {"database": "influx_write_forbidden"}),
        (
            InfluxKind.V1_FLUX,
            "/api/v2/query",
            (403, "Flux query service disabled. Verify flux-enabled=true"),
            {"without_flux": "influx_flux_off"},
        ),
    ],
)
async def test_places_that_do_not_do(
    hass: HomeAssistant,
    station: FakeStation,
    start: Start,
    kind: InfluxKind,
    path: str,
    answer: tuple[int, str],
    error: dict[str, str],
) -> None:
    influx = await start(kind)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    influx.answers[path] = answer
    form = await submit(hass, form, **PLACES[kind])
    assert errors(form) == error

    if kind is InfluxKind.V1_FLUX:
        form = await submit(hass, form, database="air", without_flux=True)
    else:
        influx.answers.clear()
        form = await submit(hass, form, **PLACES[kind])
    assert form["step_id"] == "points"
    if kind is InfluxKind.V1_FLUX:
        result = await submit(hass, form, **POINTS)
        await hass.async_block_till_done()
        assert result["result"].data[CONF_INFLUXDB]["kind"] == "1"


async def test_places_that_are_not_there(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, organisation="nobody", bucket="air")
    assert errors(form) == {"organisation": "influx_no_organisation"}
    form = await submit(hass, form, organisation="home", bucket="nowhere")
    assert errors(form) == {"bucket": "influx_no_bucket"}
    assert placeholders(form)["place"] == "nowhere"


async def test_nothing_may_be_listed(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1)
    influx.answers["/query"] = (200, '{"results":[{"error":"not allowed"}]}')
    form = await to_place(hass, await to_mirror(hass, station), influx)
    schema = form["data_schema"]
    assert schema is not None
    assert not hasattr(next(iter(schema.schema.values())), "config") or "options" not in str(
        next(iter(schema.schema.values())).config
    )
    form = await submit(hass, form, database="air")
    assert form["step_id"] == "points"


async def test_several_retention_policies(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1, policies=("autogen", "year"))
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, database="air")
    assert (form["step_id"], options_of(form, "policy")) == ("policy", ["autogen", "year"])
    influx.answers["/write"] = (500, '{"error":"retention policy not found: x"}')
    form = await submit(hass, form, policy="x")
    assert errors(form) == {"policy": "influx_no_policy"}
    influx.answers.clear()
    form = await submit(hass, form, policy="year")
    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    assert result["result"].data[CONF_INFLUXDB]["policy"] == "year"


@pytest.fixture
async def mirrored(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> tuple[AirStateConfigEntry, FakeInflux]:
    """Return an entry that is mirrored, and its InfluxDB."""
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    return result["result"], influx


async def test_another_station_takes_the_connection_over(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    first, _ = mirrored
    second = FakeStation()
    await second.start()
    menu = await to_mirror(hass, second)
    assert menu["menu_options"] == ["without_influxdb", "take_over", "influxdb"]
    form = await submit(hass, menu, next_step_id="take_over")
    (option,) = options_of(form, "connection")
    assert option["label"].endswith("(Attic)")

    form = await submit(hass, form, connection="0")
    assert form["step_id"] == "bucket"
    form = await submit(hass, form, organisation=ORGANISATION, bucket="air")
    form = await submit(hass, form, **POINTS)
    assert errors(form) == {"device_tag": "device_tag_taken"}
    form = await submit(hass, form, **{**POINTS, "device_tag": "bad\ntag"})
    assert errors(form) == {"device_tag": "device_tag_invalid"}
    result = await submit(hass, form, **{**POINTS, "device_tag": "cellar"})
    await hass.async_block_till_done()
    stored = result["result"].data[CONF_INFLUXDB]
    assert stored["token"] == first.data[CONF_INFLUXDB]["token"] == TOKEN
    assert stored["sink"] != first.data[CONF_INFLUXDB]["sink"]

    options = await hass.config_entries.options.async_init(first.entry_id)
    form = await hass.config_entries.options.async_configure(
        options["flow_id"],
        {
            "poll_seconds": 30,
            "update_seconds": 10,
            "journal_days": 10,
            "journal_megabytes": 512,
            "counted": [],
            "device_tag": "cellar",
            "own_readings": True,
        },
    )
    assert (form["errors"] or {})["device_tag"] == "device_tag_taken"
    await second.stop()


@pytest.mark.parametrize("send_history", [True, False])
async def test_influxdb_is_added_with_or_without_history(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    start: Start,
    *,
    send_history: bool,
) -> None:
    data = await set_up()
    await data.coordinator.async_refresh()
    await data.journal.flush()
    influx = await start(InfluxKind.V2)
    menu = await start_reconfigure(hass, entry)
    assert menu["menu_options"] == ["address", "connect_influxdb"]
    form = await to_place(hass, menu, influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert (form["step_id"], placeholders(form)["rows"]) == ("points", "2")
    assert fields_of(form) == {"device_tag", "own_readings", "send_history"}
    result = await submit(hass, form, **POINTS, send_history=send_history)
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(set(influx.lines)) == (3 if send_history else 1)  # a poll came with the reload


async def test_the_bucket_is_changed_and_the_credentials(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    entry, influx = mirrored
    before = entry.data[CONF_INFLUXDB]
    form = await reconfigure(hass, entry, "other_place")
    assert form["step_id"] == "bucket"
    form = await submit(hass, form, organisation=ORGANISATION, bucket="other")
    assert "send_history" in fields_of(form)
    await submit(hass, form, **POINTS, send_history=True)
    await hass.async_block_till_done()
    stored = entry.data[CONF_INFLUXDB]
    assert (stored["place"], stored["token"]) == ("other", TOKEN)
    assert stored["sink"] != before["sink"]

    influx.secrets.add("another")
    form = await reconfigure(hass, entry, "influxdb")
    form = await submit(hass, form, url=influx.url, verify_tls=True)
    form = await submit(hass, form, token="another")
    form = await submit(hass, form, organisation=ORGANISATION, bucket="other")
    assert "send_history" not in fields_of(form)  # it goes on where it was
    await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    again = entry.data[CONF_INFLUXDB]
    assert (again["token"], again["sink"]) == ("another", stored["sink"])


async def test_the_server_is_away_while_the_bucket_is_to_be_changed(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    entry, influx = mirrored
    await influx.__aexit__()
    form = await reconfigure(hass, entry, "other_place")
    assert (form["step_id"], errors(form)) == ("other_place", {"base": "influx_closed"})
    await influx.__aenter__()
    form = await submit(hass, form)
    assert form["step_id"] == "bucket"


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
    cursors = await entry.runtime_data.journal.execute(
        lambda journal: journal._value("SELECT count(*) FROM cursors")
    )
    assert cursors == 0


async def test_reauth_renews_it_for_every_station_that_shares_it(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    first, influx = mirrored
    other = FakeStation()
    await other.start()
    form = await submit(hass, await to_mirror(hass, other), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    form = await submit(hass, form, organisation=ORGANISATION, bucket="air")
    result = await submit(hass, form, **{**POINTS, "device_tag": "cellar"})
    await hass.async_block_till_done()
    second: Any = result["result"]
    strange = MockConfigEntry(
        domain=DOMAIN,
        data={
            CONF_ADDRESS: "x",
            CONF_DEVICE: "x",
            CONF_INFLUXDB: {**first.data[CONF_INFLUXDB], "token": "of somebody else"},
        },
    )
    strange.add_to_hass(hass)

    influx.secrets = {"renewed"}
    for entry in (first, second):
        await entry.runtime_data.coordinator.async_refresh()
        await entry.runtime_data.journal.flush()
    await hass.async_block_till_done(wait_background_tasks=False)
    async with asyncio.timeout(10):
        while len(hass.config_entries.flow.async_progress()) < 2:
            await asyncio.sleep(0.05)
    flow = next(
        each
        for each in hass.config_entries.flow.async_progress()
        if each["context"]["entry_id"] == first.entry_id
    )
    assert flow["context"]["source"] == "reauth"
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "reauth_confirm"
    assert placeholders(form)["name"] == "Attic"
    form = await submit(hass, form, token="wrong")
    assert errors(form) == {"base": "influx_credentials"}
    result = await submit(hass, form, token="renewed")
    await hass.async_block_till_done()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert first.data[CONF_INFLUXDB]["token"] == "renewed"
    assert second.data[CONF_INFLUXDB]["token"] == "renewed"
    assert strange.data[CONF_INFLUXDB]["token"] == "of somebody else"
    assert hass.config_entries.flow.async_progress() == []
    for entry in (first, second):
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert {line.split(" ")[0] for line in influx.lines} == {
        "sensor_data,device=attic",
        "sensor_data,device=cellar",
    }
    await other.stop()


@pytest.mark.parametrize("kind", list(InfluxKind))
async def test_the_frontend_is_given_every_form(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    start: Start,
    hass_client: ClientSessionGenerator,
    kind: InfluxKind,
) -> None:
    """Forms are made into JSON on the way, which not every schema can be."""
    await async_setup_component(hass, "config", {})
    data = await set_up()
    await data.journal.flush()
    influx = await start(kind, policies=("a", "b"))
    client = await hass_client()

    async def post(path: str, **data: object) -> dict[str, Any]:
        answer = await client.post(f"/api/config/config_entries/{path}", json=data)
        assert answer.status == 200
        form: dict[str, Any] = await answer.json()
        return form

    form = await post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    path = f"flow/{form['flow_id']}"
    await post(path, next_step_id="connect_influxdb")
    await post(path, url=influx.url, verify_tls=True)
    await post(path, **credentials(kind))
    form = await post(path, **PLACES[kind])
    if form["step_id"] == "policy":
        form = await post(path, policy="b")
    assert [field["name"] for field in form["data_schema"]] == [
        "device_tag",
        "own_readings",
        "send_history",
    ]
    form = await post(path, **POINTS, send_history=True)
    assert form["reason"] == "reconfigure_successful"
    form = await post("options/flow", handler=entry.entry_id)
    assert form["data_schema"][-1]["name"] == "own_readings"


@contextmanager
def in_a_thread(influx: FakeInflux) -> Iterator[FakeInflux]:
    """Have it run in a loop of its own: a handshake that is broken off is reported to the loop."""
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


async def test_a_station_that_is_away_can_get_an_influxdb(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, start: Start
) -> None:
    await station.stop()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await start_reconfigure(hass, entry), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert (form["step_id"], placeholders(form)["rows"]) == ("points", "?")
    assert "send_history" in fields_of(form)
    result = await submit(hass, form, **POINTS, send_history=False)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()


async def test_a_proxy_that_asks_for_a_login_even_to_ping(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1)
    influx.challenges = True
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    assert form["step_id"] == "login"
    form = await submit(hass, form, username=USER, password=PASSWORD)
    assert (form["step_id"], placeholders(form)["server"]) == ("database", "InfluxDB 1.6.7")


async def test_a_token_that_a_terminal_broke_into_lines(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, token=f"{TOKEN[:3]}\n{TOKEN[3:]}")
    assert form["step_id"] == "bucket"


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


async def test_the_stations_own_name_is_proposed_where_what_it_sends_is_taken(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert suggestion(form, "device_tag") == "nodemcu"
    await submit(hass, form, device_tag="nodemcu", own_readings=False)
    await hass.async_block_till_done()
    second = FakeStation()
    await second.start()
    form = await submit(hass, await to_mirror(hass, second), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    form = await submit(hass, form, **PLACES[InfluxKind.V2])
    assert suggestion(form, "device_tag") == "Attic"
    await second.stop()


async def test_the_connection_to_take_over_does_not_answer(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    _, influx = mirrored
    await influx.__aexit__()
    other = FakeStation()
    await other.start()
    form = await submit(hass, await to_mirror(hass, other), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    assert errors(form) == {"connection": "influx_closed"}
    await influx.__aenter__()
    form = await submit(hass, form, connection="0")
    assert form["step_id"] == "bucket"
    await other.stop()


async def test_names_of_databases_are_shown_as_they_are(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    """Markdown would fetch the image; what a title shows is plain text."""
    hostile = "![x](y)"
    influx = await start(InfluxKind.V1, ("autogen", "long"))
    influx.places = [hostile]
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **credentials(influx.kind))
    form = await submit(hass, form, database=hostile)
    assert form["step_id"] == "policy"
    assert placeholders(form)["database"] == escape_markdown(hostile)

    target = InfluxTarget(
        url=influx.url, kind=InfluxKind.V1, place=hostile, username=USER, password=PASSWORD
    )
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=hostile,
        data={
            CONF_ADDRESS: station.address,
            CONF_DEVICE: "nodemcu",
            CONF_INFLUXDB: InfluxSettings.new(target, since=0).as_stored(),
        },
    )
    entry.add_to_hass(hass)
    form = await entry.start_reauth_flow(hass)
    told = placeholders(form)
    assert told["name"] == told["bucket"] == escape_markdown(hostile)
