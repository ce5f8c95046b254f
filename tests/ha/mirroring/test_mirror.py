"""A mirrored station in Home Assistant: entities, issues, the end, and secrets."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.logbook.helpers import is_sensor_continuous
from homeassistant.components.repairs import DOMAIN as REPAIRS_DOMAIN
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.const import CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.domain.times import to_datetime
from custom_components.air_state.core.influx.errors import InfluxClosedError
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.journal import writer as journal_writer
from custom_components.air_state.core.mirror.status import MirrorStatus
from custom_components.air_state.diagnostics import async_get_config_entry_diagnostics
from custom_components.air_state.entities.mirror_sensors import MIRROR_SENSORS
from custom_components.air_state.mirroring.settings import InfluxSettings
from custom_components.air_state.runtime import AirStateData
from custom_components.air_state.translate import escape_markdown
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.influx import ORGANISATION, PASSWORD, TOKEN, FakeInflux
from tests.ha.test_init import T_DHT, rows, state
from tests.ha.test_journal_issues import issues, own_lines

type Client = TestClient[Any, Any]

CONNECTION, BACKLOG = "binary_sensor.attic_influxdb", "sensor.attic_influxdb_backlog"
LAST, REFUSED = "sensor.attic_last_in_influxdb", "sensor.attic_refused_by_influxdb"
CONFLICT = '{"error":"field type conflict: input field \\"co\\" is type float dropped=1"}'


@pytest.fixture
async def influx(socket_enabled: None) -> AsyncIterator[FakeInflux]:
    async with FakeInflux(InfluxKind.V2) as fake:
        yield fake


@pytest.fixture
def entry(hass: HomeAssistant, entry: MockConfigEntry, influx: FakeInflux) -> MockConfigEntry:
    """Return the station's entry, mirrored into the InfluxDB."""
    target = InfluxTarget(
        url=influx.url, kind=influx.kind, place="air", organisation=ORGANISATION, token=TOKEN
    )
    stored = InfluxSettings.new(target, since=0).as_stored()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
    return entry


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_writer, "GROUP_SECONDS", 0.02)
    monkeypatch.setattr(journal_writer, "EAGER_SECONDS", 0.02)


async def poll(hass: HomeAssistant, data: AirStateData) -> None:
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def settled(hass: HomeAssistant, data: AirStateData) -> None:
    """Wait until the mirror has nothing left to do, and entities know."""
    assert data.mirror is not None
    await data.journal.flush()
    newest = await data.journal.execute(lambda journal: journal.newest)
    mirror = data.mirror
    await until(lambda: (mirror.status.mirrored_to or 0) >= newest and not mirror.status.backlog)
    await hass.async_block_till_done()


def times(influx: FakeInflux) -> list[int]:
    return sorted({int(line.rsplit(" ", 1)[1]) for line in influx.lines})


async def test_entities_tell_how_the_mirror_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
) -> None:
    data = await set_up()
    await settled(hass, data)
    await asyncio.sleep(0.02)
    assert (state(hass, CONNECTION), state(hass, BACKLOG)) == ("on", "0")
    assert state(hass, REFUSED) == "0"
    (line,) = set(influx.lines)
    taken_at = int(line.rsplit(" ", 1)[1])
    last = hass.states.get(LAST)
    assert last is not None
    assert (last.state, last.attributes["unit_of_measurement"]) == ("0", "min")
    minute = to_datetime(taken_at, UTC).replace(second=0, microsecond=0)
    assert last.attributes["time"] == minute
    registry = er.async_get(hass)
    for entity_id in (CONNECTION, BACKLOG, LAST, REFUSED):
        own = registry.async_get(entity_id)
        assert own is not None
        assert own.unique_id.startswith(f"{entry.entry_id}//")
        assert own.entity_category is EntityCategory.DIAGNOSTIC
        assert own.device_id == registry.entities[T_DHT].device_id


async def test_figures_are_no_lines_of_the_activity(hass: HomeAssistant, set_up: SetUp) -> None:
    await settled(hass, await set_up())
    await asyncio.sleep(0.02)
    registry = er.async_get(hass)
    for entity_id in (BACKLOG, LAST, REFUSED):
        assert is_sensor_continuous(hass, registry, entity_id), entity_id


def test_how_far_influxdb_is_behind() -> None:
    (behind,) = [each.value for each in MIRROR_SENSORS if each.key == "last_mirrored"]
    ago = SystemClock().now() - 7 * 60_000 - 10_000
    away = InfluxClosedError(address="x")
    assert behind(MirrorStatus(mirrored_to=ago)) == 0  # the station has not been polled since
    assert behind(MirrorStatus(mirrored_to=ago, problem=away)) == 7
    assert behind(MirrorStatus(mirrored_to=ago, backlog=9)) == 7
    assert behind(MirrorStatus(problem=away)) is None


async def test_what_influxdb_says_is_shown_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    """Markdown would fetch the image, and make links of the rest."""
    hass.config_entries.async_update_entry(entry, title="Attic <b>")
    said = "![x](https://evil.example/y) <img src=x> www.evil.example dropped=1"
    influx.answers = {"/api/v2/write": (400, f'{{"message": "{said}"}}')}
    data = await set_up()
    for _ in range(2):
        await poll(hass, data)
    await until(lambda: issues(hass))
    found = issues(hass)["influx_refuses_all"]
    for text in (found["reason"], found["message"], found["station"]):
        unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
        assert not set(unescaped) & set("![](<>"), text
        assert "www.evil" not in text
    assert found["name"] == "Attic <b>"  # a title is no Markdown


async def test_an_outage_is_said_once_and_costs_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    station: FakeStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = await set_up()
    assert data.mirror is not None
    await settled(hass, data)
    await influx.__aexit__()
    for temperature in range(5):
        station.sends(dht22={"temperature": temperature})
        await poll(hass, data)
        assert state(hass, T_DHT) == f"{temperature}.0"  # never waits for InfluxDB
    mirror = data.mirror
    await until(lambda: mirror.status.backlog == 5 and mirror.status.problem)
    await hass.async_block_till_done()
    assert state(hass, CONNECTION) == "off"
    connection = hass.states.get(CONNECTION)
    assert connection is not None
    assert influx.url in connection.attributes["reason"]
    assert issues(hass) == {}

    await influx.__aenter__()
    data.mirror.retry()
    await settled(hass, data)
    assert state(hass, CONNECTION) == "on"
    assert len(times(influx)) == 6
    levels = [level for level, line in own_lines(caplog) if "InfluxDB" in line]
    assert levels == [logging.WARNING, logging.INFO]


@asynccontextmanager
async def hanging(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[None]:
    """Let the entry's InfluxDB be one that takes requests and never answers."""

    async def swallow(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        stored = {**entry.data[CONF_INFLUXDB], "url": url}
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_INFLUXDB: stored})
        yield


async def test_an_influxdb_that_hangs_holds_nobody_up(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    async with hanging(hass, entry):
        data = await set_up()
        for temperature in range(5):
            station.sends(dht22={"temperature": temperature})
            await poll(hass, data)
            assert state(hass, T_DHT) == f"{temperature}.0"
        assert data.mirror is not None
        started = asyncio.get_running_loop().time()
        closing = asyncio.create_task(data.mirror.close(0.2))
        await closing
        assert asyncio.get_running_loop().time() - started < 5


async def test_credentials_that_fail_after_an_outage_are_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await influx.__aexit__()
    data = await set_up()
    mirror = data.mirror
    assert mirror is not None
    await until(lambda: mirror.status.problem)
    assert hass.config_entries.flow.async_progress() == []  # an outage is no matter of credentials
    secrets, influx.secrets = influx.secrets, {"renewed"}
    await influx.__aenter__()
    mirror.retry()
    await until(hass.config_entries.flow.async_progress)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    lines = [line for level, line in own_lines(caplog) if level == logging.WARNING]
    assert len(lines) == 2

    influx.secrets = secrets  # the token is allowed again
    mirror.retry()
    await settled(hass, data)
    assert hass.config_entries.flow.async_progress() == []


async def test_before_the_first_try_nobody_knows(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    async with hanging(hass, entry):
        data = await set_up()
        await data.journal.flush()
        await asyncio.sleep(0.05)
        assert state(hass, CONNECTION) == "unknown"
        assert data.mirror is not None
        await data.mirror.close(0.1)


@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_what_can_be_sent_at_the_end_is_sent(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux, how: str
) -> None:
    data = await set_up()
    for _ in range(3):
        await poll(hass, data)
    if how == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        await hass.async_stop(force=True)
    await hass.async_block_till_done()
    assert len(times(influx)) == 4


async def test_what_cannot_be_sent_goes_with_the_next_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    journal_path: Path,
) -> None:
    await influx.__aexit__()
    data = await set_up()
    await poll(hass, data)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert (influx.lines, rows(journal_path)) == ([], 2)

    await influx.__aenter__()
    await settled(hass, await set_up())
    assert len(times(influx)) == 3


async def test_one_station_that_finds_it_back_wakes_the_others(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    await influx.__aexit__()
    other_station = FakeStation()
    await other_station.start()
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Cellar",
        data={**entry.data, "address": other_station.address},
        options={**entry.options, "device_tag": "cellar"},
    )
    data = await set_up()
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    mirrors = [each.runtime_data.mirror for each in (entry, other)]
    for mirror in mirrors:
        mirror._backoff._failures = 60  # it would take minutes
    await until(lambda: all(mirror.status.problem for mirror in mirrors))
    await influx.__aenter__()
    assert data.mirror is not None
    await data.mirror.try_now()
    await until(lambda: not any(mirror.status.problem for mirror in mirrors))
    await other_station.stop()


async def test_a_bucket_that_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux, client: Client
) -> None:
    influx.places = []
    data = await set_up()
    await data.journal.flush()
    await until(lambda: issues(hass))
    found = issues(hass)["influx_place_missing"]
    assert (found["place"], found["address"], found["name"]) == (
        "air",
        escape_markdown(influx.url),
        "Attic",
    )
    assert "There is no bucket “air”" in found["message"]

    answer = await take(hass, client, "influx_place_missing", "try_again")
    assert (answer["type"], answer["reason"]) == ("abort", "failed")
    influx.places = ["air"]
    answer = await take(hass, client, "influx_place_missing", "try_again")
    assert answer["type"] == "create_entry"
    await settled(hass, data)
    assert issues(hass) == {}


async def take(hass: HomeAssistant, client: Client, issue: str, choice: str) -> dict[str, Any]:
    """Take the way through a repair."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    answer = await client.post(
        "/api/repairs/issues/fix",
        json={"handler": DOMAIN, "issue_id": f"{issue}_{entry.entry_id}"},
    )
    menu = await answer.json()
    assert menu["type"] == "menu"
    assert menu["description_placeholders"]["name"] == "Attic"
    path = f"/api/repairs/issues/fix/{menu['flow_id']}"
    answer = await client.post(path, json={"next_step_id": choice})
    found: dict[str, Any] = await answer.json()
    await hass.async_block_till_done()
    return found


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Client:
    await async_setup_component(hass, REPAIRS_DOMAIN, {})
    made: Client = await hass_client()
    return made


@pytest.mark.parametrize("choice", ["try_again", "set_aside"])
async def test_all_readings_are_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    client: Client,
    choice: str,
) -> None:
    data = await set_up()
    await settled(hass, data)
    influx.answers["/api/v2/write"] = (422, CONFLICT)
    for _ in range(3):
        await poll(hass, data)
    mirror = data.mirror
    assert mirror is not None
    await data.journal.flush()
    mirror.retry()
    await until(lambda: "influx_refuses_all" in issues(hass))
    assert "field type conflict" in issues(hass)["influx_refuses_all"]["reason"]
    assert mirror.status.backlog == 3

    if choice == "try_again":
        answer = await take(hass, client, "influx_refuses_all", choice)
        assert (answer["type"], answer["reason"]) == ("abort", "failed")
        assert "field type conflict" in answer["description_placeholders"]["reason"]
        influx.answers.clear()
        assert (await take(hass, client, "influx_refuses_all", choice))["type"] == "create_entry"
        await settled(hass, data)
        assert len(times(influx)) == 4
    else:
        assert (await take(hass, client, "influx_refuses_all", choice))["type"] == "create_entry"
        await until(lambda: mirror.status.dead_letters == 3)
        assert issues(hass).keys() == {"influx_dead_letters"}
        influx.answers.clear()
        await poll(hass, data)
        await settled(hass, data)
        assert len(times(influx)) == 2


async def test_dead_letters_are_sent_again_or_given_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    client: Client,
) -> None:
    data = await set_up()
    mirror = data.mirror
    assert mirror is not None
    await settled(hass, data)
    influx.answers["/api/v2/write"] = (400, '{"message":"beyond retention policy dropped=1"}')
    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.async_block_till_done()
    told = issues(hass)["influx_dead_letters"]
    assert told["count"] == "1"
    assert told["reason"] == escape_markdown("beyond retention policy dropped=1")
    found = await async_get_config_entry_diagnostics(hass, entry)
    ((reason, refusal),) = found["mirror"]["refusals"].items()
    assert reason == "beyond retention policy dropped=#"
    assert (refusal["count"], refusal["line"].split(" ")[0]) == (1, "sensor_data,device=nodemcu")

    influx.answers["/api/v2/write"] = (503, "full")
    answer = await take(hass, client, "influx_dead_letters", "send_again")
    assert (answer["type"], answer["reason"]) == ("abort", "failed")
    assert "cannot do that at the moment" in answer["description_placeholders"]["reason"]
    assert mirror.status.dead_letters == 1

    influx.answers.clear()
    answer = await take(hass, client, "influx_dead_letters", "send_again")
    assert (answer["type"], mirror.status.dead_letters) == ("create_entry", 0)
    assert len(times(influx)) == 2
    assert issues(hass) == {}

    influx.answers["/api/v2/write"] = (400, '{"message":"beyond retention policy dropped=1"}')
    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.async_block_till_done()
    await take(hass, client, "influx_dead_letters", "give_up")
    assert (mirror.status.dead_letters, issues(hass)) == (0, {})

    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    answer = await take(hass, client, "influx_dead_letters", "give_up")
    assert (answer["type"], answer["reason"]) == ("abort", "not_loaded")


DAY = 86_400_000


@pytest.mark.parametrize("choice", ["wait", "forget_future"])
async def test_a_clock_that_was_ahead(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    journal_path: Path,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    choice: str,
) -> None:
    data = await set_up()
    await data.journal.flush()
    late = time.time_ns() // 1_000_000 + 3 * DAY
    data.journal.add(
        Snapshot(device="n", taken_at=late, readings={ReadingKey("dht22", "temperature"): 1.0})
    )
    await data.journal.flush()
    assert issues(hass) == {}
    await poll(hass, data)
    await data.journal.flush()
    await until(lambda: "clock_behind" in issues(hass))
    assert issues(hass)["clock_behind"]["until"][:2] == "20"
    assert sum("clock is earlier" in line for _, line in own_lines(caplog)) == 1

    if choice == "wait":
        await take(hass, client, "clock_behind", choice)
        assert rows(journal_path) == 3
        return
    await take(hass, client, "clock_behind", choice)
    await settled(hass, entry.runtime_data)
    assert issues(hass).keys() == {"future_set_aside"}  # tells where they are
    assert rows(journal_path) == 2  # of before, and of the first poll after
    assert [path.name for path in journal_path.parent.glob("*.ahead-*.db")]
    await poll(hass, entry.runtime_data)
    await settled(hass, entry.runtime_data)
    assert issues(hass).keys() == {"future_set_aside"}
    # Those that InfluxDB has of the future stay there, but all that comes gets there, too.
    assert len([at for at in times(influx) if at < late]) == 3


async def test_the_journal_is_at_its_limit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_writer, "PRUNE_SECONDS", 0.0)
    await influx.__aexit__()
    data = await set_up()
    data.journal._limits = journal_writer.JournalLimits(days=10, max_bytes=1)
    await poll(hass, data)
    await until(lambda: "journal_at_limit" in issues(hass))
    assert int(issues(hass)["journal_at_limit"]["lost"]) > 0
    await influx.__aenter__()


async def replay(hass: HomeAssistant, entry: MockConfigEntry, **values: object) -> ServiceResponse:
    return await hass.services.async_call(
        DOMAIN,
        "replay",
        {"config_entry_id": entry.entry_id, **values},
        blocking=True,
        return_response=True,
    )


async def test_replay_sends_a_range_again(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    data = await set_up()
    await poll(hass, data)
    await settled(hass, data)
    influx.lines.clear()
    answer = await replay(hass, entry, start="-1h")
    assert answer is not None
    assert (answer["station"], answer["rows"], answer["refused"]) == ("Attic", 2, 0)
    assert len(influx.lines) == 2

    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="-1h", stop="-2h")
    assert caught.value.translation_key == "range_invalid"
    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="soon")
    assert caught.value.translation_key == "time_invalid"

    await influx.__aexit__()
    with pytest.raises(HomeAssistantError) as failed:
        await replay(hass, entry, start="-1h")
    assert failed.value.translation_key in {"influx_closed", "influx_broken_off"}
    await influx.__aenter__()


async def test_replay_is_for_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_read_only_user: MockUser,
) -> None:
    await set_up()
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "replay",
            {"config_entry_id": entry.entry_id, "start": "-1h"},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


async def test_replay_without_influxdb(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    data = {name: value for name, value in entry.data.items() if name != CONF_INFLUXDB}
    hass.config_entries.async_update_entry(entry, data=data)
    await set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="-1h")
    assert caught.value.translation_key == "mirror_absent"
    assert hass.states.get(CONNECTION) is None


async def test_diagnostics_and_system_health_know_the_mirror_and_keep_its_secrets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    data = await set_up()
    await settled(hass, data)
    influx.secrets = {"renewed"}
    await poll(hass, data)
    mirror = data.mirror
    assert mirror is not None
    await until(lambda: mirror.status.problem)
    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json_bytes(found).decode()
    assert (found["mirror"]["problem"], found["mirror"]["backlog"]) == ("influx_credentials", 1)
    assert TOKEN not in text + caplog.text + repr(data) + repr(InfluxSettings.from_entry(entry))
    assert PASSWORD not in text
    assert influx.url not in text
    assert await async_setup_component(hass, "system_health", {})
    health = await get_system_health_info(hass, DOMAIN)
    assert (health["mirrors"], health["mirrors_working"], health["backlog"]) == (1, 0, 1)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    hass.config_entries.flow.async_abort(flow["flow_id"])


async def test_the_client_is_imported_only_where_it_is_needed(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    """Look in a process of its own: here other tests have imported it already."""
    code = (
        "import sys; import custom_components.air_state as a;"
        "names = ('influxdb_client', 'custom_components.air_state.mirroring.connection');"
        "print(*[name in sys.modules for name in names])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert told.split() == [b"False", b"True"]
