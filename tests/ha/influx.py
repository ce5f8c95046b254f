"""An InfluxDB of any version on loopback, whose answers a test may replace."""

import ssl
from dataclasses import dataclass, field
from typing import Self

from aiohttp import encode_basic_auth, web

from custom_components.air_state.core.influx.target import InfluxKind
from tests.closing import close

VERSIONS = {
    InfluxKind.V1: ("1.6.7", "OSS"),
    InfluxKind.V1_FLUX: ("1.8.10", "OSS"),
    InfluxKind.V2: ("v2.7.12", "OSS"),
    InfluxKind.V3: ("3.9.0", "Core"),
}
TOKEN, USER, PASSWORD = "t0ps3cret", "anna", "pw s3cret"
ORGANISATION = "00000000000000aa"


@dataclass
class FakeInflux:
    """Answers as that version does. `answers` replaces the answer of a path by status and text."""

    kind: InfluxKind
    secrets: set[str] = field(default_factory=lambda: {TOKEN, PASSWORD})
    places: list[str] = field(default_factory=lambda: ["air", "other"])
    policies: list[str] = field(default_factory=lambda: ["autogen"])
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    tls: ssl.SSLContext | None = None
    challenges: bool = False  # whether a proxy asks everybody for a login

    async def __aenter__(self) -> Self:
        """Start to listen, at the same port as before if there was one."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(
            self._runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=self.tls
        ).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop to listen."""
        await close(self._runner)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.asked.append(path)
        version, build = VERSIONS[self.kind]
        headers = {"X-Influxdb-Version": version, "X-Influxdb-Build": build}
        if path in self.answers:
            status, text = self.answers[path]
            return web.Response(status=status, text=text)
        if self.challenges and not self._is_allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        if not self._is_allowed(request) and (path != "/ping" or self.kind is InfluxKind.V3):
            return web.json_response({"error": "unauthorized"}, status=401)
        found = await self._respond(request, headers)
        found.headers.update(headers)
        return found

    async def _respond(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        match request.path:
            case "/ping":
                return web.Response(status=204, headers=headers)
            case "/api/v2/buckets":
                buckets = [{"name": name, "orgID": ORGANISATION} for name in self.places]
                system = {"name": "_monitoring", "orgID": ORGANISATION}
                return web.json_response({"buckets": [*buckets, system]})
            case "/query" if self._is_lost(request):
                place = request.query["db"]
                reason = f"Cannot retrieve database: External error: database not found: {place}"
                return web.json_response({"results": [{"statement_id": 0, "error": reason}]})
            case "/query":
                query = request.query.get("q") or str((await request.post())["q"])
                if "SELECT" in query:
                    return web.json_response({"results": [{"statement_id": 0}]})
                names = self.policies if "POLICIES" in query else self.places
                series = {"columns": ["name"], "values": [[name] for name in names]}
                return web.json_response({"results": [{"series": [series]}]})
            case "/write" | "/api/v2/write":
                return await self._write(request)
            case "/api/v2/query":
                return web.Response(text="\r\n")
        return web.Response(status=404, text="404 page not found")

    def _is_lost(self, request: web.Request) -> bool:
        """Return whether this is 3.x, asked for a database that it does not have."""
        place = request.query.get("db")
        return self.kind is InfluxKind.V3 and bool(place) and place not in self.places

    async def _write(self, request: web.Request) -> web.Response:
        query = request.query
        place = (query.get("db") or query["bucket"]).split("/")[0]
        if query.get("org", ORGANISATION) not in {ORGANISATION, "-", "home"}:
            return web.json_response({"message": "organization name not found"}, status=404)
        if place not in self.places:
            kind = "bucket" if self.kind is InfluxKind.V2 else "database"
            return web.json_response({"message": f"{kind} not found"}, status=404)
        self.lines += [line for line in (await request.text()).split("\n") if line]
        return web.Response(status=204)

    def _is_allowed(self, request: web.Request) -> bool:
        return not self.secrets or request.headers.get("Authorization", "") in {
            *(f"{scheme} {secret}" for scheme in ("Token", "Bearer") for secret in self.secrets),
            *(_basic(USER, secret) for secret in self.secrets),
        }


def _basic(username: str, password: str) -> str:
    return encode_basic_auth(username, password)
