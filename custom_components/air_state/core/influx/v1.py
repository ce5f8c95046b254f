"""InfluxDB 1.x and 3.x, through a session that belongs to somebody else.

InfluxQL is understood by 2.x as well, at the same path.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import override

import aiohttp

from .errors import InfluxAccessError, InfluxError, InfluxNamelessError, InfluxRefusalError
from .influxql.query_text import readable_by_v3
from .queries.streaming import NO_LIMIT, PATIENCE, encoding, opened
from .target import InfluxKind, InfluxTarget, ask, require_readable, require_stored

_LOOK_SECONDS = 60.0


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
        answer = await ask(
            self._session, self._target, f"POST {self._path}", params=self._params, body=body
        )
        require_stored(answer, self._target)

    async def check(self) -> None:
        """Try to write nothing, and to ask for the database's measurements. Raises InfluxError."""
        with suppress(InfluxRefusalError, InfluxNamelessError):
            # 3.x lets it in, then says that it is empty.
            await self.write(b"")
        await self._read()

    async def _read(self) -> None:
        """Ask for the database's measurements. Raises InfluxError."""
        params = {"db": self._target.place, "q": "SHOW MEASUREMENTS LIMIT 1"}
        answer = await ask(self._session, self._target, "GET /query", params=params)
        require_readable(answer, self._target)

    async def close(self) -> None:
        """Do nothing: the session is somebody else's."""


class InfluxV3Sink(InfluxV1Sink):
    """A Sink: a database of 3.x, which a write would make if it is not there."""

    _known_until = 0.0  # by the loop's time

    @override
    async def write(self, body: bytes) -> None:
        """Write lines to a database that is there, as far as is known. Raises InfluxError."""
        now = asyncio.get_running_loop().time()
        try:
            if now >= self._known_until:
                with suppress(InfluxAccessError):  # whoever may not look may write
                    await self._read()
                self._known_until = now + _LOOK_SECONDS
            await super().write(body)
        except InfluxNamelessError:  # so it is with each write to 3.x, which names itself to pings
            raise
        except InfluxError:
            self._known_until = 0.0
            raise

    @override
    async def check(self) -> None:
        """Look for the database before an empty write, which makes one, too. Raises InfluxError."""
        await self._read()
        with suppress(InfluxRefusalError, InfluxNamelessError):
            await super().write(b"")


class InfluxV1Client:
    """Asks a database, or a bucket of 2.x, by InfluxQL."""

    def __init__(self, session: aiohttp.ClientSession, target: InfluxTarget) -> None:
        """Ask `target`; the session knows whether to verify certificates."""
        self.target = target
        self._session = session

    def ask(
        self,
        query: str,
        *,
        parameters: str = "",
        epoch: str = "ms",
        rows_at_once: int = 1_000,
        timeout_seconds: float = PATIENCE,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return an answer that streams, in objects of so many rows; times in units of `epoch`.

        `parameters` is a JSON object of what the query names as ``$name``. Raises InfluxError.
        """
        target = self.target
        if target.kind is InfluxKind.V3:
            query = readable_by_v3(query)
        form = {"q": query, "params": parameters} if parameters else {"q": query}
        policy = {"rp": target.policy} if target.policy else {}
        return opened(
            self._session.post(
                f"{target.url}/query",
                params={
                    "db": target.place,
                    **policy,
                    "epoch": epoch,
                    "chunked": "true",
                    "chunk_size": str(rows_at_once),
                },
                data=form,
                headers={**target.headers, "Accept-Encoding": encoding(target.url)},
                allow_redirects=False,
                timeout=NO_LIMIT,
            ),
            target,
            ping=lambda: self._session.get(f"{target.url}/ping", allow_redirects=False),
            timeout_seconds=timeout_seconds,
        )
