"""What servers' answers to queries mean, and how they stream in."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from .influx import (
    Answer,
    InfluxKind,
    InfluxTarget,
    failed,
    may_not_read,
    read_answer,
    unwilling,
)
from .influx_errors import (
    InfluxAwayError,
    InfluxBrokenError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxFluxOffError,
    InfluxForbiddenError,
    InfluxMappingError,
    query_error,
)

PATIENCE = 120.0  # seconds without a sign; a year's aggregates take a Raspberry Pi a while
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


@asynccontextmanager
async def opened(
    request: Awaitable[aiohttp.ClientResponse],
    target: InfluxTarget,
    *,
    patience: float = PATIENCE,
) -> AsyncGenerator[AsyncIterator[bytes]]:
    """Yield the pieces of a query's answer as they come; leaving early ends the query.

    `patience` is for how many seconds in a row nothing may come. Raises InfluxError.
    """
    limit = aiohttp.ClientTimeout(total=patience)
    away: InfluxAwayError
    try:
        async with asyncio.timeout(patience):
            response = await request
    except (aiohttp.ClientError, OSError) as error:
        away = failed(error, target.url, limit)
    except RuntimeError:  # aiohttp's, of a session that was closed meanwhile
        away = InfluxBrokenError(address=target.url)
    else:
        try:
            if response.status != HTTPStatus.OK or "html" in response.content_type:
                raise refusal(await _beginning(response, target, limit), target)
            yield _pieces(response, target, limit)
        finally:
            response.close()  # what has come to its end has given its connection back already
        return
    raise away  # apart from aiohttp's error, which holds the request's headers


async def _pieces(
    response: aiohttp.ClientResponse, target: InfluxTarget, limit: aiohttp.ClientTimeout
) -> AsyncGenerator[bytes]:
    """Yield what comes, in the pieces in which it comes."""
    away: InfluxAwayError
    try:
        while True:
            async with asyncio.timeout(limit.total):
                piece = await response.content.readany()
            if not piece:
                return
            yield piece
    except (aiohttp.ClientError, OSError) as error:
        away = failed(error, target.url, limit)
    except RuntimeError:  # as above
        away = InfluxBrokenError(address=target.url)
    raise away


async def _beginning(
    response: aiohttp.ClientResponse, target: InfluxTarget, limit: aiohttp.ClientTimeout
) -> Answer:
    try:
        async with asyncio.timeout(limit.total):
            return await read_answer(response)
    except (aiohttp.ClientError, OSError) as error:
        away = failed(error, target.url, limit)
    raise away


def refusal(answer: Answer, target: InfluxTarget) -> InfluxError:
    """Return what an answer means that is not the answer to a query."""
    status, text = answer.status, answer.text.lower()
    where = {"address": target.url, "place": target.place}
    if answer.is_page:
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
