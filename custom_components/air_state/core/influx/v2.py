"""InfluxDB 2.x, Cloud 2 and 1.8+ with Flux, through the official client.

Importing this module takes a third of a second, on a small board a few: import it in an executor,
and only for stations that write there. The client is used as transport: it is given lines as they
are, and its answers are read here, since it would read a page of any size.
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

from .errors import InfluxFluxError, InfluxNamelessError
from .flux.query_text import probe_query
from .queries.streaming import NO_LIMIT, PATIENCE, encoding, opened
from .target import (
    TIMEOUT,
    Answer,
    InfluxKind,
    InfluxTarget,
    failed,
    read_answer,
    require_readable,
    require_stored,
)

_DIALECT = Dialect(
    header=True,
    delimiter=",",
    annotations=["datatype", "group", "default"],
    comment_prefix="#",
    date_time_format="RFC3339",
)


class InfluxV2Client:
    """A Sink and a FluxClient: a bucket of InfluxDB 2.x, or a database of 1.8+ seen as one."""

    def __init__(self, target: InfluxTarget, tls: SSLContext) -> None:
        """Write to and ask `target`; `tls` is built by the caller, as that reads files."""
        self.target = target
        if target.kind is InfluxKind.V1_FLUX:
            self._organisation = "-"
            self.bucket = f"{target.place}/{target.policy}" if target.policy else target.place
        else:
            self._organisation, self.bucket = target.organisation, target.place
        self._client = InfluxDBClientAsync(
            url=target.url,
            org=self._organisation,
            timeout=NO_LIMIT,
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
        answer = await self._answer(
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
        """Try to write nothing, and to read the bucket by Flux. Raises InfluxError."""
        with suppress(InfluxNamelessError):
            await self.write(b"")
        query = Query(query=probe_query(self.bucket), dialect=Dialect(header=False))
        answer = await self._answer(
            self._queries.post_query_async(
                org=self._organisation, query=query, _preload_content=False
            )
        )
        if answer.status == HTTPStatus.FORBIDDEN and "flux-enabled" in answer.text:
            raise InfluxFluxError(address=self.target.url)
        require_readable(answer, self.target)

    def ask(
        self,
        query: str,
        *,
        extern: dict[str, object] | None = None,
        timeout_seconds: float = PATIENCE,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer to a Flux query, annotated CSV that streams.

        `extern` is a syntax tree of what the query leaves open. Raises InfluxError.
        """
        return opened(
            self._queries.post_query_async(
                org=self._organisation,
                query=Query(query=query, extern=extern, dialect=_DIALECT),
                accept_encoding=encoding(self.target.url),
                _preload_content=False,
            ),
            self.target,
            ping=lambda: self._pings.get_ping_async(_preload_content=False),
            timeout_seconds=timeout_seconds,
        )

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _answer(self, request: Awaitable[aiohttp.ClientResponse]) -> Answer:
        try:
            async with asyncio.timeout(TIMEOUT.total), await request as response:
                return await read_answer(response)
        except (aiohttp.ClientError, OSError) as error:
            away = failed(error, self.target.url)
        raise away  # apart from aiohttp's error, which holds the request's headers
