"""A sink that makes sure that InfluxDB, and no other server, has taken the lines."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..domain.ports import Clock, Sink
from .errors import InfluxError, InfluxNamelessError

VERIFIED_SECONDS = 60.0  # for which the server counts as InfluxDB after it was asked


class VerifiedSink:
    """A Sink around another one, whose success counts only if it comes from InfluxDB.

    1.x and 2.x name themselves in each answer to a write, 3.x only in answers to pings, and some
    proxies remove the name. Without a name the server is asked what it is: at first, after each
    failure and once a minute. After that it gets the lines again.
    """

    def __init__(self, sink: Sink, identify: Callable[[], Awaitable[object]], clock: Clock) -> None:
        """Write to `sink`; `identify` raises InfluxError unless InfluxDB answers there."""
        self._sink = sink
        self._identify = identify
        self._clock = clock
        self._verified_until = 0.0  # in monotonic seconds

    async def write(self, body: bytes) -> None:
        """Write lines. Raises InfluxError."""
        try:
            await self._write(body)
        except InfluxError:
            self._verified_until = 0.0
            raise

    async def _write(self, body: bytes) -> None:
        try:
            await self._sink.write(body)
        except InfluxNamelessError:
            if self._clock.monotonic() < self._verified_until:
                return
            await self._identify()
            self._verified_until = self._clock.monotonic() + VERIFIED_SECONDS
            # Another server may have taken them a moment before.
            with suppress(InfluxNamelessError):
                await self._sink.write(body)

    async def check(self) -> None:
        """Check that lines can be written and read, without leaving any. Raises InfluxError."""
        await self._sink.check()

    async def close(self) -> None:
        """Close the connections."""
        await self._sink.close()
