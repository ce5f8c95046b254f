"""Identifies a server, and lists its buckets or databases, before there is a connection."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from ..answers import Answer
from ..errors import (
    InfluxAwayError,
    InfluxCredentialsError,
    InfluxForeignError,
    InfluxUnknownError,
    InfluxVictoriaMetricsError,
)
from ..influxql.literals import identifier
from ..requests import connection_error
from ..target import InfluxKind, InfluxTarget

_PROBE_SECONDS = 15.0
PROBE_TIMEOUT = aiohttp.ClientTimeout(total=_PROBE_SECONDS)
_MAX_ANSWER_BYTES = 1_000_000
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)")
_NOT_IN_VERSION = re.compile(r"[^0-9A-Za-z.+~-]")  # a dialog may show the version as Markdown
_MAX_VERSION_LENGTH = 40
_FLUX_SINCE_MINOR = 8  # of 1.x
_UNAUTHORIZED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A bucket or a database; `organisation` is the id of the one that a bucket belongs to."""

    name: str
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxServer:
    """What a server is: its interface, and its version as text."""

    kind: InfluxKind
    version: str


class InfluxProbe:
    """Asks a server about itself; the HTTP session belongs to the caller."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Ask the server at `url`; the session knows whether to verify certificates."""
        self._session = session
        self._url = url

    async def identify(self, headers: dict[str, str] | None = None) -> InfluxServer:
        """Return what the server is; `headers` may hold credentials.

        Raises InfluxAwayError; InfluxCredentialsError if the server answers only with credentials,
        or with others; InfluxUnknownError and InfluxVictoriaMetricsError.
        """
        answer, answer_headers = await self._get("/ping", headers=headers)
        version = answer_headers.get("X-Influxdb-Version", "")
        build = answer_headers.get("X-Influxdb-Build", "")
        if answer.status in _UNAUTHORIZED and (headers or not version):
            error = InfluxCredentialsError(address=self._url)
            error.by_login = "basic" in answer_headers.get("WWW-Authenticate", "").lower()
            raise error
        if not version:
            version = await self._version_from_health(headers)
        shown = _NOT_IN_VERSION.split(version.removeprefix("v"))[0][:_MAX_VERSION_LENGTH]
        if build.lower().startswith("cloud"):
            return InfluxServer(kind=InfluxKind.V2, version=shown)
        if (kind := _kind_of(version)) is not None:
            return InfluxServer(kind=kind, version=shown)
        page, _ = await self._get("/")
        if "VictoriaMetrics" in page.text:
            raise InfluxVictoriaMetricsError(address=self._url)
        raise InfluxUnknownError(
            address=self._url,
            said=answer_headers.get("Server") or f"status {answer.status}, {page.excerpt}",
        )

    async def _version_from_health(self, headers: dict[str, str] | None) -> str:
        """Return the version that ``/health`` has, empty if it has none."""
        answer, _ = await self._get("/health", headers=headers)
        health = answer.json()
        if isinstance(health, dict) and health.get("name") == "influxdb":
            return str(health.get("version", ""))
        return ""

    async def places(self, target: InfluxTarget) -> list[Place]:
        """Return the buckets or databases that the credentials may see, sorted by name.

        Raises InfluxAwayError and InfluxCredentialsError.
        """
        if target.kind is InfluxKind.V2:
            answer, _ = await self._get(
                "/api/v2/buckets", params={"limit": "100"}, headers=target.headers
            )
            places = _buckets_of(self._require_authorized(answer))
        else:
            names = await self._show_names("SHOW DATABASES", target)
            places = [Place(name=name) for name in names]
        return sorted(
            (each for each in places if not each.name.startswith("_")), key=lambda each: each.name
        )

    async def organisations(self, target: InfluxTarget) -> dict[str, str]:
        """Return the names of the organisations that the credentials may see (2.x), by id."""
        try:
            answer, _ = await self._get("/api/v2/orgs", headers=target.headers)
        except InfluxAwayError:
            return {}
        match answer.json():
            case {"orgs": list(organisations)}:
                return {
                    str(each["id"]): str(each["name"])
                    for each in organisations
                    if {"id", "name"} <= each.keys()
                }
        return {}

    async def policies(self, target: InfluxTarget) -> list[str]:
        """Return the names of the database's retention policies (1.x).

        Raises InfluxAwayError and InfluxCredentialsError.
        """
        database = identifier(target.place)
        return await self._show_names(f"SHOW RETENTION POLICIES ON {database}", target)

    async def _show_names(self, query: str, target: InfluxTarget) -> list[str]:
        """Return the first column of an InfluxQL answer, empty if the user may not see it."""
        params = {"q": query, "db": target.place}
        answer, _ = await self._get("/query", params=params, headers=target.headers)
        return _first_column(self._require_authorized(answer))

    def _require_authorized(self, answer: Answer) -> object:
        """Return an answer's JSON. Raises InfluxCredentialsError."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise InfluxCredentialsError(address=self._url)
        return answer.json()

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
                timeout=PROBE_TIMEOUT,
            ) as response:
                body = bytearray()
                while chunk := await response.content.read(_MAX_ANSWER_BYTES - len(body)):
                    body += chunk
                answer = Answer(
                    status=response.status,
                    content_type=response.content_type,
                    text=body.decode(errors="replace"),
                )
                if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
                    location = response.headers.get("Location", "-")
                    raise InfluxForeignError(
                        address=self._url, status=answer.status, start=f"→ {location}"
                    )
                return answer, response.headers
        except (aiohttp.ClientError, OSError) as error:
            away = connection_error(error, self._url, _PROBE_SECONDS)
        # Not raised in the except block: aiohttp's error would be its context and holds the token.
        raise away


def _kind_of(version: str) -> InfluxKind | None:
    """Return the interface of a version, None if it is not known."""
    if not (numbers := _VERSION.match(version)):
        return None
    match int(numbers[1]), int(numbers[2]):
        case 1, minor:
            return InfluxKind.V1_FLUX if minor >= _FLUX_SINCE_MINOR else InfluxKind.V1
        case 2, _:
            return InfluxKind.V2
        case 3, _:
            return InfluxKind.V3
        case _:
            return None


def _buckets_of(answer: object) -> list[Place]:
    """Return the buckets of 2.x's list."""
    match answer:
        case {"buckets": list(buckets)}:
            return [
                Place(name=name, organisation=organisation)
                for each in buckets
                if isinstance(each, dict)
                and isinstance(name := each.get("name"), str)
                and isinstance(organisation := each.get("orgID"), str)
            ]
    return []


def _first_column(answer: object) -> list[str]:
    """Return the first column of the only series of an InfluxQL answer."""
    match answer:
        case {"results": [{"series": [{"values": list(rows)}, *_]}, *_]}:
            return [str(row[0]) for row in rows if isinstance(row, list) and row]
    return []
