"""The way through the steps about InfluxDB, for tests."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.air_state.core.influx.target import InfluxKind
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import Result, begin, submit
from tests.ha.influx import ORGANISATION, PASSWORD, TOKEN, USER, FakeInflux

type Start = Callable[..., Awaitable[FakeInflux]]

PLACES: dict[InfluxKind, dict[str, object]] = {
    InfluxKind.V1: {"database": "air"},
    InfluxKind.V1_FLUX: {"database": "air", "without_flux": False},
    InfluxKind.V2: {"organisation": ORGANISATION, "bucket": "air"},
    InfluxKind.V3: {"database": "air"},
}
POINTS = {"device_tag": "attic", "own_readings": False}


def credentials(kind: InfluxKind) -> dict[str, str]:
    if kind in {InfluxKind.V2, InfluxKind.V3}:
        return {"token": f" {TOKEN}\n"}
    return {"username": USER, "password": PASSWORD}


async def to_mirror(hass: HomeAssistant, station: FakeStation) -> Result:
    """Set a station up as far as the question about InfluxDB."""
    form = await submit(hass, await begin(hass), address=station.address)
    return await submit(hass, form, name="Attic", poll_seconds=60)


async def to_credentials(hass: HomeAssistant, menu: Result, influx: FakeInflux) -> Result:
    """Go on from a menu to the form for the credentials."""
    first = menu["step_id"] == "mirror" or "other_place" in menu["menu_options"]
    form = await submit(hass, menu, next_step_id="influxdb" if first else "connect_influxdb")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "influxdb")
    return await submit(hass, form, url=influx.url, verify_tls=True)


async def to_place(hass: HomeAssistant, menu: Result, influx: FakeInflux) -> Result:
    """Go on from a menu to the form for the bucket or database."""
    form = await to_credentials(hass, menu, influx)
    return await submit(hass, form, **credentials(influx.kind))


def options_of(form: Result, field: str) -> list[Any]:
    """Return the options of a form's field."""
    schema = form["data_schema"]
    assert schema is not None
    selector = next(value for marker, value in schema.schema.items() if marker == field)
    found: list[Any] = [
        each["value"] if field != "connection" else each for each in selector.config["options"]
    ]
    return found


def suggestion(form: Result, field: str) -> object:
    """Return the suggested value of a form's field."""
    schema = form["data_schema"]
    assert schema is not None
    marker = next(each for each in schema.schema if each == field)
    return marker.description["suggested_value"]


def fields_of(form: Result) -> set[str]:
    """Return the names of a form's fields."""
    schema = form["data_schema"]
    assert schema is not None
    return {str(marker) for marker in schema.schema}
