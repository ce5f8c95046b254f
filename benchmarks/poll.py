"""What one poll costs: Air State beside Home Assistant's own `rest` integration.

Both run in a real Home Assistant, without its recorder, and poll the same station on loopback,
whose 13 values change each time. Counted is the CPU time of Home Assistant's process; the station
is another process. The ways take turns, each in a fresh process, and medians are compared:

    rest       one resource, 13 sensors with a template each
    air_state  13 readings and a mean; journal committed in groups, as with polls below 5 s
    committed  the same, with a commit of its own for each poll, as with the default of 30 s

    scripts/bench poll [--runs 5] [--polls 500]
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from types import MappingProxyType, SimpleNamespace

from aiohttp import web
from homeassistant import loader
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components.rest.const import COORDINATOR
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component

from benchmarks.harness import run, serve, serving, tell
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.payloads import OLD_SKETCH, encode

CHECKOUT = Path(__file__).parents[1]
WAYS = ("rest", "air_state", "committed")
SERVER = "server"
_WARM_UP = 50
_PAUSE = 0.005  # seconds after each poll, of each way, in which the journal may commit
_TARGET = 0.6

type Poll = Callable[[], Awaitable[None]]


async def _serve() -> None:
    """Answer with readings that differ each time; print the port."""
    chance = random.Random(1)

    async def answer(_request: web.Request) -> web.Response:
        sent = {
            sensor: {
                name: f"{float(str(value)) + chance.random():.2f}" for name, value in of.items()
            }
            for sensor, of in OLD_SKETCH.items()
        }
        return web.Response(body=encode({"nodemcu": sent}), content_type="application/json")

    application = web.Application()
    application.router.add_get("/circumstances", answer)
    await serve(application)


async def _start(folder: str, configuration: ConfigType) -> HomeAssistant:
    """Return a Home Assistant that runs in `folder`, with what is configured and no more."""
    components = Path(folder) / "custom_components"
    components.mkdir()
    (components / "air_state").symlink_to(CHECKOUT / "custom_components" / "air_state")
    hass = HomeAssistant(folder)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, configuration)
    await loader.async_get_custom_components(hass)
    await async_load_base_functionality(hass)
    # Nobody asks by the web here, so no server listens.
    hass.config.components.add("http")
    setattr(hass, "http", SimpleNamespace(register_view=lambda _view: None))  # noqa: B010 - of another type
    for domain in configuration:
        if not await async_setup_component(hass, domain, configuration):
            message = f"{domain} could not be set up"
            raise RuntimeError(message)
    await hass.async_start()
    return hass


def _rest_configuration(port: str) -> ConfigType:
    """Return the configuration of `rest` for all readings of the station."""
    sensors = [
        {
            "name": f"{sensor} {name}",
            "value_template": f"{{{{ value_json.nodemcu.{sensor}.{name} }}}}",
            "state_class": "measurement",
        }
        for sensor, names in OLD_SKETCH.items()
        for name in names
    ]
    resource = {
        "resource": f"http://127.0.0.1:{port}/circumstances",
        "scan_interval": 86_400,
        "sensor": sensors,
    }
    return {"rest": [resource]}


async def _rest(hass: HomeAssistant) -> Poll:
    """Return how to poll once by `rest`."""
    coordinator = hass.data["rest"][COORDINATOR][0]

    async def poll() -> None:
        await coordinator.async_refresh()

    return poll


async def _air_state(hass: HomeAssistant, port: str, *, commit: bool) -> Poll:
    """Return how to poll once by Air State."""
    entry: AirStateConfigEntry = ConfigEntry(
        data={"address": f"127.0.0.1:{port}", "device": "nodemcu"},
        options={"poll_seconds": 3600, "update_seconds": 0},
        discovery_keys=MappingProxyType({}),
        domain="air_state",
        minor_version=1,
        source="user",
        subentries_data=None,
        title="Bench",
        unique_id=None,
        version=1,
    )
    if commit:
        journal_schedule.GROUP_SECONDS = 0.0
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    data = entry.runtime_data

    async def poll() -> None:
        await data.coordinator.async_refresh()

    return poll


async def _measure(way: str, port: str, polls: int) -> None:
    """Print the CPU seconds that one poll takes."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = _rest_configuration(port) if way == "rest" else {}
        hass = await _start(folder, {"network": {}, **configuration})
        poll = (
            await _rest(hass)
            if way == "rest"
            else await _air_state(hass, port, commit=way == "committed")
        )
        for _ in range(_WARM_UP):
            await poll()
        began = time.process_time()
        for _ in range(polls):
            await poll()
            await asyncio.sleep(_PAUSE)
        spent = time.process_time() - began
        expected = 13 if way == "rest" else 14
        states = hass.states.async_all("sensor")
        if len(states) != expected or any(state.state == "unavailable" for state in states):
            message = f"{way}: {len(states)} sensors instead of {expected}"
            raise RuntimeError(message)
        await hass.async_stop(force=True)
    print(spent / polls, flush=True)


def _compare(runs: int, polls: int) -> None:
    """Run all ways in turns and print how they compare."""
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    with serving("poll", "--way", SERVER) as port:
        for number in range(runs):
            for way in WAYS:
                arguments = ("--way", way, "--port", port, "--polls", str(polls))
                spent[way] += run("poll", *arguments)
            tell(number, runs)
    reference = median(spent["rest"])
    print(f"{'way':12}{'CPU ms/poll':>14}{'of rest':>10}")
    for way, each in spent.items():
        print(f"{way:12}{median(each) * 1000:14.3f}{median(each) / reference:10.2f}")
    print(f"target: at most {_TARGET} of rest")


def main() -> None:
    """Compare, or be one of the compared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--polls", type=int, default=500)
    parser.add_argument("--way", choices=[*WAYS, SERVER], help=argparse.SUPPRESS)
    parser.add_argument("--port", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.chdir(CHECKOUT)
    if asked.way == SERVER:
        asyncio.run(_serve())
    elif asked.way:
        asyncio.run(_measure(asked.way, asked.port, asked.polls))
    else:
        _compare(asked.runs, asked.polls)


if __name__ == "__main__":
    main()
