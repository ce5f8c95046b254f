"""The system's clock."""

import time


class SystemClock:
    """A Clock that tells the real time."""

    def now(self) -> int:
        """Return the UTC time in ms since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return time.monotonic()
