"""InfluxDB 1.x and 3.x: a sink for lines, and a client for queries in InfluxQL.

2.x understands InfluxQL as well, at the same path. The HTTP sessions belong to the caller.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import override

import aiohttp

from .answers import require_readable, require_stored
from .errors import InfluxAccessError, InfluxError, InfluxNamelessError, InfluxRefusalError
from .influxql.query_text import readable_by_v3
from .queries.streaming import CHUNK_TIMEOUT, STREAM_TIMEOUT, accept_encoding, stream_answer
from .requests import send_request
from .target import InfluxKind, InfluxTarget

_CHECK_INTERVAL = 60.0  # seconds


class InfluxV1Sink:
    """A Sink: a database of InfluxDB 1.x, or of 3.x, which takes lines at 2.x's path."""

    def __init__(self, session: aiohttp.ClientSession, target: InfluxTarget) -> None:
        """Write to `target`; the session knows whether to verify certificates."""
        self._session = session
        self._target = target
        if target.kind is InfluxKind.V3:
            self._path, self._params = "/api/v2/write", {"bucket": target.place}
        else:
            self._path, self._params = "/write", {"db": target.place}
            if target.policy:
                self._params["rp"] = target.policy
        self._params["precision"] = "ms"

    async def write(self, body: bytes) -> None:
        """Write lines. Raises InfluxError."""
        answer = await send_request(
            self._session, self._target, f"POST {self._path}", params=self._params, body=body
        )
        require_stored(answer, self._target)

    async def check(self) -> None:
        """Write nothing, then query the database's measurements. Raises InfluxError."""
        with suppress(InfluxRefusalError, InfluxNamelessError):
            # 3.x checks the credentials first and then refuses an empty write.
            await self.write(b"")
        await self._require_database()

    async def _require_database(self) -> None:
        """Query the database's measurements. Raises InfluxError."""
        params = {"db": self._target.place, "q": "SHOW MEASUREMENTS LIMIT 1"}
        answer = await send_request(self._session, self._target, "GET /query", params=params)
        require_readable(answer, self._target)

    async def close(self) -> None:
        """Do nothing: the session belongs to the caller."""


class InfluxV3Sink(InfluxV1Sink):
    """A Sink: a database of 3.x, which would create a missing database with a write.

    So the database is queried before the first write, after each failure and once a minute.
    """

    _checked_until = 0.0  # in the event loop's time

    @override
    async def write(self, body: bytes) -> None:
        """Write lines if the database exists, as far as is known. Raises InfluxError."""
        now = asyncio.get_running_loop().time()
        try:
            if now >= self._checked_until:
                with suppress(InfluxAccessError):  # a token that may not read may still write
                    await self._require_database()
                self._checked_until = now + _CHECK_INTERVAL
            await super().write(body)
        except InfluxNamelessError:  # no failure: 3.x names itself only in answers to pings
            raise
        except InfluxError:
            self._checked_until = 0.0
            raise

    @override
    async def check(self) -> None:
        """Query the database, then write nothing: in this order, since a write would create it.

        Raises InfluxError.
        """
        await self._require_database()
        with suppress(InfluxRefusalError, InfluxNamelessError):
            await super().write(b"")


class InfluxV1Client:
    """An InfluxqlClient: queries a database, or a bucket of 2.x, in InfluxQL."""

    def __init__(self, session: aiohttp.ClientSession, target: InfluxTarget) -> None:
        """Query `target`; the session knows whether to verify certificates."""
        self.target = target
        self._session = session

    def query(
        self,
        query: str,
        *,
        parameters: str = "",
        epoch: str = "ms",
        rows_per_chunk: int = 1_000,
        timeout_seconds: float = CHUNK_TIMEOUT,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the answer as a stream of JSON objects of up to `rows_per_chunk` rows.

        `parameters` is a JSON object with the values of each ``$name`` in the query. `epoch` is
        the unit of times, ``ms`` or ``ns``. `timeout_seconds` is as in `stream_answer`. Raises
        InfluxError.
        """
        target = self.target
        if target.kind is InfluxKind.V3:
            query = readable_by_v3(query)
        form = {"q": query, "params": parameters} if parameters else {"q": query}
        policy = {"rp": target.policy} if target.policy else {}
        return stream_answer(
            self._session.post(
                f"{target.url}/query",
                params={
                    "db": target.place,
                    **policy,
                    "epoch": epoch,
                    "chunked": "true",
                    "chunk_size": str(rows_per_chunk),
                },
                data=form,
                headers={**target.headers, "Accept-Encoding": accept_encoding(target.url)},
                allow_redirects=False,
                timeout=STREAM_TIMEOUT,
            ),
            target,
            ping=lambda: self._session.get(f"{target.url}/ping", allow_redirects=False),
            timeout_seconds=timeout_seconds,
        )
