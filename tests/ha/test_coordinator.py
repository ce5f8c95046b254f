"""How often entities are updated, and how many readings there can be."""

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.core.domain.models import ReadingKey
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.test_init import T_DHT, state


class SteppedClock:
    """A clock that stands still until it is told."""

    seconds = 1000.0

    def now(self) -> int:
        return 0

    def monotonic(self) -> float:
        return self.seconds


async def test_entities_are_updated_no_more_often_than_the_option_allows(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    options = {"poll_seconds": 1, "update_seconds": 10}
    hass.config_entries.async_update_entry(entry, options=options)
    data = await set_up()
    clock = SteppedClock()
    data.coordinator._clock = clock
    data.coordinator._next_update_at = 0.0

    async def poll(second: int, temperature: float) -> str:
        clock.seconds = 1000.0 + second
        station.sends(dht22={"temperature": temperature})
        await data.coordinator.async_refresh()
        await hass.async_block_till_done()
        return state(hass, T_DHT)

    shown = [await poll(second, second) for second in range(25)]
    assert shown == ["0.0"] * 10 + ["10.0"] * 10 + ["20.0"] * 5
    # Losing the station is told at once, and so is finding it.
    await station.stop()
    clock.seconds += 1
    await data.coordinator.async_refresh()
    assert state(hass, T_DHT) == "unavailable"
    await station.start()
    assert await poll(26, 26) == "26.0"


async def test_new_entities_and_asking_by_hand_do_not_wait(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, station: FakeStation
) -> None:
    options = {"poll_seconds": 3600, "update_seconds": 3600}
    hass.config_entries.async_update_entry(entry, options=options)
    data = await set_up()
    station.sends(sds011={"pm25": 7})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, "sensor.attic_sds011_pm2_5") == "7.0"

    station.sends(sds011={"pm25": 8})
    await data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state(hass, "sensor.attic_sds011_pm2_5") == "7.0"
    await data.coordinator.async_request_refresh()
    await hass.async_block_till_done()
    assert state(hass, "sensor.attic_sds011_pm2_5") == "8.0"
    await data.coordinator.async_shutdown()  # its debouncer


async def test_the_number_of_entities_is_bounded(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.air_state.polling.known_readings.MAX_COLUMNS", 15)
    data = await set_up()
    data.coordinator.add_known(ReadingKey("s", str(number)) for number in range(99))

    assert len(data.coordinator.known.keys) == 15
    # What there is no room for is not new with every poll.
    data.coordinator._next_update_at = 7.0
    data.coordinator.add_known(ReadingKey("s", str(number)) for number in range(99))
    assert data.coordinator._next_update_at == 7.0
