"""Runs the demo."""

import argparse
import asyncio
import fcntl
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from .charts import import_statistics, write_dashboard
from .home_assistant import HomeAssistant, HomeAssistantError
from .influxdb import DATABASE, InfluxDB
from .past import write_past
from .station import SimulatedStation

CHECKOUT = Path(__file__).parents[2]
ZONE = "Europe/Warsaw"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
USER = PASSWORD = "demo"  # noqa: S105 - on loopback, and printed
NAMES = ("Living room", "Kitchen", "Bedroom", "Study", "Attic", "Cellar", "Garage", "Garden")
INFLUXD = CHECKOUT / ".dev/influxdb/usr/bin/influxd"
READINGS = 13
OF_THE_MIRROR = 4  # entities
THERMOMETERS = 3
HOURS_OF_A_DAY = (24, 25)  # the first one may be cut


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for."""

    check: bool
    days: int
    stations: int
    interval: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Station:
    """A station of the demo: its number, port and, once set up, its config entry."""

    number: int
    name: str
    port: int
    entry_id: str


def _wishes(arguments: list[str]) -> Wishes:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A simulated station and a real Home Assistant that shows it.",
    )
    parser.add_argument(
        "--check", action="store_true", help="ask the actions, print the answers, stop again"
    )
    parser.add_argument("--days", type=int, default=8, help="days of past (8)")
    parser.add_argument("--stations", type=int, default=1, help="number of stations (1)")
    parser.add_argument("--interval", type=int, default=10, help="seconds between polls (10)")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left")
    asked = parser.parse_args(arguments)
    for name, value, most in (
        ("--days", asked.days, 365),
        ("--stations", asked.stations, len(NAMES)),
        ("--interval", asked.interval, 3600),
    ):
        if not 1 <= value <= most:
            parser.error(f"{name} takes a number from 1 to {most}")
    return Wishes(**vars(asked))


def _say(text: str) -> None:
    print(f"==> {text}", file=sys.stderr, flush=True)


def _free_port(preferred: int) -> int:
    """Return `preferred`, or another port of 127.0.0.1 if it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    message = "no free port on 127.0.0.1"
    raise HomeAssistantError(message)


class Demo:
    """One run of the demo in one folder, which remembers its stations from run to run."""

    def __init__(self, wishes: Wishes, folder: Path) -> None:
        """Run as wished in `folder`."""
        self._wishes = wishes
        self._zone = ZoneInfo(ZONE)
        self._memory = folder / "stations.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.home = HomeAssistant(
            folder / "config",
            CHECKOUT / "custom_components" / "air_state",
            _free_port(8123),
            ZONE,
        )
        self.influxdb = (
            InfluxDB(INFLUXD, folder / "influxdb", _free_port(8086), _free_port(8088))
            if INFLUXD.exists()
            else None
        )
        self.stations: list[Station] = []
        self._simulated: list[SimulatedStation] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have stations and Home Assistant run, set up and filled."""
        known = [Station(**each) for each in _load(self._memory)]
        async with AsyncExitStack() as stack:
            if known:
                _say("using the stations of the last run; --fresh starts anew")
            if self.influxdb is not None:
                _say("starting InfluxDB")
                await stack.enter_async_context(self.influxdb)
            for station in known:
                await stack.enter_async_context(self._simulate(station))
            _say("starting Home Assistant")
            await stack.enter_async_context(self.home)
            await self.home.log_in(USER, PASSWORD)
            await self.home.wait_until_loaded()
            self.stations = known
            for number in range(len(known), self._wishes.stations):
                station = Station(number, NAMES[number], _free_port(8180 + number), "")
                await stack.enter_async_context(self._simulate(station))
                self.stations.append(await self._set_up(station))
                self._memory.write_bytes(orjson.dumps([_stored(each) for each in self.stations]))
            yield

    def _simulate(self, station: Station) -> SimulatedStation:
        simulated = SimulatedStation(station.number, station.port, self._zone)
        self._simulated.append(simulated)
        return simulated

    async def switch(self) -> None:
        """Switch all stations off, or on again."""
        for simulated in self._simulated:
            await simulated.switch()
            _say(f"the station at {simulated.address} is {'on' if simulated.on else 'off'}")

    async def _set_up(self, station: Station) -> Station:
        """Add a station by the config flow, then give it a past."""
        wishes, home = self._wishes, self.home
        address = f"127.0.0.1:{station.port}"
        _say(f"setting up the station “{station.name}” at {address}")
        influxdb = (
            {
                "address": self.influxdb.address,
                "database": DATABASE,
                "device_tag": station.name,
            }
            if self.influxdb is not None
            else None
        )
        entry_id = await home.add_station(address, station.name, wishes.interval, influxdb)
        await home.change_options(
            entry_id, {"poll_seconds": wishes.interval, "journal_days": max(wishes.days + 1, 10)}
        )
        await home.disable(entry_id, disabled=True)
        path = home.folder / ".storage" / "air_state" / f"{entry_id}.db"
        rows = await asyncio.to_thread(write_past, path, wishes.days, station.number, self._zone)
        _say(f"wrote {rows} snapshots of the last {wishes.days} days into its journal")
        await home.disable(entry_id, disabled=False)
        await _until_loaded(home, entry_id)
        await import_statistics(home, entry_id, wishes.days)
        if station.number == 0:
            write_dashboard(home.folder, station.name)
        return Station(station.number, station.name, station.port, entry_id)


def _stored(station: Station) -> dict[str, Any]:
    return {name: getattr(station, name) for name in Station.__slots__}


def _load(path: Path) -> list[dict[str, Any]]:
    """Return what an earlier run remembered."""
    stations: list[dict[str, Any]] = orjson.loads(path.read_bytes()) if path.exists() else []
    return stations


async def _until_loaded(home: HomeAssistant, entry_id: str) -> None:
    """Wait until the entry is loaded and its entities have states."""
    async with asyncio.timeout(60):
        while True:
            entries = await home.command("config_entries/get", domain="air_state")
            if any(e["entry_id"] == entry_id and e["state"] == "loaded" for e in entries):
                return
            await asyncio.sleep(0.2)


async def _show(demo: Demo) -> int:
    """Run until Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    switching: set[asyncio.Task[None]] = set()

    def switch() -> None:
        task = loop.create_task(demo.switch())
        switching.add(task)
        task.add_done_callback(switching.discard)

    def enter() -> None:
        sys.stdin.readline()
        switch()

    async with demo.running():
        # Until here, a signal breaks off the start by an exception.
        for number in ENDING:
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, switch)
        if sys.stdin.isatty():
            loop.add_reader(sys.stdin, enter)
        print(
            f"\n  Home Assistant   {demo.home.url}/demo-air\n"
            f"  user, password   {USER}, {PASSWORD}\n"
            f"  actions          {demo.home.url}/config/tools/action\n"
            f"  log              {demo.home.log.relative_to(CHECKOUT)}\n"
            + "".join(
                f"  station          http://127.0.0.1:{each.port}/circumstances\n"
                for each in demo.stations
            )
            + (f"  InfluxDB         http://{demo.influxdb.address}\n" if demo.influxdb else "")
            + "\n  Enter switches the station off and on again; Ctrl-C stops it all.\n",
            flush=True,
        )
        ended = asyncio.create_task(demo.home.ended())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, stopped):
            task.cancel()
        if not stop.is_set():
            _say(f"Home Assistant ended by itself; see {demo.home.log}")
            return 1
        _say("stopping")
    return 0


async def _check(demo: Demo) -> int:
    """Ask everything that the demo shows, and say whether it was right."""
    async with demo.running():
        for station in demo.stations:
            await _check_station(demo.home, station, mirrored=demo.influxdb is not None)
            if demo.influxdb is not None:
                await _check_mirror(demo.home, demo.influxdb, station)
        _say("stopping")
    faults = [
        line
        for line in demo.home.log.read_text(encoding="utf-8").splitlines()
        if "air_state" in line
        and (" ERROR " in line or " WARNING " in line)
        and "has not been tested by Home Assistant" not in line
        and "sends no usable" not in line  # the sensor that fails for a while
    ]
    for line in faults:
        print(line)
    return _verdict(not faults, "nothing wrong in Home Assistant's log")


async def _check_mirror(home: HomeAssistant, influxdb: InfluxDB, station: Station) -> None:
    """Wait until InfluxDB holds every row of the journal. Raises TimeoutError."""
    _say("waiting until InfluxDB holds all of the journal")
    path = home.folder / ".storage" / "air_state" / f"{station.entry_id}.db"
    async with asyncio.timeout(60):
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


def _rows(path: Path) -> int:
    """Return how many rows with a temperature a journal holds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        (rows,) = journal.execute(
            'SELECT count(*) FROM snapshots WHERE coalesce("dht22.temperature",'
            ' "bmp180.temperature", "ds18b20.temperature") IS NOT NULL'
        ).fetchone()
    count: int = rows
    return count


async def _check_station(home: HomeAssistant, station: Station, *, mirrored: bool) -> None:
    """Raise HomeAssistantError unless entities and actions show the station as they should."""
    _say(f"waiting until the entities of “{station.name}” hold values")
    states: dict[str, str] = {}
    async with asyncio.timeout(60):
        while sum(_is_number(state) for state in states.values()) < READINGS - 1:
            await asyncio.sleep(0.5)
            states = await _states(home, station.entry_id)
    if len(states) != READINGS + 1 + OF_THE_MIRROR * mirrored:
        message = f"expected {READINGS} readings and a mean, found {sorted(states)}"
        raise HomeAssistantError(message)
    for entity_id, state in sorted(states.items()):
        print(f"{entity_id:55} {state:>10}")

    latest = await home.act("get_latest", config_entry_id=station.entry_id)
    temperature = latest["parameters"]["temperature"]
    if len(temperature["sensors"]) != THERMOMETERS or len(latest["readings"]) != READINGS:
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
    if history["row_count"] not in HOURS_OF_A_DAY or history["truncated"]:
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
    _say(f"{'right' if good else 'WRONG'}: {text}")
    return 0 if good else 1


def main() -> int:
    """Run the demo and return the exit status."""
    wishes = _wishes(sys.argv[1:])
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)  # each as cleanly as Ctrl-C
    folder = CHECKOUT / ".dev" / ("demo-check" if wishes.check else "demo")
    lock = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("another demo of this checkout is running")
        return 1
    if wishes.fresh or wishes.check:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        demo = Demo(wishes, folder)
        return asyncio.run(_check(demo) if wishes.check else _show(demo))
    except (HomeAssistantError, OSError) as error:  # TimeoutError is an OSError
        _say(f"failed: {str(error) or 'that took too long'}; see the log in .dev")
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        _say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
