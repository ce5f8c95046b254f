"""Names that stations send as column names: never a formula, never the column of the time."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.air_state.actions.tables import RowWriter
from custom_components.air_state.core.domain.models import Aggregate, Block, HistoryQuery, Series
from tests.ha.actions.test_export import folder
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.history import WARSAW, act

__all__ = ["folder"]

NAMES = ["=1+1", "+x", "-x", "@x", "a=b"]
BEHIND = ["\tx", "\rx", "a;=1+1", "a| @x", "a\t-x"]  # what spreadsheets take for the end of a cell
HEADER = ["time", "'+x", "'-x", "'=1+1", "'@x", "a=b"]


@pytest.mark.parametrize("name", [*NAMES, *BEHIND, '=HYPERLINK("http://x", "y")'])
def test_a_head_without_formulas(name: str) -> None:
    series = Series(name=name, parameter=name, keys=())
    query = HistoryQuery(
        series=(series,), start=0, stop=1, window=None, aggregates=(Aggregate.MEAN,), limit=None
    )
    writer = RowWriter(query, WARSAW)
    text = writer.header() + writer.csv(Block(times=[0], columns=([-1.5],)))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header[1].startswith("'") is (name != "a=b")
    assert not any(end in header[1] for end in ";|\t\r\n")  # where other spreadsheets end a cell
    assert row[1] == "-1.5"  # a number stays one


async def test_wherever_csv_comes_from(
    hass: HomeAssistant,
    station: FakeStation,
    entry: MockConfigEntry,
    set_up: SetUp,
    folder: Path,
    hass_client: ClientSessionGenerator,
) -> None:
    station.body = b'{"nodemcu":{"x":{"=1+1":1,"+x":2,"-x":3,"@x":4,"a=b":5}}}'
    await set_up()
    client = await hass_client()
    response = await client.get(f"/api/air_state/{entry.entry_id}/history.csv")
    answer = await act(hass, "get_history", entry, format="csv")
    await act(hass, "export_history", entry, path="www/a.csv")
    for text in (await response.text(), answer["csv"], (folder / "a.csv").read_text()):
        assert next(csv.reader(io.StringIO(text))) == HEADER
    assert (await act(hass, "get_history", entry, format="table"))["columns"][1] == "+x"


async def test_a_parameter_called_time_leaves_the_rows_time_alone(
    hass: HomeAssistant, station: FakeStation, entry: MockConfigEntry, set_up: SetUp
) -> None:
    station.body = b'{"nodemcu":{"x":{"co2":400,"time":5,"time_":6}}}'
    await set_up()
    answer = await act(hass, "get_history", entry)
    (record,) = answer["records"]
    assert datetime.fromisoformat(record.pop("time")).tzinfo is not None
    assert record == {"co2": 400.0, "time_": 5.0, "time__": 6.0}
    assert list(answer["units"]) == ["co2", "time_", "time__"]
    table = await act(hass, "get_history", entry, format="table", parameters=["time", "x.time"])
    assert table["columns"] == ["time", "time_", "x.time"]
    assert table["rows"][0][1:] == [5.0, 5.0]
    latest = await act(hass, "get_latest", entry)
    assert {name: each["value"] for name, each in latest["parameters"].items()} == {
        "co2": 400.0,
        "time_": 5.0,
        "time__": 6.0,
    }
