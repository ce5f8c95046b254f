"""For the core's tests: an event loop as users have it."""

import pytest


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Keep debug mode off: it notes the stack of each future, in a third of the tests' time."""
