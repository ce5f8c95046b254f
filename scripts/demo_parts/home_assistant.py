"""A real Home Assistant in a folder of its own, and its API as the demo needs it."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

_STARTED_WITHIN = 300.0
_ANSWERED_WITHIN = 60.0
_STOPPED_WITHIN = 60.0
_CLIENT_ID_PATH = "/"
_ALL_STEPS_BUT_USER = ["core_config", "analytics", "integration"]

# Parts of Home Assistant that the demo does not use, and that say so on most machines.
_QUIET = (
    "haffmpeg",
    "homeassistant.components.camera.img_util",
    "homeassistant.components.ffmpeg",
    "homeassistant.helpers.system_info",
    "homeassistant.loader",
)
_CONFIGURATION = """\
# Written by scripts/demo.
homeassistant:
  name: Demo
  unit_system: metric
  time_zone: {zone}
  latitude: 52.23
  longitude: 21.01
  country: PL
  currency: EUR
  media_dirs:
    local: "{folder}/media"
  allowlist_external_dirs:
    - "{folder}/media"
frontend:
config:
api:
recorder:
  commit_interval: 1
history:
logbook:
isal:
automation: !include automations.yaml
script: !include scripts.yaml
lovelace:
  dashboards:
    demo-air:
      mode: yaml
      title: Air
      icon: mdi:air-filter
      filename: air.yaml
logger:
  default: warning
  logs:
    homeassistant.bootstrap: error
    custom_components.air_state: info
{quiet}
"""

# Files that the configuration includes, and what they begin with.
_STARTING_WITH = {"air.yaml": "views: []", "automations.yaml": "[]", "scripts.yaml": "{}"}


class HomeAssistantError(Exception):
    """Home Assistant did not do what the demo asked of it."""


class HomeAssistant:
    """A Home Assistant process and an administrator's session with it."""

    def __init__(self, folder: Path, component: Path, port: int, zone: str) -> None:
        """Run in `folder`, with the integration at `component`, on 127.0.0.1:`port`."""
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "output.log"
        self._component = component
        self._port = port
        self._zone = zone
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._onboarded = False

    def prepare(self) -> None:
        """Write the configuration; what Home Assistant stored in an earlier run stays."""
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        quiet = "\n".join(f"    {name}: critical" for name in _QUIET)
        (self.folder / "configuration.yaml").write_text(
            _CONFIGURATION.format(zone=self._zone, quiet=quiet, folder=self.folder),
            encoding="utf-8",
        )
        # Where the examples of README and docs/queries.md write, below this folder.
        for name in ("media/air", "www"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, empty in _STARTING_WITH.items():
            path = self.folder / name
            if not path.exists():
                path.write_text(f"{empty}\n", encoding="utf-8")
        components = self.folder / "custom_components"
        components.mkdir(exist_ok=True)
        link = components / "air_state"
        if link.is_symlink():
            link.unlink()
        link.symlink_to(self._component, target_is_directory=True)
        stored = {"stable": _http(self._port), "pending": None, "yaml_migration_done": True}
        _store(storage, "http", 2, 2, stored)
        onboarding = storage / "onboarding"
        if onboarding.exists():
            self._onboarded = "user" in orjson.loads(onboarding.read_bytes())["data"]["done"]
        else:
            # These steps would add integrations that ask the internet.
            _store(storage, "onboarding", 4, 1, {"done": _ALL_STEPS_BUT_USER})

    async def __aenter__(self) -> Self:
        """Start the process and wait until it answers."""
        self.prepare()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        log = self.log.open("ab")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "homeassistant", "--config", str(self.folder), "--skip-pip"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,  # so that Ctrl-C reaches it only through us
        )
        log.close()
        self._session = aiohttp.ClientSession(base_url=self.url)
        try:
            async with asyncio.timeout(_STARTED_WITHIN):
                await self._wait_until_up()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the process, by asking first."""
        if self._session is not None:
            await self._session.close()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOPPED_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._running().pid

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            message = f"Home Assistant ended by itself; see {self.log}"
            raise HomeAssistantError(message)
        return self._process

    async def ended(self) -> None:
        """Wait until the process ends by itself."""
        await self._running().wait()

    async def _wait_until_up(self) -> None:
        """Wait until the frontend answers, which is before integrations are loaded."""
        while True:
            self._running()
            with suppress(aiohttp.ClientError):
                async with self._open().get("/manifest.json") as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.2)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            message = "Home Assistant is not running"
            raise HomeAssistantError(message)
        return self._session

    async def log_in(self, name: str, password: str) -> None:
        """Go through onboarding, if that was not done yet, and log in."""
        client_id = f"{self.url}{_CLIENT_ID_PATH}"
        if not self._onboarded:
            answer = await self.request(
                "POST",
                "/api/onboarding/users",
                client_id=client_id,
                name=name.title(),
                username=name,
                password=password,
                language="en",
            )
            code = answer["auth_code"]
        else:
            flow = await self.request(
                "POST",
                "/auth/login_flow",
                client_id=client_id,
                handler=["homeassistant", None],
                redirect_uri=client_id,
            )
            answer = await self.request(
                "POST",
                f"/auth/login_flow/{flow['flow_id']}",
                client_id=client_id,
                username=name,
                password=password,
            )
            code = answer["result"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        async with self._open().post("/auth/token", data=form) as response:
            self._token = (await response.json())["access_token"]

    async def request(self, method: str, path: str, /, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON that a REST call answers with."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._open().request(
            method, path, json=body or None, headers=headers
        ) as response:
            text = await response.text()
            if not response.ok:
                message = f"{method} {path}: {response.status} {text[:500]}"
                raise HomeAssistantError(message)
            return orjson.loads(text)

    async def commands(self, asked: Iterable[tuple[str, Mapping[str, object]]]) -> list[Any]:
        """Return the answers to websocket commands, asked in one session, failed ones as well."""
        answers = []
        async with self._open().ws_connect("/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            if (said := await socket.receive_json())["type"] != "auth_ok":
                message = f"the websocket's login failed: {said}"
                raise HomeAssistantError(message)
            for number, (kind, arguments) in enumerate(asked, 1):
                await socket.send_json({"id": number, "type": kind, **arguments})
                answers.append(await socket.receive_json(timeout=_ANSWERED_WITHIN))
        return answers

    async def command(self, kind: str, /, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Return the result of a websocket command."""
        (answer,) = await self.commands([(kind, arguments)])
        if not answer["success"]:
            message = f"{kind}: {answer['error']}"
            raise HomeAssistantError(message)
        return answer["result"]

    async def page(self, path: str) -> str:
        """Return a page or a script, as a browser gets it."""
        async with self._open().get(path) as response:
            text = await response.text()
        if not response.ok:
            message = f"GET {path}: {response.status} {text[:500]}"
            raise HomeAssistantError(message)
        return text

    async def stream(self, path: str) -> int:
        """Return how many lines below its header a CSV file has that comes as a stream."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._open().get(path, headers=headers) as response:
            response.raise_for_status()
            return sum([chunk.count(b"\n") async for chunk in response.content.iter_any()]) - 1

    async def act(self, action: str, /, **data: object) -> Any:  # noqa: ANN401 - JSON
        """Return what one of this integration's actions answers."""
        path = f"/api/services/air_state/{action}?return_response"
        return (await self.request("POST", path, **data))["service_response"]

    async def wait_until_loaded(self) -> None:
        """Wait until Home Assistant has started all integrations."""
        async with asyncio.timeout(_STARTED_WITHIN):
            while (await self.request("GET", "/api/config"))["state"] != "RUNNING":
                self._running()
                await asyncio.sleep(0.2)

    async def add_station(
        self, address: str, name: str, poll_seconds: float, influxdb: Mapping[str, str] | None
    ) -> str:
        """Take the integration's own config flow and return the new entry's id.

        `influxdb` has the address, database and device tag of an InfluxDB 1.x, if there is one.
        """
        flow = await self.request("POST", "/api/config/config_entries/flow", handler="air_state")
        path = f"/api/config/config_entries/flow/{flow['flow_id']}"
        await self.request("POST", path, address=address)
        await self.request("POST", path, name=name, poll_seconds=poll_seconds)
        if influxdb is None:
            result = await self.request("POST", path, next_step_id="without_influxdb")
        else:
            await self.request("POST", path, next_step_id="influxdb")
            await self.request("POST", path, url=influxdb["address"], verify_tls=True)
            await self.request("POST", path, username="")
            await self.request("POST", path, database=influxdb["database"])
            result = await self.request(
                "POST", path, device_tag=influxdb["device_tag"], own_readings=False
            )
        if result["type"] != "create_entry":
            message = f"The config flow did not end in an entry: {result}"
            raise HomeAssistantError(message)
        entry_id: str = result["result"]["entry_id"]
        return entry_id

    async def change_options(self, entry_id: str, changes: Mapping[str, object]) -> None:
        """Take the options flow, keeping every option but those in `changes`."""
        flow = await self.request(
            "POST", "/api/config/config_entries/options/flow", handler=entry_id
        )
        kept = {
            field["name"]: field["description"]["suggested_value"]
            for field in flow["data_schema"]
            if "suggested_value" in (field.get("description") or {})
        }
        path = f"/api/config/config_entries/options/flow/{flow['flow_id']}"
        await self.request("POST", path, **{**kept, **changes})

    async def disable(self, entry_id: str, *, disabled: bool) -> None:
        """Disable an entry, which unloads it, or enable it again."""
        await self.command(
            "config_entries/disable",
            entry_id=entry_id,
            disabled_by="user" if disabled else None,
        )


def _http(port: int) -> dict[str, object]:
    """Return Home Assistant's HTTP settings; a pending configuration it would not keep."""
    return {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }


def _store(storage: Path, key: str, version: int, minor: int, data: Mapping[str, object]) -> None:
    """Write a file the way that Home Assistant stores things."""
    document = {"version": version, "minor_version": minor, "key": key, "data": data}
    (storage / key).write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
