"""Real InfluxDB servers on loopback, each with a folder of its own, that tests stop and kill."""

import json
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget

CHECKOUT = Path(__file__).parents[2]
DEBIAN_INFLUXD = CHECKOUT / ".dev/influxdb/usr/bin/influxd"
START_SECONDS = 60
STOP_SECONDS = 30
PLACE = "air"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Points = dict[tuple[str, int], dict[str, float]]  # by series, time in ms


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RealServer(ABC):
    """An InfluxDB process, and what tests do to it behind the mirror's back."""

    kind: InfluxKind
    dialect: str

    def __init__(self, folder: Path, binary: str) -> None:
        self.folder = folder
        self._listen_at(free_port())
        self.version = version_of(binary)
        self._binary = binary
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts the server."""

    def start(self) -> None:
        self._launch()
        for _ in range(START_SECONDS * 20):
            try:
                self.ask("GET", "/ping")
            except OSError:
                if self.process is None or self.process.poll() is not None:
                    said = (self.folder / "log").read_text()[-2000:]
                    # Another process was quicker, in the moment after the port was found free.
                    assert "address already in use" in said, said
                    (self.folder / "log").write_text("")
                    self._listen_at(free_port())
                    self._launch()
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"{self._binary} does not answer")

    def _listen_at(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def _launch(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)

    def stop(self) -> None:
        """End it as its service manager would."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as the out-of-memory killer would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it take connections and answer none, as a machine does that has no memory left."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(which)

    def _end(self, by: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(by)
            self.process.wait(STOP_SECONDS)
            self.process = None

    def ask(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """Return the answer's body. Raises OSError, of which HTTPError is one."""
        query = f"?{urlencode(params)}" if params else ""
        request = Request(
            f"{self.url}{path}{query}", method=method, data=body, headers=headers or {}
        )
        with urlopen(request, timeout=90) as response:
            found: bytes = response.read()
            return found

    def set_up(self) -> None:
        """Make what a mirror needs."""
        self.create()

    @property
    @abstractmethod
    def target(self) -> InfluxTarget:
        """Return where a mirror writes to."""

    @abstractmethod
    def write(self, *lines: str, precision: str = "ms") -> None:
        """Write lines as somebody else would."""

    @abstractmethod
    def points(self) -> Points:
        """Return every point that there is."""

    @abstractmethod
    def drop(self) -> None:
        """Drop the database or bucket."""

    @abstractmethod
    def create(self, *, hours: int = 0) -> None:
        """Create the database or bucket, which keeps points for so long, 0 for ever."""

    @abstractmethod
    def create_place(self, name: str) -> None:
        """Create another database or bucket, whatever its name."""

    @abstractmethod
    def drop_measurement(self) -> None:
        """Drop the mirror's measurement with the types of its fields."""


class InfluxV1(RealServer):
    """InfluxDB 1.x, asked by InfluxQL."""

    kind = InfluxKind.V1
    dialect = "InfluxQL"

    def __init__(self, folder: Path, binary: str, *, auth: bool = False) -> None:
        super().__init__(folder, binary)
        self.auth = auth

    def command(self) -> list[str]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            f"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{free_port()}"
            [meta]
            dir = "{self.folder}/meta"
            [data]
            dir = "{self.folder}/data"
            wal-dir = "{self.folder}/wal"
            [http]
            bind-address = "127.0.0.1:{self.port}"
            log-enabled = false
            flux-enabled = true
            auth-enabled = {str(self.auth).lower()}
            [monitor]
            store-enabled = false
            """
        )
        return [self._binary, "-config", str(config)]

    def set_up(self) -> None:
        if self.auth:
            text = "CREATE USER root WITH PASSWORD 'root pass' WITH ALL PRIVILEGES"
            self.ask("POST", "/query", {"q": text})
        super().set_up()

    @property
    def target(self) -> InfluxTarget:
        username, password = ("root", "root pass") if self.auth else ("", "")
        return InfluxTarget(
            url=self.url, kind=self.kind, place=PLACE, username=username, password=password
        )

    def query(self, text: str) -> list[Any]:
        """Return the series of the answer."""
        params = {"q": text, "db": PLACE, "epoch": "ms"}
        found = json.loads(self.ask("POST", "/query", params, headers=self.target.headers))
        for result in found["results"]:
            assert "error" not in result, result
        series: list[Any] = found["results"][0].get("series", [])
        return series

    def write(self, *lines: str, precision: str = "ms") -> None:
        body = "\n".join(lines).encode()
        params = {"db": PLACE, "precision": precision}
        self.ask("POST", "/write", params, body, self.target.headers)

    def points(self) -> Points:
        found: Points = {}
        for series in self.query("SELECT * FROM /.*/ GROUP BY *"):
            own = {name: value for name, value in series["tags"].items() if value}
            tags = "".join(f",{name}={value}" for name, value in sorted(own.items()))
            for at, *values in series["values"]:
                found[f"{series['name']}{tags}", at] = {
                    name: value
                    for name, value in zip(series["columns"][1:], values, strict=True)
                    if value is not None
                }
        return found

    def user(self, name: str, privilege: str) -> None:
        """Create a user who may do just that with the database."""
        self.query(f"CREATE USER {name} WITH PASSWORD 'pw'")
        self.query(f'GRANT {privilege} ON "{PLACE}" TO {name}')

    def drop(self) -> None:
        self.query(f'DROP DATABASE "{PLACE}"')

    def create(self, *, hours: int = 0) -> None:
        keep = f" WITH DURATION {hours}h" if hours else ""
        self.query(f'CREATE DATABASE "{PLACE}"{keep}')

    def create_place(self, name: str) -> None:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        self.query(f'CREATE DATABASE "{quoted}"')

    def drop_measurement(self) -> None:
        self.query("DROP MEASUREMENT sensor_data")


class InfluxV18(InfluxV1):
    """InfluxDB 1.8, mirrored into by 2.x's interface and asked by Flux."""

    kind = InfluxKind.V1_FLUX
    dialect = "Flux"


class InfluxV2(RealServer):
    """InfluxDB 2.x, asked by Flux."""

    kind = InfluxKind.V2
    dialect = "Flux"
    token = "the-operators-token"

    def __init__(self, folder: Path, binary: str) -> None:
        super().__init__(folder, binary)
        self._issued: dict[str, str] = {}  # ids by their tokens

    def command(self) -> list[str]:
        folder = self.folder
        return [
            *(self._binary, "--reporting-disabled", "--http-bind-address"),
            f"127.0.0.1:{self.port}",
            *("--bolt-path", str(folder / "bolt"), "--sqlite-path", str(folder / "sqlite")),
            *("--engine-path", str(folder / "engine"), "--log-level", "error"),
        ]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}

    def start(self) -> None:
        super().start()
        if json.loads(self.ask("GET", "/api/v2/setup"))["allowed"]:
            answer = {"username": "root", "password": "root-pass", "token": self.token}
            body = json.dumps({**answer, "org": "home", "bucket": "first"}).encode()
            self.ask("POST", "/api/v2/setup", body=body)

    @property
    def target(self) -> InfluxTarget:
        return InfluxTarget(
            url=self.url, kind=self.kind, organisation="home", place=PLACE, token=self.token
        )

    def json(self, method: str, path: str, **body: object) -> dict[str, object]:
        found = self.ask(
            method, path, body=json.dumps(body).encode() if body else None, headers=self.headers
        )
        said: dict[str, object] = json.loads(found) if found else {}
        return said

    def flux(self, text: str) -> list[dict[str, str]]:
        """Return the records of a query, every value as text."""
        body = json.dumps({"query": text, "dialect": {"annotations": []}}).encode()
        found = self.ask("POST", "/api/v2/query", {"org": "home"}, body, self.headers).decode()
        records = []
        for table in found.replace("\r", "").split("\n\n"):
            header, *rows = [line.split(",") for line in table.split("\n") if line] or [[]]
            records += [dict(zip(header, row, strict=True)) for row in rows]
        return records

    def write(self, *lines: str, precision: str = "ms") -> None:
        params = {"org": "home", "bucket": PLACE, "precision": precision}
        self.ask("POST", "/api/v2/write", params, "\n".join(lines).encode(), self.headers)

    def points(self) -> Points:
        found: Points = {}
        for each in self.flux(
            f'from(bucket: "{PLACE}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)'
            ' |> keep(columns: ["_time", "_value", "_field", "_measurement", "device", "sensor"])'
        ):
            tags = "".join(
                f",{name}={each[name]}" for name in ("device", "sensor") if each.get(name)
            )
            at = (datetime.fromisoformat(each["_time"]) - EPOCH) // timedelta(milliseconds=1)
            key = (f"{each['_measurement']}{tags}", at)
            found.setdefault(key, {})[each["_field"]] = float(each["_value"])
        return found

    def _bucket(self) -> dict[str, str]:
        found = json.loads(self.ask("GET", "/api/v2/buckets", {"name": PLACE}, None, self.headers))
        bucket: dict[str, str] = found["buckets"][0]
        return bucket

    def drop(self) -> None:
        self.json("DELETE", f"/api/v2/buckets/{self._bucket()['id']}")

    def create(self, *, hours: int = 0) -> None:
        rules = [{"type": "expire", "everySeconds": hours * 3600}] if hours else []
        self.json(
            "POST",
            "/api/v2/buckets",
            orgID=self.organisation_id,
            name=PLACE,
            retentionRules=rules,
        )

    def create_place(self, name: str) -> None:
        self.json("POST", "/api/v2/buckets", orgID=self.organisation_id, name=name)

    @property
    def organisation_id(self) -> str:
        found = json.loads(self.ask("GET", "/api/v2/orgs", None, None, self.headers))
        identity: str = found["orgs"][0]["id"]
        return identity

    def drop_measurement(self) -> None:
        """Drop the bucket instead: 2.x keeps a field's type for as long as its shard lives."""
        self.drop()
        self.create()

    def token_for(self, *actions: str) -> str:
        """Return a token that may do these things with the bucket."""
        bucket = {"type": "buckets", "id": self._bucket()["id"], "orgID": self.organisation_id}
        made = self.json(
            "POST",
            "/api/v2/authorizations",
            orgID=self.organisation_id,
            permissions=[{"action": action, "resource": bucket} for action in actions],
        )
        self._issued[str(made["token"])] = str(made["id"])
        return str(made["token"])

    def revoke(self, token: str) -> None:
        """Revoke what `token_for` made, by its id: 2.9 keeps no token in clear."""
        self.json("DELETE", f"/api/v2/authorizations/{self._issued.pop(token)}")


@cache
def version_of(binary: str) -> str:
    """Return the version of an influxd, empty if it does not tell."""
    statuses = subprocess.run([binary, "version"], capture_output=True, text=True, check=False)
    words = statuses.stdout.split()
    return words[1].removeprefix("v") if len(words) > 1 else ""


@cache
def binaries() -> dict[str, str]:
    """Return an influxd for each version that is here, such as 2.7, by what it tells.

    Several may be on the PATH, each in a folder of its own.
    """
    folders = [DEBIAN_INFLUXD.parent, *map(Path, os.get_exec_path())]
    found: dict[str, str] = {}
    for folder in folders:
        if (binary := folder / "influxd").exists() and (version := version_of(str(binary))):
            found.setdefault(".".join(version.split(".")[:2]), str(binary))
    return found


def _here(major: int, minors: range, otherwise: str) -> list[str]:
    """Return the versions of a family that are here, `otherwise` where there is none."""
    found = sorted(
        (int(minor), version)
        for version in binaries()
        for own, _, minor in [version.partition(".")]
        if own == str(major) and minor.isdigit() and int(minor) in minors
    )
    return [version for _, version in found] or [otherwise]


# Tests run with every version that is here; of a family of which none is they say what they need.
V1 = _here(1, range(8), "1.6")
V1_AUTH = [f"{version} auth" for version in V1]
V1_FLUX = _here(1, range(8, 100), "1.8")
V1_FLUX_AUTH = [f"{version} auth" for version in V1_FLUX]
V2 = _here(2, range(100), "2.7")


@contextmanager
def running(name: str, folder: Path) -> Iterator[RealServer]:
    """Have the server of that name run in a folder of its own, with an empty place to write to."""
    own = folder / "influxdb"
    own.mkdir()
    made = _make(name, own)
    try:
        made.start()
        made.set_up()
        yield made
    finally:
        made.kill()


def _make(name: str, folder: Path) -> RealServer:
    """Return the server of that name, not started, or skip the test and say what it lacks."""
    version, _, auth = name.partition(" ")
    if (binary := binaries().get(version)) is None:
        pytest.skip(
            "needs InfluxDB 1.6: Debian's package influxdb, which scripts/test fetches where there"
            " is apt, or influxd on the PATH"
            if version in V1
            else f"needs an InfluxDB such as {version}: influxd on the PATH"
        )
    if version in V2:
        return InfluxV2(folder, binary)
    kind = InfluxV18 if version in V1_FLUX else InfluxV1
    return kind(folder, binary, auth=bool(auth))
