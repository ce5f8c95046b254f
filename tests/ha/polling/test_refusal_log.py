"""Log lines about sensors that fail, and about their recovery."""

from collections.abc import Mapping

import pytest
from homeassistant.core import HomeAssistant

from tests.ha.conftest import FakeStation, SetUp
from tests.payloads import encode


async def test_a_broken_sensor_is_logged_once_and_so_is_its_recovery(
    hass: HomeAssistant,
    set_up: SetUp,
    station: FakeStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = await set_up()

    async def poll(**changes: Mapping[str, object]) -> list[str]:
        caplog.clear()
        station.sends(**changes)
        await data.coordinator.async_refresh()
        return [r.getMessage() for r in caplog.records if "usable" in r.getMessage()]

    broken: dict[str, dict[str, object]] = {"dht22": {"temperature": "nan", "humidity": "nan"}}
    assert await poll(**broken) == ["Attic: dht22 sends no usable temperature: 'nan' (not finite)"]
    assert await poll(**broken) == []
    assert await poll() == []
    assert await poll(**broken) == []  # it comes and goes: not a line each time
    assert await poll() == await poll() == []
    assert await poll() == ["Attic: dht22 sends usable values again"]
    assert await poll() == []
    assert len(await poll(ds18b20={"temperature": "85.00"}, **broken)) == 2


async def test_made_up_sensors_do_not_fill_the_log(
    hass: HomeAssistant,
    set_up: SetUp,
    station: FakeStation,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("custom_components.air_state.polling.refusal_log.MAX_COLUMNS", 15)
    data = await set_up()
    for number in range(30):
        station.sends(**{f"made_up_{number}": {"x": "nan"}})
        await data.coordinator.async_refresh()

    assert caplog.text.count("sends no usable x") == 15


async def test_a_sensor_that_vanishes_has_not_healed(
    hass: HomeAssistant, set_up: SetUp, station: FakeStation, caplog: pytest.LogCaptureFixture
) -> None:
    data = await set_up()
    station.sends(dht22={"temperature": "nan", "humidity": "nan"})
    await data.coordinator.async_refresh()
    station.body = encode({"nodemcu": {"bmp180": {"temperature": 20}}})
    for _ in range(5):
        await data.coordinator.async_refresh()

    assert "usable values again" not in caplog.text
