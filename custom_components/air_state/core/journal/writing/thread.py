"""The one thread in which a journal is read and written by its writer."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...domain.errors import JournalUnavailableError


class JournalThread:
    """Runs one job after another, and goes on with a job whose waiting task is cancelled."""

    def __init__(self, path: Path) -> None:
        """Prepare the thread for the journal at `path`; it starts with the first job."""
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="air_state journal")
        self._is_shut_down = False

    async def run[T](self, job: Callable[[], T]) -> T:
        """Return what `job` returns. Raises JournalUnavailableError after `shut_down`."""
        if self._is_shut_down:
            raise JournalUnavailableError(path=self._path, reason="closed")
        return await self._loop.run_in_executor(self._executor, job)

    async def shut_down(self) -> None:
        """End the thread after the jobs that it was given."""
        self._is_shut_down = True
        await self._loop.run_in_executor(None, self._executor.shutdown)
