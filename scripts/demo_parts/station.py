"""A station without its firmware, for machines without a compiler: answers alike, on loopback."""

from datetime import datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web

from .day import air, readings

DEVICE = "nodemcu"


def payload(moment: datetime, station: int) -> bytes:
    """Return what the station would answer at `moment`."""
    return orjson.dumps({DEVICE: readings(air(moment, station))})


class PlainStation:
    """One station's HTTP server."""

    def __init__(self, number: int, port: int, zone: ZoneInfo) -> None:
        """Simulate station `number`, living in `zone`, on 127.0.0.1:`port`."""
        self.address = f"127.0.0.1:{port}"
        self._number = number
        self._port = port
        self._zone = zone
        self._runner: web.AppRunner | None = None

    @property
    def on(self) -> bool:
        """Return whether it answers."""
        return self._runner is not None

    async def switch(self) -> None:
        """Switch it off, or on again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            return
        application = web.Application()
        application.router.add_get("/circumstances", self._answer)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def __aenter__(self) -> Self:
        """Start answering."""
        await self.switch()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop answering."""
        if self.on:
            await self.switch()

    async def _answer(self, _request: web.Request) -> web.Response:
        body = payload(datetime.now(self._zone), self._number)
        return web.Response(body=body, headers={"Content-Type": "application/json"})
