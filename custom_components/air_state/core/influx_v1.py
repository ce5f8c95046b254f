"""InfluxDB 1.x and 3.x, through a session that belongs to somebody else."""

from contextlib import suppress

import aiohttp

from .influx import (
    TIMEOUT,
    Answer,
    InfluxKind,
    InfluxTarget,
    failed,
    read_answer,
    require_readable,
    require_stored,
)
from .influx_errors import InfluxRefusalError


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
        answer = await self._ask("POST", self._path, self._params, body)
        require_stored(answer, self._target)

    async def check(self) -> None:
        """Try to write nothing, and to ask for the database's measurements. Raises InfluxError."""
        with suppress(InfluxRefusalError):  # 3.x lets it in, then says that it is empty
            await self.write(b"")
        params = {"db": self._target.place, "q": "SHOW MEASUREMENTS LIMIT 1"}
        require_readable(await self._ask("GET", "/query", params), self._target)

    async def close(self) -> None:
        """Do nothing: the session is somebody else's."""

    async def _ask(
        self, method: str, path: str, params: dict[str, str], body: bytes | None = None
    ) -> Answer:
        target = self._target
        try:
            async with self._session.request(
                method,
                f"{target.url}{path}",
                params=params,
                data=body,
                headers=target.headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                return await read_answer(response)
        except (aiohttp.ClientError, OSError) as error:
            away = failed(error, target.url)
        raise away  # apart from aiohttp's error, which holds the request's headers
