"""The answer to a query, read chunk by chunk as it comes, with limits of time and size."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from ..answers import Answer, request_error
from ..errors import InfluxAwayError, InfluxBrokenError, InfluxEndlessError
from ..requests import connection_error, read_answer
from ..target import InfluxTarget

CHUNK_TIMEOUT = 120.0  # seconds; a year's aggregates take a Raspberry Pi a while
MAX_SECONDS = 600.0  # of an answer, however slowly it comes
MAX_BYTES = 256 * 1024 * 1024  # of an answer; 100,000 rows of 50 columns take a fifth of it
_SILENCE_SECONDS = 2.0  # without a chunk, after which the server is pinged
_PING_SECONDS = 3.0
_CONNECT_SECONDS = 10.0
# aiohttp's own timeouts, but for connecting, are off: the ones here take their place.
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)

type Ping = Callable[[], Awaitable[aiohttp.ClientResponse]]


def accept_encoding(url: str) -> str:
    """Return how an answer may be compressed: not over plain HTTP.

    In a home network, unpacking takes longer than the transfer.
    """
    return "gzip" if url.startswith("https:") else "identity"


@asynccontextmanager
async def stream_answer(
    request: Awaitable[aiohttp.ClientResponse],
    target: InfluxTarget,
    *,
    ping: Ping,
    timeout_seconds: float = CHUNK_TIMEOUT,
) -> AsyncGenerator[AsyncIterator[bytes]]:
    """Yield the chunks of the answer to a query; leaving early closes the connection.

    `timeout_seconds` is how long the response may take to begin, and then each chunk to come.
    While nothing comes, the server is pinged every 2 s. It is given up early if it does not
    answer a ping within 3 s. Raises InfluxError.
    """
    away: InfluxAwayError
    try:
        response = await _wait_for_response(asyncio.ensure_future(request), timeout_seconds, ping)
    except (aiohttp.ClientError, OSError) as error:
        away = _connection_error(error, target, timeout_seconds)
    except RuntimeError:  # aiohttp raises it for a session that was closed meanwhile
        away = InfluxBrokenError(address=target.url)
    else:
        try:
            if response.status != HTTPStatus.OK or "html" in response.content_type:
                raise request_error(
                    await _read_short_answer(response, target, timeout_seconds), target
                )
            yield _read_chunks(response, target, timeout_seconds, ping)
        finally:
            response.close()  # a complete response has given its connection back already
        return
    # Not raised in the except block: aiohttp's error would be its context and holds the token.
    raise away


class _PingTimeoutError(TimeoutError):
    """The server sent nothing and did not answer a ping either."""


def _connection_error(
    error: aiohttp.ClientError | OSError, target: InfluxTarget, timeout_seconds: float
) -> InfluxAwayError:
    if isinstance(error, _PingTimeoutError):
        timeout_seconds = _SILENCE_SECONDS + _PING_SECONDS
    return connection_error(error, target.url, timeout_seconds)


async def _wait_for_response(
    task: asyncio.Future[aiohttp.ClientResponse], timeout_seconds: float, ping: Ping
) -> aiohttp.ClientResponse:
    """Return the response, its body unread. Raises what the request raises, and TimeoutError."""
    try:
        async with asyncio.timeout(timeout_seconds):
            while not (await asyncio.wait([task], timeout=_SILENCE_SECONDS))[0]:
                await _require_ping_answer(ping)
        return task.result()
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is None:
            task.result().close()  # the response came at this very moment
        raise


async def _require_ping_answer(ping: Ping) -> None:
    """Return if the server answers a ping, whatever the status.

    Raises what the request raises, and _PingTimeoutError.
    """
    try:
        async with asyncio.timeout(_PING_SECONDS):
            response = await ping()
    except TimeoutError as error:
        raise _PingTimeoutError from error
    response.close()


async def _read_chunks(
    response: aiohttp.ClientResponse,
    target: InfluxTarget,
    timeout_seconds: float,
    ping: Ping,
) -> AsyncGenerator[bytes]:
    """Yield the chunks of a body. Raises InfluxEndlessError beyond `MAX_BYTES` or `MAX_SECONDS`."""
    away: InfluxAwayError
    loop = asyncio.get_running_loop()
    bytes_left, end = MAX_BYTES, loop.time() + MAX_SECONDS
    try:
        while chunk := await _read_chunk(response, timeout_seconds, ping):
            yield chunk
            bytes_left -= len(chunk)
            if bytes_left < 0:
                raise InfluxEndlessError(address=target.url, most=f"{MAX_BYTES // 2**20} MB")
            if loop.time() > end:
                raise InfluxEndlessError(address=target.url, most=f"{MAX_SECONDS:.0f} s")
    except (aiohttp.ClientError, OSError) as error:
        away = _connection_error(error, target, timeout_seconds)
    except RuntimeError:  # as in `stream_answer`
        away = InfluxBrokenError(address=target.url)
    else:
        return
    raise away


async def _read_chunk(
    response: aiohttp.ClientResponse, timeout_seconds: float, ping: Ping
) -> bytes:
    """Return the next chunk, nothing at the end of the body. Raises TimeoutError."""
    async with asyncio.timeout(timeout_seconds):
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    return await response.content.readany()
            except TimeoutError:
                await _require_ping_answer(ping)


async def _read_short_answer(
    response: aiohttp.ClientResponse, target: InfluxTarget, timeout_seconds: float
) -> Answer:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await read_answer(response)
    except (aiohttp.ClientError, OSError) as error:
        away = _connection_error(error, target, timeout_seconds)
    raise away
