"""What servers' answers to queries mean, and how they stream in."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from ..errors import (
    InfluxAwayError,
    InfluxBrokenError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxEndlessError,
    InfluxError,
    InfluxFluxOffError,
    InfluxForbiddenError,
    InfluxMappingError,
    query_error,
)
from ..target import Answer, InfluxKind, InfluxTarget, failed, may_not_read, read_answer, unwilling

PATIENCE = 120.0  # seconds without a piece; a year's aggregates take a Raspberry Pi a while
MAX_SECONDS = 600.0  # of an answer, however it trickles
MAX_BYTES = 256 * 1024 * 1024  # of an answer; 100,000 rows of 50 columns are a fifth of it
_QUIET_SECONDS = 2.0  # after which the server is asked whether it is there
_PING_SECONDS = 3.0
_CONNECT_SECONDS = 10.0
NO_LIMIT = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
_MISTAKES = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_SWITCH = "flux-enabled"  # of 1.8
_KINDS_OF_500 = frozenset({InfluxKind.V1_FLUX, InfluxKind.V3})


def encoding(url: str) -> str:
    """Return how answers may be compressed: at home, unpacking takes longer than the way does."""
    return "gzip" if url.startswith("https:") else "identity"


type Ping = Callable[[], Awaitable[aiohttp.ClientResponse]]


@asynccontextmanager
async def opened(
    request: Awaitable[aiohttp.ClientResponse],
    target: InfluxTarget,
    *,
    ping: Ping,
    timeout_seconds: float = PATIENCE,
) -> AsyncGenerator[AsyncIterator[bytes]]:
    """Yield the pieces of a query's answer as they come; leaving early ends the query.

    `timeout_seconds` bounds the time without a single byte. A server that does not answer
    `ping` either is not waited for so long. Raises InfluxError.
    """
    limit = aiohttp.ClientTimeout(total=timeout_seconds)
    away: InfluxAwayError
    try:
        response = await _waited_for(asyncio.ensure_future(request), timeout_seconds, ping)
    except (aiohttp.ClientError, OSError) as error:
        away = _failed(error, target, limit)
    except RuntimeError:  # aiohttp's, of a session that was closed meanwhile
        away = InfluxBrokenError(address=target.url)
    else:
        try:
            if response.status != HTTPStatus.OK or "html" in response.content_type:
                raise refusal(await _beginning(response, target, limit), target)
            yield _pieces(response, target, limit, ping)
        finally:
            response.close()  # what has come to its end has given its connection back already
        return
    raise away  # apart from aiohttp's error, which holds the request's headers


class _SilentError(TimeoutError):
    """The server does not say anything, not even that it is there."""


def _failed(
    error: aiohttp.ClientError | OSError, target: InfluxTarget, limit: aiohttp.ClientTimeout
) -> InfluxAwayError:
    if isinstance(error, _SilentError):
        limit = aiohttp.ClientTimeout(total=_QUIET_SECONDS + _PING_SECONDS)
    return failed(error, target.url, limit)


async def _waited_for(
    task: asyncio.Future[aiohttp.ClientResponse], timeout_seconds: float, ping: Ping
) -> aiohttp.ClientResponse:
    """Return what a request brings. Raises what it raises, and TimeoutError."""
    try:
        async with asyncio.timeout(timeout_seconds):
            while not (await asyncio.wait([task], timeout=_QUIET_SECONDS))[0]:
                await _require_there(ping)
        return task.result()
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is None:
            task.result().close()  # it came just then
        raise


async def _require_there(ping: Ping) -> None:
    """Return if the server says anything at all. Raises what the request raises."""
    try:
        async with asyncio.timeout(_PING_SECONDS):
            response = await ping()
    except TimeoutError as error:
        raise _SilentError from error
    response.close()


async def _pieces(
    response: aiohttp.ClientResponse,
    target: InfluxTarget,
    limit: aiohttp.ClientTimeout,
    ping: Ping,
) -> AsyncGenerator[bytes]:
    """Yield what comes, in the pieces in which it comes, up to `MAX_BYTES` and `MAX_SECONDS`."""
    away: InfluxAwayError
    loop = asyncio.get_running_loop()
    left, end = MAX_BYTES, loop.time() + MAX_SECONDS
    try:
        while piece := await _piece(response, limit, ping):
            yield piece
            left -= len(piece)
            if left < 0:
                raise InfluxEndlessError(address=target.url, most=f"{MAX_BYTES // 2**20} MB")
            if loop.time() > end:
                raise InfluxEndlessError(address=target.url, most=f"{MAX_SECONDS:.0f} s")
    except (aiohttp.ClientError, OSError) as error:
        away = _failed(error, target, limit)
    except RuntimeError:  # as above
        away = InfluxBrokenError(address=target.url)
    else:
        return
    raise away


async def _piece(
    response: aiohttp.ClientResponse, limit: aiohttp.ClientTimeout, ping: Ping
) -> bytes:
    """Return what comes next, nothing at the end. Raises TimeoutError."""
    async with asyncio.timeout(limit.total):
        while True:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    return await response.content.readany()
            except TimeoutError:
                await _require_there(ping)


async def _beginning(
    response: aiohttp.ClientResponse, target: InfluxTarget, limit: aiohttp.ClientTimeout
) -> Answer:
    try:
        async with asyncio.timeout(limit.total):
            return await read_answer(response)
    except (aiohttp.ClientError, OSError) as error:
        away = _failed(error, target, limit)
    raise away


def refusal(answer: Answer, target: InfluxTarget) -> InfluxError:
    """Return what an answer means that is not the answer to a query."""
    status, text = answer.status, answer.text.lower()
    where = {"address": target.url, "place": target.place}
    if answer.is_web_page:
        return unwilling(answer, target)
    if status == HTTPStatus.UNAUTHORIZED:
        return InfluxCredentialsError(**where)
    if status == HTTPStatus.FORBIDDEN or may_not_read(answer):
        if target.kind is InfluxKind.V1_FLUX and ("service disabled" in text or _SWITCH in text):
            return InfluxFluxOffError(**where)
        return InfluxForbiddenError(address=target.url, reason=answer.reason or "-")
    if "dbrp mapping not found" in text:
        return InfluxMappingError(**where)
    if target.kind is InfluxKind.V3 and "database not found" in text:
        return InfluxDatabaseError(**where)
    # Of mistakes in a query 1.8 says 500 in Flux, 3.x up to 3.6 in InfluxQL.
    mistaken = status == HTTPStatus.INTERNAL_SERVER_ERROR and (
        target.kind in _KINDS_OF_500 or "error parsing regexp" in text
    )
    if status in _MISTAKES or mistaken:
        return query_error(answer.reason or f"status {status}")
    return unwilling(answer, target)
