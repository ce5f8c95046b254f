"""InfluxDB over HTTP: where a station's lines go, and what a server's answers mean.

Everything that differs between versions is in `influx/v1.py` and `influx/v2.py`; their answers to
writes are the same but for the words. Facts: https://docs.influxdata.com/influxdb/v1/tools/api/
and https://docs.influxdata.com/influxdb/v2/api/.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

import aiohttp

from ..network.addresses import base_url, with_port
from ..network.failures import NetworkFailure, classify_failure
from ..network.web_pages import is_web_page, page_title
from .errors import (
    InfluxAddressError,
    InfluxAwayError,
    InfluxBrokenError,
    InfluxBucketError,
    InfluxBusyError,
    InfluxClosedError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxForeignError,
    InfluxMissingError,
    InfluxNameError,
    InfluxNamelessError,
    InfluxOrganisationError,
    InfluxPolicyError,
    InfluxReadForbiddenError,
    InfluxRefusalError,
    InfluxRouteError,
    InfluxTimeoutError,
    InfluxTlsError,
    InfluxTooLargeError,
    InfluxWriteForbiddenError,
)

DEFAULT_PORT = 8086
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)  # 5,000 lines on a busy Raspberry Pi
MAX_ANSWER_BYTES = 4_096  # bytes of an answer that says how a write went
_DROPPED = re.compile(r"dropped=([0-9]+)")
_MAX_START_LENGTH = 40
_NAMES = ("X-Influxdb-Version", "X-Influxdb-Build")
_NOT_READABLE = ("not authorized", "requires READ")
_QUOTED = re.compile("'[^']{0,256}'|\"[^\"]{0,256}\"")
_FAILURES: dict[NetworkFailure, type[InfluxAwayError]] = {
    NetworkFailure.NAME: InfluxNameError,
    NetworkFailure.ROUTE: InfluxRouteError,
    NetworkFailure.CLOSED: InfluxClosedError,
    NetworkFailure.TLS: InfluxTlsError,
    NetworkFailure.TIMEOUT: InfluxTimeoutError,
    NetworkFailure.PROTOCOL: InfluxBrokenError,
    NetworkFailure.BROKEN: InfluxBrokenError,
}


class InfluxKind(StrEnum):
    """What a server understands."""

    V1 = "1"  # /write, InfluxQL
    V1_FLUX = "1.8"  # besides that what 2.x understands, without buckets and organisations
    V2 = "2"  # tokens, organisations, buckets, Flux; Cloud 2 as well
    V3 = "3"  # tokens, databases, InfluxQL, never Flux


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxTarget:
    """Where lines go: a bucket (2.x) or database (1.x, 3.x) of a server, and the way in.

    `url` has no slash at its end. `organisation` is a name or an id. Secrets are in no repr.
    """

    url: str
    kind: InfluxKind
    place: str = ""
    organisation: str = ""
    policy: str = ""
    verify_tls: bool = True
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that let a request in."""
        if self.token:
            scheme = "Token" if self.kind is InfluxKind.V2 else "Bearer"
            return {"Authorization": f"{scheme} {self.token}"}
        if self.username:
            login = b64encode(f"{self.username}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {login}"}
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The beginning of an answer; `retry_after` in seconds.

    `named` says whether it names InfluxDB as the one that answers, as VictoriaMetrics does half.
    """

    status: int
    content_type: str
    text: str
    retry_after: float | None = None
    named: bool = False

    @property
    def is_web_page(self) -> bool:
        """Return whether this is for people, such as the login page of a network."""
        return "html" in self.content_type or is_web_page(self.text)

    @property
    def start(self) -> str:
        """Return how the answer begins, of a page its title."""
        if self.is_web_page:
            return page_title(self.text) or "a web page"
        return self.text[:_MAX_START_LENGTH] or "-"

    @property
    def reason(self) -> str:
        """Return what the server says, without the JSON around it, or a page's title."""
        if self.is_web_page:
            return self.start
        try:
            said = json.loads(self.text)
        except ValueError:
            return self.text.strip()
        match said:
            case {"error": str(error), "data": [{"error_message": str(detail)}, *_]}:  # 3.x
                return f"{error}: {detail}"
            case {"message": str(reason)} | {"error": str(reason)}:
                return reason
        return self.text.strip()


def parse_url(text: str) -> str:
    """Return the one way to write a server's address, which reads back as itself.

    Plain HTTP without a port means InfluxDB's own, https without one 443. Raises
    InfluxAddressError.
    """
    try:
        url = base_url(text, http_port=DEFAULT_PORT)
    except ValueError as error:
        # This may hold a password: nothing of it goes into an error or its cause.
        if "@" in text or "?" in text:
            raise InfluxAddressError(address="(not shown)") from None
        raise InfluxAddressError(address=text.strip() or "-") from error
    return with_port(url) if url.scheme == "http" else str(url).rstrip("/")


def failed(
    error: aiohttp.ClientError | OSError, url: str, timeout: aiohttp.ClientTimeout = TIMEOUT
) -> InfluxAwayError:
    """Return the error of a request that brought no answer as one of InfluxDB's."""
    return _FAILURES[classify_failure(error)](address=url, seconds=f"{timeout.total:.0f}")


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Return the beginning of an answer; a connection that brings more is given up."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            response.close()
            break
    return Answer(
        status=response.status,
        content_type=response.headers.get("Content-Type", "").lower(),
        text=bytes(body[:MAX_ANSWER_BYTES]).decode(errors="replace"),
        retry_after=_seconds(response.headers.get("Retry-After", "")),
        named=all(response.headers.get(name) for name in _NAMES),
    )


async def ask(
    session: aiohttp.ClientSession,
    target: InfluxTarget,
    what: str,
    *,
    params: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, object] | None = None,
) -> Answer:
    """Return the answer to a request such as ``GET /query``; a mapping is sent as JSON.

    Raises InfluxAwayError.
    """
    method, _, path = what.partition(" ")
    try:
        async with session.request(
            method,
            f"{target.url}{path}",
            params=params,
            data=body if isinstance(body, bytes) else None,
            json=body if isinstance(body, Mapping) else None,
            headers=target.headers,
            allow_redirects=False,
            timeout=TIMEOUT,
        ) as response:
            return await read_answer(response)
    except (aiohttp.ClientError, OSError) as error:
        away = failed(error, target.url)
    raise away  # apart from aiohttp's error, which holds the request's headers


def _seconds(text: str) -> float | None:
    """Return how many seconds a Retry-After header asks for, None if it makes no sense."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def require_stored(answer: Answer, target: InfluxTarget) -> None:
    """Return if InfluxDB answers a write that all lines are stored, else raise InfluxError.

    InfluxNamelessError if somebody says so who does not say that it is InfluxDB.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not answer.is_web_page:
        if answer.named:
            return
        raise InfluxNamelessError(address=target.url, status=status, start=answer.start)
    raise (
        _refused_access(answer, target)
        or _refused_lines(answer, target)
        or unwilling(answer, target)
    )


def _refused_access(answer: Answer, target: InfluxTarget) -> InfluxError | None:
    """Return that the credentials do not do, or that there is nowhere to write to."""
    where = {"address": target.url, "place": target.place}
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return InfluxCredentialsError(**where)
        case HTTPStatus.FORBIDDEN:
            return InfluxWriteForbiddenError(**where)
        case HTTPStatus.NOT_FOUND if not answer.is_web_page:
            return missing(answer, target)
        case HTTPStatus.INTERNAL_SERVER_ERROR if "retention policy not found" in answer.text:
            return InfluxPolicyError(address=target.url, place=target.policy)
    return None


def missing(answer: Answer, target: InfluxTarget) -> InfluxMissingError | None:
    """Return what a 404 is about, None if it is not about anything of InfluxDB's."""
    said = _QUOTED.sub("", answer.reason.lower())  # without names, which may be any word
    if "organization" in said:
        return InfluxOrganisationError(address=target.url, place=target.organisation)
    if "bucket" in said:
        return InfluxBucketError(address=target.url, place=target.place)
    if "database" in said or "dbrp" in said:
        return InfluxDatabaseError(address=target.url, place=target.place)
    return None


def _refused_lines(answer: Answer, target: InfluxTarget) -> InfluxError | None:
    """Return what is wrong with the lines themselves."""
    match answer.status:
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return InfluxTooLargeError(address=target.url)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY if not answer.is_web_page:
            dropped = _DROPPED.search(answer.text)
            return InfluxRefusalError(
                address=target.url,
                reason=answer.reason or f"status {answer.status}",
                dropped=int(dropped[1]) if dropped else None,
            )
    return None


def unwilling(answer: Answer, target: InfluxTarget) -> InfluxAwayError:
    """Return that the server cannot now, or that what answers is no InfluxDB."""
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_TIMEOUT,
    }:
        busy = InfluxBusyError(address=target.url, status=status, reason=answer.reason or "-")
        busy.retry_after = answer.retry_after
        return busy
    return InfluxForeignError(address=target.url, status=status, start=answer.start)


def may_not_read(answer: Answer) -> bool:
    """Return whether an answer says that a user may not read, whatever its status.

    1.x says so with 200 or 400 in InfluxQL, with 500 in Flux.
    """
    return not answer.is_web_page and any(words in answer.text for words in _NOT_READABLE)


def _lacks_database(answer: Answer) -> bool:
    """Return whether 3.x says in an answer to a query that it has no such database."""
    try:
        said = json.loads(answer.text)
    except ValueError:
        return False
    match said:
        case {"results": [{"error": str(reason)}, *_]}:
            return "database not found" in reason
    return False


def require_readable(answer: Answer, target: InfluxTarget) -> None:
    """Return if a query was answered, else raise InfluxError.

    A token that may not read a bucket is told that there is none.
    """
    status = answer.status
    if status == HTTPStatus.UNAUTHORIZED:
        raise InfluxCredentialsError(address=target.url)
    if target.kind is InfluxKind.V3 and (status == HTTPStatus.NOT_FOUND or _lacks_database(answer)):
        raise InfluxDatabaseError(address=target.url, place=target.place)
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND} or may_not_read(answer):
        raise InfluxReadForbiddenError(address=target.url, place=target.place)
    if status != HTTPStatus.OK or answer.is_web_page:
        raise unwilling(answer, target)
