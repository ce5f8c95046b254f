"""Repair issues of the mirror, and the choices that they offer."""

import logging
import re

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.diagnostics import async_get_config_entry_diagnostics
from custom_components.air_state.translate import escape_markdown
from tests.ha.conftest import SetUp
from tests.ha.influx import FakeInflux
from tests.ha.issues import issues, own_lines
from tests.ha.mirroring.mirrored import (
    CONFLICT,
    Client,
    client,
    entry,
    influx,
    poll,
    quick,
    settled,
    take,
    times,
    until,
)

__all__ = ["client", "entry", "influx", "quick"]


async def test_what_influxdb_says_is_shown_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux
) -> None:
    """As Markdown it would load an image and contain links."""
    hass.config_entries.async_update_entry(entry, title="Attic <b>")
    said = "![x](https://evil.example/y) <img src=x> www.evil.example dropped=1"
    influx.answers = {"/api/v2/write": (400, f'{{"message": "{said}"}}')}
    data = await set_up()
    for _ in range(2):
        await poll(hass, data)
    await until(lambda: issues(hass))
    found = issues(hass)["influx_refuses_all"]
    for text in (found["reason"], found["message"], found["station"]):
        unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
        assert not set(unescaped) & set("![](<>"), text
        assert "www.evil" not in text
    assert found["name"] == "Attic <b>"  # a title is no Markdown


async def test_credentials_that_fail_after_an_outage_are_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await influx.__aexit__()
    data = await set_up()
    mirror = data.mirror
    assert mirror is not None
    await until(lambda: mirror.status.problem)
    # An outage says nothing about the credentials.
    assert (
        hass.config_entries.flow.async_progress() == []
    )  # an outage says nothing about credentials
    secrets, influx.secrets = influx.secrets, {"renewed"}
    await influx.__aenter__()
    mirror.retry()
    await until(hass.config_entries.flow.async_progress)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    lines = [line for level, line in own_lines(caplog) if level == logging.WARNING]
    assert len(lines) == 2

    influx.secrets = secrets  # the token is allowed again
    mirror.retry()
    await settled(hass, data)
    assert hass.config_entries.flow.async_progress() == []


async def test_a_bucket_that_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, set_up: SetUp, influx: FakeInflux, client: Client
) -> None:
    influx.places = []
    data = await set_up()
    await data.journal.flush()
    await until(lambda: issues(hass))
    found = issues(hass)["influx_place_missing"]
    assert (found["place"], found["address"], found["name"]) == (
        "air",
        escape_markdown(influx.url),
        "Attic",
    )
    assert "These credentials see no bucket “air”" in found["message"]

    answer = await take(hass, client, "influx_place_missing", "try_again")
    assert (answer["type"], answer["reason"]) == ("abort", "failed")
    influx.places = ["air"]
    answer = await take(hass, client, "influx_place_missing", "try_again")
    assert answer["type"] == "create_entry"
    await settled(hass, data)
    assert issues(hass) == {}


@pytest.mark.parametrize("choice", ["try_again", "set_aside"])
async def test_all_readings_are_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    client: Client,
    choice: str,
) -> None:
    data = await set_up()
    await settled(hass, data)
    influx.answers["/api/v2/write"] = (422, CONFLICT)
    for _ in range(3):
        await poll(hass, data)
    mirror = data.mirror
    assert mirror is not None
    await data.journal.flush()
    mirror.retry()
    await until(lambda: "influx_refuses_all" in issues(hass))
    assert "field type conflict" in issues(hass)["influx_refuses_all"]["reason"]
    assert mirror.status.backlog == 3

    if choice == "try_again":
        answer = await take(hass, client, "influx_refuses_all", choice)
        assert (answer["type"], answer["reason"]) == ("abort", "failed")
        assert "field type conflict" in answer["description_placeholders"]["reason"]
        influx.answers.clear()
        assert (await take(hass, client, "influx_refuses_all", choice))["type"] == "create_entry"
        await settled(hass, data)
        assert len(times(influx)) == 4
    else:
        assert (await take(hass, client, "influx_refuses_all", choice))["type"] == "create_entry"
        await until(lambda: mirror.status.dead_letters == 3)
        assert issues(hass).keys() == {"influx_dead_letters"}
        influx.answers.clear()
        await poll(hass, data)
        await settled(hass, data)
        assert len(times(influx)) == 2


async def test_dead_letters_are_sent_again_or_given_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    set_up: SetUp,
    influx: FakeInflux,
    client: Client,
) -> None:
    data = await set_up()
    mirror = data.mirror
    assert mirror is not None
    await settled(hass, data)
    influx.answers["/api/v2/write"] = (400, '{"message":"beyond retention policy dropped=1"}')
    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.async_block_till_done()
    told = issues(hass)["influx_dead_letters"]
    assert told["count"] == "1"
    assert told["reason"] == escape_markdown("beyond retention policy dropped=1")
    found = await async_get_config_entry_diagnostics(hass, entry)
    ((reason, refusal),) = found["mirror"]["refusals"].items()
    assert reason == "beyond retention policy dropped=#"
    assert (refusal["count"], refusal["line"].split(" ")[0]) == (1, "sensor_data,device=nodemcu")

    influx.answers["/api/v2/write"] = (503, "full")
    answer = await take(hass, client, "influx_dead_letters", "send_again")
    assert (answer["type"], answer["reason"]) == ("abort", "failed")
    assert "cannot do that at the moment" in answer["description_placeholders"]["reason"]
    assert mirror.status.dead_letters == 1

    influx.answers.clear()
    answer = await take(hass, client, "influx_dead_letters", "send_again")
    assert (answer["type"], mirror.status.dead_letters) == ("create_entry", 0)
    assert len(times(influx)) == 2
    assert issues(hass) == {}

    influx.answers["/api/v2/write"] = (400, '{"message":"beyond retention policy dropped=1"}')
    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.async_block_till_done()
    await take(hass, client, "influx_dead_letters", "give_up")
    assert (mirror.status.dead_letters, issues(hass)) == (0, {})

    await poll(hass, data)
    await until(lambda: mirror.status.dead_letters == 1)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    answer = await take(hass, client, "influx_dead_letters", "give_up")
    assert (answer["type"], answer["reason"]) == ("abort", "not_loaded")
