"""The examples in docs/queries.md, each run as it stands there."""

import json
import re
import shlex
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.influx.queries.test_query_texts import flux_errors
from tests.ha.actions.test_influx import connect
from tests.ha.conftest import FakeStation
from tests.live.influx_v1 import InfluxV1
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import RealServer
from tests.live.servers import V1, V1_FLUX, V2, running

PAGE = (Path(__file__).parents[3] / "docs/queries.md").read_text(encoding="utf-8")
NOW = "2026-11-02T12:00:00+01:00"  # a Monday, eight days after the clock was put back
CO2, TEMPERATURE = ReadingKey("mq135", "co2"), ReadingKey("dht22", "temperature")
HOURS = 24 * 16


def block(title: str, language: str = "yaml") -> str:
    """Return the block of code below a title."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, title
    return str(found[0])


def example(title: str) -> dict[str, Any]:
    return cast("dict[str, Any]", parse_yaml(block(title)))


def fill(path: Path) -> None:
    """Write a poll for each hour before `NOW`. CO₂ is 400 plus the hours before `NOW`."""
    end = int(datetime.fromisoformat(NOW).timestamp() * 1000)
    journal = Journal(path)
    journal.append(
        [
            Snapshot(
                device="nodemcu",
                taken_at=end - hours * 3_600_000,
                readings={CO2: 400.0 + hours, TEMPERATURE: 20.0 + hours / 100},
            )
            for hours in range(HOURS, 0, -1)
        ]
    )
    journal.close()


@pytest.fixture
def entry_id() -> str:
    """Return the id that the examples use."""
    return "01JD0000000000000000000000"


@pytest.fixture
async def home(
    hass: HomeAssistant,
    station: FakeStation,
    journal_path: Path,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
) -> HomeAssistant:
    """Return a Home Assistant with sixteen days of a station in its journal."""
    freezer.move_to(NOW)
    await hass.async_add_executor_job(fill, journal_path)
    await station.stop()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return hass


async def run_automation(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, automation: dict[str, Any], *times: str
) -> None:
    """Set an automation up, move the clock to these times, and switch it off to end its timers."""
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    for at in times:
        freezer.move_to(at)
        async_fire_time_changed(hass, datetime.fromisoformat(at) + timedelta(milliseconds=600))
        await hass.async_block_till_done()
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def run_script(hass: HomeAssistant, title: str) -> Any:  # noqa: ANN401 - JSON
    """Set an example up as a script, and return what it answers."""
    script = example(title)
    name = script["alias"].lower().replace(" ", "_")
    assert await async_setup_component(hass, "script", {"script": {name: script}})
    return await hass.services.async_call("script", name, blocking=True, return_response=True)


async def test_yesterdays_maximum(home: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    notified = async_mock_service(home, "persistent_notification", "create")
    automation = example("Yesterday's maximum, as a notification")
    await run_automation(home, freezer, automation, "2026-11-03T07:00:00+01:00")

    # The highest of Monday, the 2nd, was twelve hours before noon.
    assert [call.data["message"] for call in notified] == [
        "CO₂ was up to 412 ppm, the temperature up to 20.1 °C."
    ]


async def test_minimum_mean_and_maximum_of_each_day(home: HomeAssistant) -> None:
    found = await run_script(home, "Minimum, mean and maximum of each day, in one answer")

    # The day before `NOW` has the hours from 13 to 36 before it.
    days = [[400.0 + 13 + 24 * day + hour for hour in range(24)] for day in range(6, -1, -1)]
    assert found == {
        "lowest": 413.0,
        "highest": 400.0 + 12 + 7 * 24,
        "means": [sum(day) / 24 for day in days],
    }


async def test_weekly_report(
    home: HomeAssistant, freezer: FrozenDateTimeFactory, tmp_path: Path
) -> None:
    media = tmp_path / "media"
    (media / "air").mkdir(parents=True)
    home.config.allowlist_external_dirs = {str(media)}
    notified = async_mock_service(home, "persistent_notification", "create")
    automation = example("A weekly report, as a CSV file")
    wanted = automation["actions"][0]["data"]
    wanted["path"] = f"{media}{wanted['path'].removeprefix('/media')}"
    tuesday, monday = "2026-11-03T00:05:00+01:00", "2026-11-09T00:05:00+01:00"
    await run_automation(home, freezer, automation, tuesday, monday)

    (file,) = (media / "air").iterdir()
    assert file.name == "week-2026-45.csv"
    header, *rows = file.read_text().splitlines()
    assert header == "time,co2,temperature"
    assert [row[:16] for row in rows] == [f"2026-11-02T{hour:02}:00" for hour in range(12)]
    assert [call.data["message"] for call in notified if "title" not in call.data] == [
        f"{file} has 12 rows."
    ]


async def test_this_week_beside_the_last(home: HomeAssistant) -> None:
    found = await run_script(home, "This week beside the last, in one answer")

    this_week = [400.0 + hours for hours in range(1, 13)]
    last_week = [400.0 + hours for hours in range(13, 13 + 7 * 24)]
    means = [sum(each) / len(each) for each in (last_week, this_week)]
    assert found == {
        "last_week": means[0],
        "this_week": means[1],
        "change": round(means[1] - means[0], 1),
    }


async def test_a_cards_data(home: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client(home)
    message = json.loads(block("A dashboard card's data, by websocket", "json"))
    await client.send_json_auto_id(message)
    answer = await client.receive_json()

    response = answer["result"]["response"]
    assert response["columns"] == ["time", "co2", "temperature"]
    assert len(response["rows"]) == 7 * 24
    assert response["window"] == "30m"


async def test_everything_as_a_stream(
    home: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, hass_access_token: str
) -> None:
    command = block("Everything, as a stream", "sh").replace("\\\n", " ")
    curl, fail, header, value, url = shlex.split(command.replace("$TOKEN", hass_access_token))
    assert (curl, fail, header) == ("curl", "--fail", "--header")
    client = await hass_client_no_auth()
    name, _, credentials = value.partition(": ")
    path = url.removeprefix("http://homeassistant.local:8123")
    answer = await client.get(path, headers={name: credentials})
    assert (await answer.text()).count("\n") == 1 + HOURS
    assert (await client.get(path)).status == 401


# Examples that need an InfluxDB


@pytest.fixture(params=[*V1_FLUX, *V2])
async def flux(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    station: FakeStation,
    tmp_path: Path,
) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant with a station, and a real InfluxDB with a day of its CO₂."""
    with running(request.param, tmp_path) as server:
        async for found in _mirrored(hass, entry, server):
            yield found


@pytest.fixture
async def influxql(
    hass: HomeAssistant, entry: MockConfigEntry, station: FakeStation, tmp_path: Path
) -> AsyncIterator[HomeAssistant]:
    """Return the same as `flux`, with InfluxDB 1.6."""
    with running(V1[0], tmp_path) as server:
        async for found in _mirrored(hass, entry, server):
            yield found


async def _mirrored(
    hass: HomeAssistant, entry: MockConfigEntry, server: RealServer
) -> AsyncIterator[HomeAssistant]:
    assert isinstance(server, (InfluxV1, InfluxV2))
    start = int(time.time() * 1000) // 60_000 * 60_000 - 24 * 3_600_000
    lines = [
        f"sensor_data,device=nodemcu co2={1000 + n} {start + n * 30_000}" for n in range(1, 401)
    ]
    await hass.async_add_executor_job(server.write, *lines)
    await connect(hass, entry, server.target)
    yield hass
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_query_in_flux(flux: HomeAssistant) -> None:
    # 1201 to 1400 ppm, two polls a minute: from half of the first to half of the last.
    found = await run_script(flux, "A query in Flux, with values")
    assert found == {"minutes": 101}


def test_the_query_in_flux_is_right() -> None:
    action = example("A query in Flux, with values")["sequence"][0]["data"]
    values = {
        "bucket": '"air"',
        "begin": "-7d",
        "device": '"nodemcu"',
        "most": "1200.0",
        "window": "1m",
    }
    assert action["params"].keys() == values.keys()
    given = "".join(f"{name} = {value}\n" for name, value in values.items())
    assert flux_errors([given + action["query"]]) == [[]]
    assert flux_errors([action["query"]]) != [[]]


async def test_a_query_in_influxql(influxql: HomeAssistant) -> None:
    action = example("A query in InfluxQL, with values")
    domain, name = action["action"].split(".")
    found = await influxql.services.async_call(
        domain, name, action["data"], blocking=True, return_response=True
    )
    rows = [row for table in cast("Any", found)["tables"] for row in table["rows"]]
    assert 1 <= len(rows) <= 3
    assert all(1000 < row[1] < 1400 for row in rows[:1])


def test_every_example_is_run() -> None:
    titles = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    code = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{title}"' in code for title in titles)
