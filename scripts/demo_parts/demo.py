"""What the demo runs: stations, InfluxDB and Home Assistant, set up and with a past."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from .charts import import_statistics, write_dashboard
from .firmware import FirmwareStation
from .home_assistant import HomeAssistant, HomeAssistantError
from .influxdb import DATABASE, InfluxDB
from .past import write_past
from .station import PlainStation

CHECKOUT = Path(__file__).parents[2]
USER = PASSWORD = "demo"  # noqa: S105 - on loopback, and printed
NAMES = ("Living room", "Kitchen", "Bedroom", "Study", "Attic", "Cellar", "Garage", "Garden")
_ZONE = "Europe/Warsaw"
_FIRMWARE = CHECKOUT / ".dev/firmware/air_sim"
_INFLUXD = CHECKOUT / ".dev/influxdb/usr/bin/influxd"


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


def say(text: str) -> None:
    """Tell the person at the terminal what happens."""
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
        self._zone = ZoneInfo(_ZONE)
        self._memory = folder / "stations.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.home = HomeAssistant(
            folder / "config",
            CHECKOUT / "custom_components" / "air_state",
            _free_port(8123),
            _ZONE,
        )
        self.influxdb = (
            InfluxDB(_INFLUXD, folder / "influxdb", _free_port(8086), _free_port(8088))
            if _INFLUXD.exists()
            else None
        )
        self.runs_firmware = _FIRMWARE.exists()  # in a simulator, for want of boards
        self.stations: list[Station] = []
        self._simulated: list[FirmwareStation | PlainStation] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have stations and Home Assistant run, set up and filled."""
        known = [Station(**each) for each in _load(self._memory)]
        async with AsyncExitStack() as stack:
            if known:
                say("using the stations of the last run; --fresh starts anew")
            if self.influxdb is not None:
                say("starting InfluxDB")
                await stack.enter_async_context(self.influxdb)
            for station in known:
                await stack.enter_async_context(self._simulate(station))
            say("starting Home Assistant")
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

    def _simulate(self, station: Station) -> FirmwareStation | PlainStation:
        simulated: FirmwareStation | PlainStation
        if self.runs_firmware:
            memory = self._memory.with_name(f"station-{station.number}.flash")
            simulated = FirmwareStation(_FIRMWARE, station.number, station.port, self._zone, memory)
        else:
            simulated = PlainStation(station.number, station.port, self._zone)
        self._simulated.append(simulated)
        return simulated

    async def switch(self) -> None:
        """Switch all stations off, or on again."""
        for simulated in self._simulated:
            await simulated.switch()
            say(f"the station at {simulated.address} is {'on' if simulated.on else 'off'}")

    async def _set_up(self, station: Station) -> Station:
        """Add a station by the config flow, then give it a past."""
        wishes, home = self._wishes, self.home
        address = f"127.0.0.1:{station.port}"
        say(f"setting up the station “{station.name}” at {address}")
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
        if self.influxdb is not None:
            await self.influxdb.forget(station.name)  # what was polled while it was set up
        rows = await asyncio.to_thread(write_past, path, wishes.days, station.number, self._zone)
        say(f"wrote {rows} snapshots of the last {wishes.days} days into its journal")
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
