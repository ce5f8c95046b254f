"""Asks everything that the demo shows, and compares."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .demo import Demo, Station
from .frontend import check_frontend
from .home_assistant import HomeAssistant, HomeAssistantError
from .influxdb import InfluxDB
from .progress import going_on, say

_READINGS = 13
_OF_THE_MIRROR = 4  # entities
_OF_THE_FIRMWARE = 3
_THERMOMETERS = 3
_HOURS_OF_A_DAY = (24, 25)  # the first one may be cut


async def check(demo: Demo) -> int:
    """Ask everything that the demo shows, and say whether it was right."""
    async with demo.running():
        for station in demo.stations:
            extra = _OF_THE_MIRROR * (demo.influxdb is not None)
            extra += _OF_THE_FIRMWARE
            await _check_station(demo.home, station, extra)
            await _check_firmware(demo.home, station)
            if demo.influxdb is not None:
                await _check_mirror(demo.home, demo.influxdb, station)
            await _check_export(demo.home, station)
        async with going_on("asking what the frontend asks"):
            await check_frontend(demo.home)
        say("stopping")
    faults = [
        line
        for line in demo.home.log.read_text(encoding="utf-8").splitlines()
        if (" ERROR " in line or (" WARNING " in line and "air_state" in line))
        and "has not been tested by Home Assistant" not in line
        and "sends no usable" not in line  # the sensor that fails for a while
    ]
    for line in faults:
        print(line)
    return _verdict(not faults, "nothing wrong in Home Assistant's log")


async def _check_mirror(home: HomeAssistant, influxdb: InfluxDB, station: Station) -> None:
    """Wait until InfluxDB holds every row of the journal. Raises TimeoutError."""
    held = rows = 0
    path = home.folder / ".storage" / "air_state" / f"{station.entry_id}.db"
    async with (
        going_on(
            "waiting until InfluxDB holds all of the journal",
            lambda: f"{held:,} of {rows:,} rows",
        ),
        asyncio.timeout(300),
    ):
        while True:
            held = await influxdb.count(station.name)
            rows = await asyncio.to_thread(_rows, path)
            if held >= rows:
                break
            await asyncio.sleep(0.2)
    print(f"\nInfluxDB holds {held} rows, the journal {rows}")
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    asked = {
        "config_entry_id": station.entry_id,
        "start": (this_hour - timedelta(hours=48)).isoformat(),
        "stop": this_hour.isoformat(),
        "window": "1h",
        "format": "csv",
    }
    tables = [
        (await home.act("get_history", source=source, **asked))["csv"]
        for source in ("journal", "influxdb")
    ]
    if tables[0] != tables[1]:
        message = f"the journal's history\n{tables[0]}\nis not InfluxDB's\n{tables[1]}"
        raise HomeAssistantError(message)
    print(f"both give the same {tables[0].count('\n') - 1} hours of the last two days")
    whole = await home.stream(f"/api/air_state/{station.entry_id}/history.csv?start=-1y")
    print(f"history.csv streams {whole} lines")
    if whole < rows:
        message = f"history.csv has {whole} lines, the journal {rows} rows"
        raise HomeAssistantError(message)


async def _check_export(home: HomeAssistant, station: Station) -> None:
    """Raise HomeAssistantError unless the last day can be written into a file."""
    path = home.folder / "media/air" / f"{station.entry_id}.csv"
    answer = await home.act(
        "export_history", config_entry_id=station.entry_id, path=str(path), start="-1d"
    )
    print(f"export_history wrote {answer['rows']} rows")
    if await asyncio.to_thread(_lines, path) != answer["rows"] + 1:
        message = f"{path} does not have the {answer['rows']} rows of {answer}"
        raise HomeAssistantError(message)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _rows(path: Path) -> int:
    """Return how many rows with a temperature a journal holds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        (rows,) = journal.execute(
            'SELECT count(*) FROM snapshots WHERE coalesce("dht22.temperature",'
            ' "bmp180.temperature", "ds18b20.temperature") IS NOT NULL'
        ).fetchone()
    count: int = rows
    return count


async def _check_firmware(home: HomeAssistant, station: Station) -> None:
    """Raise HomeAssistantError unless the device's page shows the firmware that it runs."""
    devices = await home.command("config/device_registry/list")
    (own,) = [each for each in devices if station.entry_id in each["config_entries"]]
    print(f"{station.name}: firmware {own['sw_version']}, {own['connections'][0][1]}")
    if not own["sw_version"]:
        message = f"no firmware on the device's page: {own}"
        raise HomeAssistantError(message)


async def _check_station(home: HomeAssistant, station: Station, extra: int) -> None:
    """Raise HomeAssistantError unless entities and actions show the station as they should.

    Beside those of its readings it has `extra` entities.
    """
    states: dict[str, str] = {}
    async with (
        going_on(f"waiting until the entities of “{station.name}” hold values"),
        asyncio.timeout(120),
    ):
        while sum(_is_number(state) for state in states.values()) < _READINGS - 1:
            await asyncio.sleep(0.5)
            states = await _states(home, station.entry_id)
    if len(states) != _READINGS + 1 + extra:
        message = f"expected {_READINGS} readings, a mean and {extra} more, found {sorted(states)}"
        raise HomeAssistantError(message)
    for entity_id, state in sorted(states.items()):
        print(f"{entity_id:55} {state:>10}")

    latest = await home.act("get_latest", config_entry_id=station.entry_id)
    temperature = latest["parameters"]["temperature"]
    if len(temperature["sensors"]) != _THERMOMETERS or len(latest["readings"]) != _READINGS:
        message = f"get_latest answered {latest}"
        raise HomeAssistantError(message)
    print(f"\nget_latest: temperature {temperature['value']} °C at {temperature['time']}\n")

    history = await home.act(
        "get_history",
        config_entry_id=station.entry_id,
        parameters=["co2", "temperature", "dht22.temperature"],
        start="-24h",
        window="1h",
        format="csv",
    )
    print("get_history, the last day by the hour:\n")
    for line in history["csv"].splitlines():
        print("  ".join(f"{cell:>25}" for cell in line.split(",")))
    if history["row_count"] not in _HOURS_OF_A_DAY or history["truncated"]:
        message = f"get_history answered {history['row_count']} rows"
        raise HomeAssistantError(message)


async def _states(home: HomeAssistant, entry_id: str) -> dict[str, str]:
    """Return the states of the station's entities."""
    registry = await home.command("config/entity_registry/list")
    own = {each["entity_id"] for each in registry if each["config_entry_id"] == entry_id}
    states = await home.request("GET", "/api/states")
    return {each["entity_id"]: each["state"] for each in states if each["entity_id"] in own}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _verdict(good: bool, text: str) -> int:  # noqa: FBT001 - a verdict is a yes or a no
    say(f"{'right' if good else 'WRONG'}: {text}")
    return 0 if good else 1
