"""Using a connection that exists: another station's, or the station's own."""

from homeassistant.core import HomeAssistant

from custom_components.air_state.const import CONF_INFLUXDB
from custom_components.air_state.runtime import AirStateConfigEntry
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import errors, reconfigure, submit
from tests.ha.flows.influx.forms import POINTS, fields_of, options_of, to_mirror
from tests.ha.influx import ORGANISATION, TOKEN, FakeInflux


async def test_another_station_takes_the_connection_over(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    first, _ = mirrored
    second = FakeStation()
    await second.start()
    menu = await to_mirror(hass, second)
    assert menu["menu_options"] == ["without_influxdb", "take_over", "influxdb"]
    form = await submit(hass, menu, next_step_id="take_over")
    (option,) = options_of(form, "connection")
    assert option["label"].endswith("(Attic)")

    form = await submit(hass, form, connection="0")
    assert form["step_id"] == "bucket"
    form = await submit(hass, form, organisation=ORGANISATION, bucket="air")
    form = await submit(hass, form, **POINTS)
    assert errors(form) == {"device_tag": "device_tag_taken"}
    form = await submit(hass, form, **{**POINTS, "device_tag": "bad\ntag"})
    assert errors(form) == {"device_tag": "device_tag_invalid"}
    result = await submit(hass, form, **{**POINTS, "device_tag": "cellar"})
    await hass.async_block_till_done()
    stored = result["result"].data[CONF_INFLUXDB]
    assert stored["token"] == first.data[CONF_INFLUXDB]["token"] == TOKEN
    assert stored["sink"] != first.data[CONF_INFLUXDB]["sink"]

    options = await hass.config_entries.options.async_init(first.entry_id)
    form = await hass.config_entries.options.async_configure(
        options["flow_id"],
        {
            "poll_seconds": 30,
            "update_seconds": 10,
            "journal_days": 10,
            "journal_megabytes": 512,
            "counted": [],
            "device_tag": "cellar",
            "own_readings": True,
        },
    )
    assert (form["errors"] or {})["device_tag"] == "device_tag_taken"
    await second.stop()


async def test_the_connection_to_take_over_does_not_answer(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    _, influx = mirrored
    await influx.__aexit__()
    other = FakeStation()
    await other.start()
    form = await submit(hass, await to_mirror(hass, other), next_step_id="take_over")
    form = await submit(hass, form, connection="0")
    assert errors(form) == {"connection": "influx_closed"}
    await influx.__aenter__()
    form = await submit(hass, form, connection="0")
    assert form["step_id"] == "bucket"
    await other.stop()


async def test_the_bucket_is_changed_and_the_credentials(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    entry, influx = mirrored
    before = entry.data[CONF_INFLUXDB]
    form = await reconfigure(hass, entry, "other_place")
    assert form["step_id"] == "bucket"
    form = await submit(hass, form, organisation=ORGANISATION, bucket="other")
    assert "send_history" in fields_of(form)
    await submit(hass, form, **POINTS, send_history=True)
    await hass.async_block_till_done()
    stored = entry.data[CONF_INFLUXDB]
    assert (stored["place"], stored["token"]) == ("other", TOKEN)
    assert stored["sink"] != before["sink"]

    influx.secrets.add("another")
    form = await reconfigure(hass, entry, "influxdb")
    form = await submit(hass, form, url=influx.url, verify_tls=True)
    form = await submit(hass, form, token="another")
    form = await submit(hass, form, organisation=ORGANISATION, bucket="other")
    assert "send_history" not in fields_of(form)  # it goes on where it was
    await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    again = entry.data[CONF_INFLUXDB]
    assert (again["token"], again["sink"]) == ("another", stored["sink"])


async def test_the_server_is_away_while_the_bucket_is_to_be_changed(
    hass: HomeAssistant, mirrored: tuple[AirStateConfigEntry, FakeInflux]
) -> None:
    entry, influx = mirrored
    await influx.__aexit__()
    form = await reconfigure(hass, entry, "other_place")
    assert (form["step_id"], errors(form)) == ("other_place", {"base": "influx_closed"})
    await influx.__aenter__()
    form = await submit(hass, form)
    assert form["step_id"] == "bucket"
