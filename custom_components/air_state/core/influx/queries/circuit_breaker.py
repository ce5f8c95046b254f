"""A circuit breaker: a server that did not answer is left alone for a minute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from ..errors import InfluxAwayError, InfluxError, InfluxTimeoutError

OPEN_SECONDS = 60.0


class CircuitBreaker:
    """Whether a server has answered lately.

    The breaker is open for `OPEN_SECONDS` after a timeout. It does not hold queries back by
    itself: whoever can do without the server looks at `error` first.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start closed; `clock` returns monotonic seconds."""
        self._clock = clock
        self._details: dict[str, str] | None = None
        self._failed_at = 0.0
        self._failure_count = 0

    @property
    def error(self) -> InfluxTimeoutError | None:
        """Return the timeout that opened the breaker, None if it is closed."""
        if self._details is None or self._clock() - self._failed_at >= OPEN_SECONDS:
            return None
        return InfluxTimeoutError(**self._details)

    def record_failure(self, error: InfluxTimeoutError) -> None:
        """Open the breaker: the server did not answer."""
        self._details, self._failed_at = error.details, self._clock()
        self._failure_count += 1

    def record_success(self) -> None:
        """Close the breaker: the server answered."""
        self._details = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record whether the server answers the query in the `with` block."""
        try:
            yield
        except InfluxTimeoutError as error:
            self.record_failure(error)
            raise
        except InfluxAwayError:
            raise
        except InfluxError:  # whatever it is, the server said it
            self.record_success()
            raise
        else:
            self.record_success()

    def guard(self) -> Callable[[], None]:
        """Return a function that raises InfluxTimeoutError if the breaker has opened meanwhile."""
        count = self._failure_count

        def check() -> None:
            if self._failure_count > count and (error := self.error) is not None:
                raise error

        return check
