"""Delays between tries."""

from custom_components.air_state.core.mirror.backoff import (
    MAX_RETRY_AFTER_SECONDS,
    MAX_SECONDS,
    Backoff,
)


def test_delays_double_up_to_five_minutes() -> None:
    backoff = Backoff(lambda: 1.0)
    delays = [backoff.failed() for _ in range(12)]
    assert delays[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert delays[9:] == [MAX_SECONDS] * 3
    assert [backoff.failed() for _ in range(2_000)][-1] == MAX_SECONDS

    backoff.succeeded()
    assert backoff.failed() == 1


def test_jitter_is_full() -> None:
    chances = iter([0.0, 0.25, 0.5])
    backoff = Backoff(lambda: next(chances))
    assert [backoff.failed() for _ in range(3)] == [0.0, 0.5, 2.0]


def test_what_the_server_asks_for_is_obeyed_within_reason() -> None:
    backoff = Backoff(lambda: 1.0)
    assert backoff.failed(retry_after=30.0) == 30
    assert backoff.failed(retry_after=0.5) == 2
    assert backoff.failed(retry_after=10.0**9) == MAX_RETRY_AFTER_SECONDS
