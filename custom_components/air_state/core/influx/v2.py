"""InfluxDB 2.x, Cloud 2 and 1.8+ with Flux, through the official client.

Importing this module takes a third of a second, and a few seconds on a small board. Import it in
an executor, and only for stations that use it. The official client is the transport alone: it
gets complete lines, and its responses are read here, because it would read one of any size.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, suppress
from http import HTTPStatus
from ssl import SSLContext

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.domain.dialect import Dialect
from influxdb_client.domain.query import Query
from influxdb_client.service.ping_service import PingService
from influxdb_client.service.query_service import QueryService
from influxdb_client.service.write_service import WriteService

from .answers import Answer, require_readable, require_stored
from .errors import InfluxFluxError, InfluxNamelessError
from .flux.query_text import probe_query
from .queries.streaming import CHUNK_TIMEOUT, STREAM_TIMEOUT, accept_encoding, stream_answer
from .requests import REQUEST_TIMEOUT, connection_error, read_answer
from .target import InfluxKind, InfluxTarget

_DIALECT = Dialect(
    header=True,
    delimiter=",",
    annotations=["datatype", "group", "default"],
    comment_prefix="#",
    date_time_format="RFC3339",
)


class InfluxV2Client:
    """A Sink and a FluxClient: a bucket of InfluxDB 2.x, or a database of 1.8+ as a bucket."""

    def __init__(self, target: InfluxTarget, tls: SSLContext) -> None:
        """Write to `target` and query it; the caller builds `tls`, since that reads files."""
        self.target = target
        if target.kind is InfluxKind.V1_FLUX:
            self._organisation = "-"
            self.bucket = f"{target.place}/{target.policy}" if target.policy else target.place
        else:
            self._organisation, self.bucket = target.organisation, target.place
        self._client = InfluxDBClientAsync(
            url=target.url,
            org=self._organisation,
            timeout=STREAM_TIMEOUT,
            ssl_context=tls,
            allow_redirects=False,
        )
        for name, value in target.headers.items():
            self._client.api_client.set_default_header(name, value)
        self._writes = WriteService(self._client.api_client)
        self._queries = QueryService(self._client.api_client)
        self._pings = PingService(self._client.api_client)

    async def write(self, body: bytes) -> None:
        """Write lines. Raises InfluxError."""
        answer = await self._read_answer(
            self._writes.post_write_async(
                org=self._organisation,
                bucket=self.bucket,
                body=body,
                precision="ms",
                content_type="text/plain; charset=utf-8",
                _preload_content=False,
            )
        )
        require_stored(answer, self.target)

    async def check(self) -> None:
        """Write nothing, then query the bucket in Flux. Raises InfluxError."""
        with suppress(InfluxNamelessError):
            await self.write(b"")
        query = Query(query=probe_query(self.bucket), dialect=Dialect(header=False))
        answer = await self._read_answer(
            self._queries.post_query_async(
                org=self._organisation, query=query, _preload_content=False
            )
        )
        if answer.status == HTTPStatus.FORBIDDEN and "flux-enabled" in answer.text:
            raise InfluxFluxError(address=self.target.url)
        require_readable(answer, self.target)

    def query(
        self,
        query: str,
        *,
        extern: dict[str, object] | None = None,
        timeout_seconds: float = CHUNK_TIMEOUT,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer to a Flux query as a stream of annotated CSV.

        `extern` is a syntax tree that assigns the values of the query's parameters.
        `timeout_seconds` is as in `stream_answer`. Raises InfluxError.
        """
        return stream_answer(
            self._queries.post_query_async(
                org=self._organisation,
                query=Query(query=query, extern=extern, dialect=_DIALECT),
                accept_encoding=accept_encoding(self.target.url),
                _preload_content=False,
            ),
            self.target,
            ping=lambda: self._pings.get_ping_async(_preload_content=False),
            timeout_seconds=timeout_seconds,
        )

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _read_answer(self, request: Awaitable[aiohttp.ClientResponse]) -> Answer:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT.total), await request as response:
                return await read_answer(response)
        except (aiohttp.ClientError, OSError) as error:
            away = connection_error(error, self.target.url)
        # Not raised in the except block: aiohttp's error would be its context and holds the token.
        raise away
