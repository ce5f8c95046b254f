"""InfluxDB 2.x."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from tests.live.real_server import PLACE, Points, RealServer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InfluxV2(RealServer):
    """InfluxDB 2.x, queried in Flux."""

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
        """Return a token that may do these actions with the bucket."""
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
