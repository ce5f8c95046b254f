"""InfluxDB 1.x, with and without Flux."""

import json
from pathlib import Path
from typing import Any

from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from tests.live.real_server import PLACE, Points, RealServer, free_port


class InfluxV1(RealServer):
    """InfluxDB 1.x, queried in InfluxQL."""

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
        """Create a user with one privilege on the database."""
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
    """InfluxDB 1.8, written to by 2.x's interface and queried in Flux."""

    kind = InfluxKind.V1_FLUX
    dialect = "Flux"
