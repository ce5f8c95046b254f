"""What an InfluxDB server's answers mean: which status and which words stand for which error.

The versions differ in little but words. `require_stored` is for writes, `require_readable` for
the checks of a set-up, `request_error` for queries and all other requests.

Facts: https://docs.influxdata.com/influxdb/v1/tools/api/ and
https://docs.influxdata.com/influxdb/v2/api/
"""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus

from ..network.web_pages import is_web_page, page_title
from .errors import (
    InfluxAwayError,
    InfluxBucketError,
    InfluxBusyError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxFluxOffError,
    InfluxForbiddenError,
    InfluxForeignError,
    InfluxMappingError,
    InfluxMissingError,
    InfluxNamelessError,
    InfluxOrganisationError,
    InfluxPolicyError,
    InfluxReadForbiddenError,
    InfluxRefusalError,
    InfluxTooLargeError,
    InfluxWriteForbiddenError,
    query_error,
)
from .target import InfluxKind, InfluxTarget

_MAX_EXCERPT_LENGTH = 40
_DROPPED = re.compile(r"dropped=([0-9]+)")
_READ_FORBIDDEN = ("not authorized", "requires READ")
_FLUX_OFF = ("service disabled", "flux-enabled")  # of 1.8
_QUOTED = re.compile("'[^']{0,256}'|\"[^\"]{0,256}\"")
_QUERY_ERROR_STATUSES = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)
# 1.8 answers 500 to a mistake in Flux, 3.x up to 3.6 to one in InfluxQL.
_KINDS_WITH_QUERY_ERROR_500 = frozenset({InfluxKind.V1_FLUX, InfluxKind.V3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The beginning of an answer; `retry_after` is in seconds.

    `names_influxdb` tells whether its headers name InfluxDB's version and build. VictoriaMetrics
    sends one of the two.
    """

    status: int
    content_type: str
    text: str
    retry_after: float | None = None
    names_influxdb: bool = False

    @property
    def is_web_page(self) -> bool:
        """Return whether this is a web page, such as the login page of a network."""
        return "html" in self.content_type or is_web_page(self.text)

    @property
    def excerpt(self) -> str:
        """Return the first 40 characters of the text, or the title of a web page."""
        if self.is_web_page:
            return page_title(self.text) or "a web page"
        return self.text[:_MAX_EXCERPT_LENGTH] or "-"

    @property
    def reason(self) -> str:
        """Return the server's message without the JSON around it, or the title of a web page."""
        if self.is_web_page:
            return self.excerpt
        match self.json():
            case {"error": str(error), "data": [{"error_message": str(detail)}, *_]}:  # 3.x
                return f"{error}: {detail}"
            case {"message": str(reason)} | {"error": str(reason)}:
                return reason
        return self.text.strip()

    def json(self) -> object:
        """Return the value of the JSON text, None if it is not JSON."""
        try:
            value: object = json.loads(self.text)
        except ValueError, RecursionError:
            return None
        return value


def require_stored(answer: Answer, target: InfluxTarget) -> None:
    """Return if InfluxDB says that it stored all lines of a write, else raise InfluxError.

    Raises InfluxNamelessError if the answer says so but does not name InfluxDB.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not answer.is_web_page:
        if answer.names_influxdb:
            return
        raise InfluxNamelessError(address=target.url, status=status, start=answer.excerpt)
    raise (
        _write_access_error(answer, target)
        or _refused_lines_error(answer, target)
        or _unavailable_error(answer, target)
    )


def require_readable(answer: Answer, target: InfluxTarget) -> None:
    """Return if a query was answered, else raise InfluxError.

    A server answers 404, as if there was no bucket, to a token that may not read the bucket.
    """
    status = answer.status
    if status == HTTPStatus.UNAUTHORIZED:
        raise InfluxCredentialsError(address=target.url)
    if target.kind is InfluxKind.V3 and (
        status == HTTPStatus.NOT_FOUND or _has_no_database(answer)
    ):
        raise InfluxDatabaseError(address=target.url, place=target.place)
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND} or _is_read_forbidden(answer):
        raise InfluxReadForbiddenError(address=target.url, place=target.place)
    if status != HTTPStatus.OK or answer.is_web_page:
        raise _unavailable_error(answer, target)


def request_error(answer: Answer, target: InfluxTarget) -> InfluxError:
    """Return the error of an answer other than the one that was asked for."""
    status, text = answer.status, answer.text.lower()
    where = {"address": target.url, "place": target.place}
    if answer.is_web_page:
        return _unavailable_error(answer, target)
    if status == HTTPStatus.UNAUTHORIZED:
        return InfluxCredentialsError(**where)
    if status == HTTPStatus.FORBIDDEN or _is_read_forbidden(answer):
        if target.kind is InfluxKind.V1_FLUX and any(words in text for words in _FLUX_OFF):
            return InfluxFluxOffError(**where)
        return InfluxForbiddenError(address=target.url, reason=answer.reason or "-")
    if "dbrp mapping not found" in text:
        return InfluxMappingError(**where)
    if target.kind is InfluxKind.V3 and "database not found" in text:
        return InfluxDatabaseError(**where)
    is_query_error = status in _QUERY_ERROR_STATUSES or (
        status == HTTPStatus.INTERNAL_SERVER_ERROR
        and (target.kind in _KINDS_WITH_QUERY_ERROR_500 or "error parsing regexp" in text)
    )
    if is_query_error:
        return query_error(answer.reason or f"status {status}")
    return _unavailable_error(answer, target)


def _write_access_error(answer: Answer, target: InfluxTarget) -> InfluxError | None:
    """Return the error if the credentials are not enough or the target does not exist."""
    where = {"address": target.url, "place": target.place}
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return InfluxCredentialsError(**where)
        case HTTPStatus.FORBIDDEN:
            return InfluxWriteForbiddenError(**where)
        case HTTPStatus.NOT_FOUND if not answer.is_web_page:
            return _not_found_error(answer, target)
        case HTTPStatus.INTERNAL_SERVER_ERROR if "retention policy not found" in answer.text:
            return InfluxPolicyError(address=target.url, place=target.policy)
    return None


def _not_found_error(answer: Answer, target: InfluxTarget) -> InfluxMissingError | None:
    """Return what a 404 says is missing, None if it names nothing that InfluxDB has."""
    reason = _QUOTED.sub("", answer.reason.lower())  # names in quotes may be any word
    if "organization" in reason:
        return InfluxOrganisationError(address=target.url, place=target.organisation)
    if "bucket" in reason:
        return InfluxBucketError(address=target.url, place=target.place)
    if "database" in reason or "dbrp" in reason:
        return InfluxDatabaseError(address=target.url, place=target.place)
    return None


def _refused_lines_error(answer: Answer, target: InfluxTarget) -> InfluxError | None:
    """Return the error if the server refuses the lines themselves."""
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


def _unavailable_error(answer: Answer, target: InfluxTarget) -> InfluxAwayError:
    """Return InfluxBusyError for 408, 429 and 5xx, else InfluxForeignError: no InfluxDB answers."""
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_TIMEOUT,
    }:
        busy = InfluxBusyError(address=target.url, status=status, reason=answer.reason or "-")
        busy.retry_after = answer.retry_after
        return busy
    return InfluxForeignError(address=target.url, status=status, start=answer.excerpt)


def _is_read_forbidden(answer: Answer) -> bool:
    """Return whether the text says that the user may not read.

    1.x says so with status 200 or 400 in InfluxQL, and with 500 in Flux.
    """
    return not answer.is_web_page and any(words in answer.text for words in _READ_FORBIDDEN)


def _has_no_database(answer: Answer) -> bool:
    """Return whether 3.x says in an answer to a query that there is no such database."""
    match answer.json():
        case {"results": [{"error": str(reason)}, *_]}:
            return "database not found" in reason
    return False
