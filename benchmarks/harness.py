"""What the benchmarks share: a server in another process, fresh processes, a watch on the loop."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

_TICK = 0.001
_SETTLING = 0.05


async def serve(application: web.Application) -> None:
    """Serve on a free port of loopback, which is printed, until the parent goes."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *arguments]


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[str]:
    """Have a benchmark's own server run in another process; yield its port."""
    with subprocess.Popen(  # noqa: S603 - a file of this folder
        _command(module, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError
        yield server.stdout.readline().strip()
        server.stdin.close()


def run(module: str, *arguments: str) -> list[float]:
    """Run a benchmark's child and return the numbers on its last line."""
    done = subprocess.run(  # noqa: S603 - a file of this folder
        _command(module, *arguments), stdout=subprocess.PIPE, check=True, text=True
    )
    return [float(number) for number in done.stdout.splitlines()[-1].split()]


def tell(number: int, runs: int) -> None:
    """Say how far it is."""
    print(f"run {number + 1} of {runs}", file=sys.stderr)


class LoopWatch:
    """Notes for how many seconds the event loop was held at the longest, and how long it took."""

    def __init__(self) -> None:
        """Begin before anything is held."""
        self.longest = self.spent = 0.0
        self._began = 0.0

    async def __aenter__(self) -> Self:
        """Begin to watch."""
        self._ticking = asyncio.create_task(self._tick())
        await asyncio.sleep(_SETTLING)
        self.longest = 0.0
        self._began = time.perf_counter()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Note the time, and let a hold that has just ended be seen."""
        self.spent = time.perf_counter() - self._began
        await asyncio.sleep(2 * _TICK)
        self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK)
            self.longest = max(self.longest, time.perf_counter() - before - _TICK)
