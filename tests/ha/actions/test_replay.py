"""The action that sends a range of rows to InfluxDB again."""

import pytest
from homeassistant.core import Context, HomeAssistant, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
)

from custom_components.air_state.const import CONF_INFLUXDB, DOMAIN
from tests.ha.conftest import SetUp
from tests.ha.influx import FakeInflux
from tests.ha.mirroring.mirrored import CONNECTION, entry, influx, poll, quick, settled

__all__ = ["entry", "influx", "quick"]


async def replay(hass: HomeAssistant, entry: MockConfigEntry, **values: object) -> ServiceResponse:
    return await hass.services.async_call(
        DOMAIN,
        "replay",
        {"config_entry_id": entry.entry_id, **values},
        blocking=True,
        return_response=True,
    )


async def test_replay_sends_a_range_again(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    data = await set_up()
    await poll(hass, data)
    await settled(hass, data)
    influx.lines.clear()
    answer = await replay(hass, entry, start="-1h")
    assert answer is not None
    assert (answer["station"], answer["rows"], answer["refused"]) == ("Attic", 2, 0)
    assert len(influx.lines) == 2

    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="-1h", stop="-2h")
    assert caught.value.translation_key == "range_invalid"
    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="soon")
    assert caught.value.translation_key == "time_invalid"

    await influx.__aexit__()
    with pytest.raises(HomeAssistantError) as failed:
        await replay(hass, entry, start="-1h")
    assert failed.value.translation_key in {"influx_closed", "influx_broken_off"}
    await influx.__aenter__()


async def test_replay_is_for_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    hass_read_only_user: MockUser,
) -> None:
    await set_up()
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "replay",
            {"config_entry_id": entry.entry_id, "start": "-1h"},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


async def test_replay_without_influxdb(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp
) -> None:
    data = {name: value for name, value in entry.data.items() if name != CONF_INFLUXDB}
    hass.config_entries.async_update_entry(entry, data=data)
    await set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await replay(hass, entry, start="-1h")
    assert caught.value.translation_key == "mirror_absent"
    assert hass.states.get(CONNECTION) is None
