"""The system's clock."""

import time


class SystemClock:
    """The system's time, as a Clock."""

    def now(self) -> int:
        """Return the UTC time in ms since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since a fixed moment."""
        return time.monotonic()
