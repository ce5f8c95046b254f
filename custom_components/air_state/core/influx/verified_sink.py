"""A sink that believes nobody but InfluxDB that lines are stored."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..domain.ports import Clock, Sink
from .errors import InfluxError, InfluxNamelessError

LOOK_SECONDS = 60.0


class ConfirmedSink:
    """A Sink around another, whose answers have to come from InfluxDB.

    InfluxDB names itself in each answer, 3.x only when it is pinged, and some proxies take that
    away. Then it is asked who it is, at first, after each failure and now and then, and gets the
    lines again.
    """

    def __init__(self, sink: Sink, look: Callable[[], Awaitable[object]], clock: Clock) -> None:
        """Write by `sink`; `look` raises InfluxError if what answers there is no InfluxDB."""
        self._sink = sink
        self._look = look
        self._clock = clock
        self._known_until = 0.0

    async def write(self, body: bytes) -> None:
        """Write lines. Raises InfluxError."""
        try:
            await self._write(body)
        except InfluxError:
            self._known_until = 0.0
            raise

    async def _write(self, body: bytes) -> None:
        try:
            await self._sink.write(body)
        except InfluxNamelessError:
            if self._clock.monotonic() < self._known_until:
                return
            await self._look()
            self._known_until = self._clock.monotonic() + LOOK_SECONDS
            # It may have been another server that took them, a moment before.
            with suppress(InfluxNamelessError):
                await self._sink.write(body)

    async def check(self) -> None:
        """Try whether lines could be written and read, without leaving any. Raises InfluxError."""
        await self._sink.check()

    async def close(self) -> None:
        """Let go of connections."""
        await self._sink.close()
