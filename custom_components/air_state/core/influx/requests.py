"""Requests to InfluxDB whose answers are short, and the errors of those that get no answer.

What an answer means is in `answers.py`. Answers to queries may be long: `queries/streaming.py`
reads those.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from ..network.failures import NetworkFailure, classify_failure
from .answers import Answer
from .errors import (
    InfluxAwayError,
    InfluxBrokenError,
    InfluxClosedError,
    InfluxNameError,
    InfluxRouteError,
    InfluxTimeoutError,
    InfluxTlsError,
)
from .target import InfluxTarget

# 5,000 lines take a busy Raspberry Pi some time.
_REQUEST_SECONDS = 60.0
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=_REQUEST_SECONDS, sock_connect=10)
MAX_ANSWER_BYTES = 4_096  # the rest of an answer is not read
_VERSION_HEADERS = ("X-Influxdb-Version", "X-Influxdb-Build")
_FAILURES: dict[NetworkFailure, type[InfluxAwayError]] = {
    NetworkFailure.NAME: InfluxNameError,
    NetworkFailure.ROUTE: InfluxRouteError,
    NetworkFailure.CLOSED: InfluxClosedError,
    NetworkFailure.TLS: InfluxTlsError,
    NetworkFailure.TIMEOUT: InfluxTimeoutError,
    NetworkFailure.PROTOCOL: InfluxBrokenError,
    NetworkFailure.BROKEN: InfluxBrokenError,
}


async def send_request(
    session: aiohttp.ClientSession,
    target: InfluxTarget,
    method_and_path: str,
    *,
    params: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, object] | None = None,
) -> Answer:
    """Send a request such as ``GET /query`` and return the answer, whatever its status.

    A mapping as `body` is sent as JSON. Raises InfluxAwayError if there is no answer.
    """
    method, _, path = method_and_path.partition(" ")
    try:
        async with session.request(
            method,
            f"{target.url}{path}",
            params=params,
            data=body if isinstance(body, bytes) else None,
            json=body if isinstance(body, Mapping) else None,
            headers=target.headers,
            allow_redirects=False,
            timeout=REQUEST_TIMEOUT,
        ) as response:
            return await read_answer(response)
    except (aiohttp.ClientError, OSError) as error:
        away = connection_error(error, target.url)
    # Not raised in the except block: aiohttp's error would be its context and holds the token.
    raise away


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Return the first `MAX_ANSWER_BYTES` of an answer; close the connection if there are more."""
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
        retry_after=_retry_seconds(response.headers.get("Retry-After", "")),
        names_influxdb=all(response.headers.get(name) for name in _VERSION_HEADERS),
    )


def connection_error(
    error: aiohttp.ClientError | OSError,
    url: str,
    timeout_seconds: float = _REQUEST_SECONDS,
) -> InfluxAwayError:
    """Return the error for a request that got no answer; `timeout_seconds` was its limit."""
    return _FAILURES[classify_failure(error)](address=url, seconds=f"{timeout_seconds:.0f}")


def _retry_seconds(text: str) -> float | None:
    """Return the seconds of a Retry-After header, None if it is neither a number nor a date."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
