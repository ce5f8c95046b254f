"""How long to wait before the next try."""

from collections.abc import Callable

FIRST_SECONDS = 1.0
MAX_SECONDS = 300.0
MAX_QUERY_SECONDS = 3_600.0  # a server's clock or mind may be wrong


class Backoff:
    """Delays that grow with every failure, with full jitter.

    Jitter keeps a hundred stations that lost the same server from coming back as one. Source:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, random: Callable[[], float]) -> None:
        """Take chance from `random`, which gives numbers from 0 up to 1."""
        self._random = random
        self._failures = 0

    def failed(self, *, asked: float | None = None) -> float:
        """Return how many seconds to wait after one more failure.

        At least as long as the server `asked` for, be it up to an hour.
        """
        ceiling = min(MAX_SECONDS, FIRST_SECONDS * 2.0**self._failures)
        self._failures = min(self._failures + 1, 64)
        return max(self._random() * ceiling, min(asked or 0.0, MAX_QUERY_SECONDS))

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0
