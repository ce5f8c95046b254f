"""What a server is, and what it has to write to: asked before there is a sink."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from ..errors import (
    InfluxAwayError,
    InfluxCredentialsError,
    InfluxForeignError,
    InfluxUnknownError,
    InfluxVictoriaMetricsError,
)
from ..target import Answer, InfluxKind, InfluxTarget, failed

TIMEOUT = aiohttp.ClientTimeout(total=15)
_MAX_BYTES = 1_000_000
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)")
_NOT_SHOWN = re.compile(r"[^0-9A-Za-z.+~-]")  # forms show the rest, some as Markdown
_MAX_VERSION_LENGTH = 40
_FLUX_SINCE = 8  # of 1.x
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere to write to: a bucket, or a database, with the organisation that it belongs to."""

    name: str
    organisation: str = ""  # its id


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxServer:
    """A server that said what it is."""

    kind: InfluxKind
    version: str


class InfluxProbe:
    """Asks a server, through a session that belongs to somebody else."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Ask the server at `url`; the session knows whether to verify certificates."""
        self._session = session
        self._url = url

    async def look(self, headers: dict[str, str] | None = None) -> InfluxServer:
        """Return what the server is.

        Raises InfluxAwayError; InfluxCredentialsError if it does not say so to just anybody;
        InfluxUnknownError and InfluxVictoriaMetricsError.
        """
        answer, said = await self._get("/ping", headers=headers)
        version, build = said.get("X-Influxdb-Version", ""), said.get("X-Influxdb-Build", "")
        if answer.status in _REFUSED and (headers or not version):
            error = InfluxCredentialsError(address=self._url)
            error.by_login = "basic" in said.get("WWW-Authenticate", "").lower()
            raise error
        if not version:
            version = await self._version_by_health(headers)
        shown = _NOT_SHOWN.split(version.removeprefix("v"))[0][:_MAX_VERSION_LENGTH]
        if build.lower().startswith("cloud"):
            return InfluxServer(kind=InfluxKind.V2, version=shown)
        if (kind := _kind(version)) is not None:
            return InfluxServer(kind=kind, version=shown)
        page, _ = await self._get("/")
        if "VictoriaMetrics" in page.text:
            raise InfluxVictoriaMetricsError(address=self._url)
        raise InfluxUnknownError(
            address=self._url,
            said=said.get("Server") or f"status {answer.status}, {page.start}",
        )

    async def _version_by_health(self, headers: dict[str, str] | None) -> str:
        """Return the version that `/health` tells, empty if it tells none."""
        answer, _ = await self._get("/health", headers=headers)
        health = _json(answer)
        if isinstance(health, dict) and health.get("name") == "influxdb":
            return str(health.get("version", ""))
        return ""

    async def places(self, target: InfluxTarget) -> list[Place]:
        """Return the buckets or databases that the credentials let one see, by name.

        Raises InfluxAwayError and InfluxCredentialsError.
        """
        if target.kind is InfluxKind.V2:
            answer, _ = await self._get(
                "/api/v2/buckets", params={"limit": "100"}, headers=target.headers
            )
            found = _buckets(self._allowed(answer))
        else:
            found = [Place(name=name) for name in await self._show("SHOW DATABASES", target)]
        return sorted(
            (each for each in found if not each.name.startswith("_")), key=lambda each: each.name
        )

    async def organisations(self, target: InfluxTarget) -> dict[str, str]:
        """Return the names of organisations by their ids, as far as one may see them (2.x)."""
        try:
            answer, _ = await self._get("/api/v2/orgs", headers=target.headers)
        except InfluxAwayError:
            return {}
        match _json(answer):
            case {"orgs": list(found)}:
                return {str(e["id"]): str(e["name"]) for e in found if {"id", "name"} <= e.keys()}
        return {}

    async def policies(self, target: InfluxTarget) -> list[str]:
        """Return the retention policies of the target's database (1.x). Raises as `places`."""
        name = target.place.replace("\\", "\\\\").replace('"', '\\"')
        return await self._show(f'SHOW RETENTION POLICIES ON "{name}"', target)

    async def _show(self, query: str, target: InfluxTarget) -> list[str]:
        """Return the first column of an InfluxQL answer; nothing if one may not see it."""
        params = {"q": query, "db": target.place}
        answer, _ = await self._get("/query", params=params, headers=target.headers)
        return _first_column(self._allowed(answer))

    def _allowed(self, answer: Answer) -> object:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise InfluxCredentialsError(address=self._url)
        return _json(answer)

    async def _get(
        self,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[Answer, Mapping[str, str]]:
        try:
            async with self._session.get(
                f"{self._url}{path}",
                params=params,
                headers=headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                body = bytearray()
                while piece := await response.content.read(_MAX_BYTES - len(body)):
                    body += piece
                answer = Answer(
                    status=response.status,
                    content_type=response.content_type,
                    text=body.decode(errors="replace"),
                )
                if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
                    place = response.headers.get("Location", "-")
                    raise InfluxForeignError(
                        address=self._url, status=answer.status, start=f"→ {place}"
                    )
                return answer, response.headers
        except (aiohttp.ClientError, OSError) as error:
            away = failed(error, self._url, TIMEOUT)
        raise away  # apart from aiohttp's error, which holds the request's headers


def _kind(version: str) -> InfluxKind | None:
    """Return what a version understands, None for one that is not known."""
    if not (found := _VERSION.match(version)):
        return None
    match int(found[1]), int(found[2]):
        case 1, minor:
            return InfluxKind.V1_FLUX if minor >= _FLUX_SINCE else InfluxKind.V1
        case 2, _:
            return InfluxKind.V2
        case 3, _:
            return InfluxKind.V3
        case _:
            return None


def _json(answer: Answer) -> object:
    """Return what the answer holds, None if it is not JSON."""
    try:
        found: object = json.loads(answer.text)
    except ValueError, RecursionError:
        return None
    return found


def _buckets(said: object) -> list[Place]:
    """Return the buckets of 2.x's list, but for the system's own."""
    match said:
        case {"buckets": list(buckets)}:
            return [
                Place(name=name, organisation=organisation)
                for each in buckets
                if isinstance(each, dict)
                and isinstance(name := each.get("name"), str)
                and isinstance(organisation := each.get("orgID"), str)
            ]
    return []


def _first_column(said: object) -> list[str]:
    """Return the first column of the only series of an InfluxQL answer."""
    match said:
        case {"results": [{"series": [{"values": list(rows)}, *_]}, *_]}:
            return [str(row[0]) for row in rows if isinstance(row, list) and row]
    return []
