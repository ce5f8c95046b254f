"""A server that does not answer: found once, it is not waited for again for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from ..errors import InfluxAwayError, InfluxError, InfluxTimeoutError

SECONDS = 60.0  # for which nobody who has a choice waits again


class CircuitBreaker:
    """Whether a server was silent just now."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin without one; `clock` returns seconds that never jump."""
        self._clock = clock
        self._details: dict[str, str] | None = None
        self._since = 0.0
        self._count = 0

    @property
    def error(self) -> InfluxTimeoutError | None:
        """Return how it was found, None if it was not, or is too long ago."""
        if self._details is None or self._clock() - self._since >= SECONDS:
            return None
        return InfluxTimeoutError(**self._details)

    def begin(self, error: InfluxTimeoutError) -> None:
        """Note that the server was silent."""
        self._details, self._since = error.details, self._clock()
        self._count += 1

    def end(self) -> None:
        """Note that the server answered."""
        self._details = None

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Note how the server behaves towards what is done within."""
        try:
            yield
        except InfluxTimeoutError as error:
            self.begin(error)
            raise
        except InfluxAwayError:
            raise
        except InfluxError:  # whatever it is, the server said it
            self.end()
            raise
        else:
            self.end()

    def watch(self) -> Callable[[], None]:
        """Return a check that raises InfluxTimeoutError if a silence was found since."""
        count = self._count

        def check() -> None:
            if self._count > count and (error := self.error) is not None:
                raise error

        return check
