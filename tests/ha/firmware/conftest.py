"""Stations that run their own firmware, in the simulator."""

from collections.abc import Iterator

import pytest

from custom_components.air_state.flows import station_steps
from tests.firmware.simulator import Simulator
from tests.ha.firmware.stations import (
    FIVE_MINUTES,
    ID,
)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a station that does not answer be asked again at once."""
    monkeypatch.setattr(station_steps, "_RETRY_SECONDS", 0)


@pytest.fixture
def board(socket_enabled: None) -> Iterator[Simulator]:
    """Return a station of the present firmware that has been on for five minutes."""
    with Simulator("--id", ID) as made:
        made.tell(FIVE_MINUTES)
        yield made
