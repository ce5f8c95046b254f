"""How long to wait before the next try."""

from collections.abc import Callable

FIRST_SECONDS = 1.0
MAX_SECONDS = 300.0
MAX_RETRY_AFTER_SECONDS = 3_600.0  # a server whose clock is wrong may ask for years


class Backoff:
    """Exponential backoff with full jitter.

    Jitter spreads the tries of a hundred stations that lost the same server. Source:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        """Multiply delays by what `jitter` returns: random numbers from 0 up to 1."""
        self._jitter = jitter
        self._failures = 0

    def failed(self, *, retry_after: float | None = None) -> float:
        """Return how many seconds to wait after one more failure.

        That is at least `retry_after`, the seconds that the server asked for, but of those an hour
        at most.
        """
        ceiling = min(MAX_SECONDS, FIRST_SECONDS * 2.0**self._failures)
        self._failures = min(self._failures + 1, 64)
        return max(self._jitter() * ceiling, min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS))

    def succeeded(self) -> None:
        """Start again with short delays."""
        self._failures = 0
