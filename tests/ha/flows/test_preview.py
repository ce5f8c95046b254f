"""What a station sends, as dialogs show it."""

from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import begin, finish, placeholders, submit
from tests.payloads import encode


async def test_the_preview_is_in_the_units_of_home_assistant(
    hass: HomeAssistant, station: FakeStation
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    station.body = encode(
        {"n": {"BME280": {"Temperature": 20, "pressure": 101_325}, "x": {"glow": 0.125}}}
    )
    form = await submit(hass, await begin(hass), address=station.address)
    shown = placeholders(form)["readings"].replace("\\", "").splitlines()
    assert shown == [
        "- BME280 temperature: 68.0 °F",
        "- BME280 pressure: 29.92 inHg",
        "- x glow: 0.125",
    ]
    result = await finish(hass, form, name="Attic", poll_seconds=60)
    await hass.async_block_till_done()
    for entity_id, unit in (("temperature", "°F"), ("pressure", "inHg")):
        found = hass.states.get(f"sensor.attic_bme280_{entity_id}")
        assert found is not None
        assert found.attributes["unit_of_measurement"] == unit
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_names_are_shown_as_they_were_sent(hass: HomeAssistant, station: FakeStation) -> None:
    station.body = encode({"n": {"![x](y)": {"*p*": 1}, "s": {"<b>": "nan", "q": 2}}})
    form = await submit(hass, await begin(hass), address=station.address)

    shown = placeholders(form)["readings"]
    assert r"- \!\[x\]\(y\) \*p\*: 1" in shown
    assert r"- s \<b\>: missing" in shown
