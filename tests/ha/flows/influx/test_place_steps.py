"""Choosing the bucket or database, and trying to write there and to read."""

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.mirroring.settings import InfluxSettings
from custom_components.air_state.translate import escape_markdown
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import errors, placeholders, submit
from tests.ha.flows.influx.forms import (
    PLACES,
    POINTS,
    Start,
    credentials,
    options_of,
    to_credentials,
    to_mirror,
    to_place,
)
from tests.ha.influx import PASSWORD, USER


@pytest.mark.parametrize(
    ("kind", "path", "answer", "error"),
    [
        (InfluxKind.V2, "/api/v2/write", (403, "{}"), {"bucket": "influx_write_forbidden"}),
        (InfluxKind.V2, "/api/v2/query", (404, "{}"), {"bucket": "influx_read_forbidden"}),
        (InfluxKind.V2, "/api/v2/write", (503, ""), {"base": "influx_busy"}),
        (InfluxKind.V1, "/write", (403, "{}"), {"database": "influx_write_forbidden"}),
        (
            InfluxKind.V1_FLUX,
            "/api/v2/query",
            (403, "Flux query service disabled. Verify flux-enabled=true"),
            {"without_flux": "influx_flux_off"},
        ),
    ],
)
async def test_places_that_do_not_do(
    hass: HomeAssistant,
    station: FakeStation,
    start: Start,
    kind: InfluxKind,
    path: str,
    answer: tuple[int, str],
    error: dict[str, str],
) -> None:
    influx = await start(kind)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    influx.answers[path] = answer
    form = await submit(hass, form, **PLACES[kind])
    assert errors(form) == error

    if kind is InfluxKind.V1_FLUX:
        form = await submit(hass, form, database="air", without_flux=True)
    else:
        influx.answers.clear()
        form = await submit(hass, form, **PLACES[kind])
    assert form["step_id"] == "points"
    if kind is InfluxKind.V1_FLUX:
        result = await submit(hass, form, **POINTS)
        await hass.async_block_till_done()
        assert result["result"].data[CONF_INFLUXDB]["kind"] == "1"


async def test_places_that_are_not_there(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V2)
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, organisation="nobody", bucket="air")
    assert errors(form) == {"organisation": "influx_no_organisation"}
    form = await submit(hass, form, organisation="home", bucket="nowhere")
    assert errors(form) == {"bucket": "influx_no_bucket"}
    assert placeholders(form)["place"] == "nowhere"


async def test_nothing_may_be_listed(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1)
    influx.answers["/query"] = (200, '{"results":[{"error":"not allowed"}]}')
    form = await to_place(hass, await to_mirror(hass, station), influx)
    schema = form["data_schema"]
    assert schema is not None
    assert not hasattr(next(iter(schema.schema.values())), "config") or "options" not in str(
        next(iter(schema.schema.values())).config
    )
    form = await submit(hass, form, database="air")
    assert form["step_id"] == "points"


async def test_several_retention_policies(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    influx = await start(InfluxKind.V1, policies=("autogen", "year"))
    form = await to_place(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, database="air")
    assert (form["step_id"], options_of(form, "policy")) == ("policy", ["autogen", "year"])
    influx.answers["/write"] = (500, '{"error":"retention policy not found: x"}')
    form = await submit(hass, form, policy="x")
    assert errors(form) == {"policy": "influx_no_policy"}
    influx.answers.clear()
    form = await submit(hass, form, policy="year")
    result = await submit(hass, form, **POINTS)
    await hass.async_block_till_done()
    assert result["result"].data[CONF_INFLUXDB]["policy"] == "year"


async def test_names_of_databases_are_shown_as_they_are(
    hass: HomeAssistant, station: FakeStation, start: Start
) -> None:
    """Markdown would load the image; a title is plain text."""
    hostile = "![x](y)"
    influx = await start(InfluxKind.V1, ("autogen", "long"))
    influx.places = [hostile]
    form = await to_credentials(hass, await to_mirror(hass, station), influx)
    form = await submit(hass, form, **credentials(influx.kind))
    form = await submit(hass, form, database=hostile)
    assert form["step_id"] == "policy"
    assert placeholders(form)["database"] == escape_markdown(hostile)

    target = InfluxTarget(
        url=influx.url, kind=InfluxKind.V1, place=hostile, username=USER, password=PASSWORD
    )
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=hostile,
        data={
            CONF_ADDRESS: station.address,
            CONF_DEVICE: "nodemcu",
            CONF_INFLUXDB: InfluxSettings.new(target, since=0).to_stored(),
        },
    )
    entry.add_to_hass(hass)
    form = await entry.start_reauth_flow(hass)
    told = placeholders(form)
    assert told["name"] == told["bucket"] == escape_markdown(hostile)
