"""What the demo runs: stations, InfluxDB and Home Assistant, set up and with a past."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from .charts import import_statistics, write_dashboard
from .firmware import FirmwareStation
from .home_assistant import HomeAssistant, HomeAssistantError
from .influxdb import DATABASE, InfluxDB
from .past import write_past
from .progress import going_on, say

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


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered from run to run: the stations, and the port of their InfluxDB."""

    stations: tuple[Station, ...] = ()
    influxdb_port: int | None = None


def _is_free(port: int) -> bool:
    """Return whether nobody has that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(preferred: int) -> int:
    """Return `preferred`, or another port of 127.0.0.1 if it is taken."""
    if _is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


def _known_port(port: int, whose: str) -> int:
    """Return `port`, which Home Assistant remembers. Raises HomeAssistantError if it is taken."""
    if _is_free(port):
        return port
    message = (
        f"port {port} of 127.0.0.1, where Home Assistant looks for {whose}, is taken: end the"
        f" program that has it (ss -ltnp 'sport = :{port}' names it), or start anew with --fresh,"
        " which forgets the last run and takes other ports"
    )
    raise HomeAssistantError(message)


class Demo:
    """One run of the demo in one folder, which remembers its stations from run to run."""

    def __init__(self, wishes: Wishes, folder: Path) -> None:
        """Run as wished in `folder`."""
        self._wishes = wishes
        self._zone = ZoneInfo(_ZONE)
        self._memory = folder / "stations.json"
        folder.mkdir(parents=True, exist_ok=True)
        known = _load(self._memory)
        for station in known.stations:
            _known_port(station.port, f"the station “{station.name}”")
        influxdb_port = (
            _free_port(8086)
            if known.influxdb_port is None
            else _known_port(known.influxdb_port, "InfluxDB")
        )
        self._known = known.stations
        self._influxdb_port = influxdb_port
        self.home = HomeAssistant(
            folder / "config",
            CHECKOUT / "custom_components" / "air_state",
            _free_port(8123),
            _ZONE,
        )
        self.influxdb = (
            InfluxDB(_INFLUXD, folder / "influxdb", influxdb_port, _free_port(8088))
            if _INFLUXD.exists()
            else None
        )
        self.stations: list[Station] = []
        self._simulated: list[FirmwareStation] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have stations and Home Assistant run, set up and filled."""
        known = self._known
        async with AsyncExitStack() as stack:
            if known:
                say("using the stations of the last run; --fresh starts anew")
            if self.influxdb is not None:
                async with going_on("starting InfluxDB"):
                    await stack.enter_async_context(self.influxdb)
            for station in known:
                async with going_on(f"starting the station “{station.name}”"):
                    await stack.enter_async_context(self._simulate(station))
            async with going_on("starting Home Assistant"):
                await stack.enter_async_context(self.home)
                await self.home.log_in(USER, PASSWORD)
                await self.home.wait_until_loaded()
            await self._remove_unfinished()
            self.stations = [*known]
            for number in range(len(known), self._wishes.stations):
                station = Station(number, NAMES[number], _free_port(8180 + number), "")
                await stack.enter_async_context(self._simulate(station))
                self.stations.append(await self._set_up(station))
                _save(self._memory, Memory(tuple(self.stations), self._influxdb_port))
            yield

    async def _remove_unfinished(self) -> None:
        """Remove entries of stations whose setting up was broken off."""
        whole = {station.entry_id for station in self._known}
        for entry in await self.home.command("config_entries/get", domain="air_state"):
            if (entry_id := entry["entry_id"]) not in whole:
                await self.home.request("DELETE", f"/api/config/config_entries/entry/{entry_id}")

    def _simulate(self, station: Station) -> FirmwareStation:
        memory = self._memory.with_name(f"station-{station.number}.flash")
        simulated = FirmwareStation(_FIRMWARE, station.number, station.port, self._zone, memory)
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
        influxdb = (
            {
                "address": self.influxdb.address,
                "database": DATABASE,
                "device_tag": station.name,
            }
            if self.influxdb is not None
            else None
        )
        async with going_on(f"setting up the station “{station.name}” at {address}"):
            entry_id = await home.add_station(address, station.name, wishes.interval, influxdb)
            await home.change_options(
                entry_id,
                {"poll_seconds": wishes.interval, "journal_days": max(wishes.days + 1, 10)},
            )
            await home.disable(entry_id, disabled=True)
            if self.influxdb is not None:
                await self.influxdb.forget(station.name)  # what was polled while it was set up
        path = home.folder / ".storage" / "air_state" / f"{entry_id}.db"
        written = Counter[str]()
        async with going_on(
            f"writing the last {wishes.days} days into its journal",
            lambda: f"{written['rows']:,} of {wishes.days * 1440:,} rows",
        ):
            await asyncio.to_thread(
                write_past, path, wishes.days, station.number, self._zone, written
            )
        async with going_on(
            "giving Home Assistant its long-term statistics",
            lambda: f"{written['entities']} entities",
        ):
            await home.disable(entry_id, disabled=False)
            await _until_loaded(home, entry_id)
            await import_statistics(home, entry_id, wishes.days, written)
        if station.number == 0:
            write_dashboard(home.folder, station.name)
        return Station(station.number, station.name, station.port, entry_id)


def _save(path: Path, memory: Memory) -> None:
    """Remember it."""
    path.write_bytes(orjson.dumps(memory))


def _load(path: Path) -> Memory:
    """Return what an earlier run remembered."""
    if not path.exists():
        return Memory()
    held = orjson.loads(path.read_bytes())
    if isinstance(held, list):  # as before ports of InfluxDB were remembered
        return Memory(tuple(Station(**each) for each in held))
    return Memory(tuple(Station(**each) for each in held["stations"]), held["influxdb_port"])


async def _until_loaded(home: HomeAssistant, entry_id: str) -> None:
    """Wait until the entry is loaded and its entities have states."""
    async with asyncio.timeout(120):
        while True:
            entries = await home.command("config_entries/get", domain="air_state")
            if any(e["entry_id"] == entry_id and e["state"] == "loaded" for e in entries):
                return
            await asyncio.sleep(0.2)
