"""Telling a mirror how many rows it can get from now on."""

import asyncio
from collections.abc import Callable


class RowsNotifier:
    """Counts added snapshots, and calls a listener as they become available to sinks.

    They are available when they are committed or dropped, or when the disk refuses them.
    """

    def __init__(self) -> None:
        """Start with no listener."""
        self._loop = asyncio.get_running_loop()
        self._listener: Callable[[int], None] | None = None
        self._added = self._announced = 0  # ever

    @property
    def has_listener(self) -> bool:
        """Return whether somebody waits for rows."""
        return self._listener is not None

    def set_listener(self, listener: Callable[[int], None]) -> None:
        """Call `listener` in the event loop with the number of rows that became available."""
        self._listener = listener

    def count_added(self) -> None:
        """Count one snapshot that was added to the queue."""
        self._added += 1

    def announce_all(self) -> None:
        """Announce all snapshots that were ever added."""
        self._announce(self._added)

    def announce_removed(self, count: int) -> None:
        """Announce, from the journal's thread, the first `count` snapshots that were ever added."""
        self._loop.call_soon_threadsafe(self._announce, count)

    def _announce(self, count: int) -> None:
        new, self._announced = count - self._announced, max(count, self._announced)
        if new > 0 and self._listener is not None:
            self._loop.call_soon(self._listener, new)  # so that its errors are not the journal's
