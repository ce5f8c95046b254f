"""Names that a station sends and that mean something else to Air State or InfluxDB."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.means import DEFAULT_SELECTION
from custom_components.air_state.core.domain.models import TIME, ReadingKey, column_name
from custom_components.air_state.core.history.series_names import (
    influxdb_names,
    journal_names,
)
from custom_components.air_state.core.influx.line_protocol import field_name, parameter_of
from custom_components.air_state.core.influx.queries.selection import StoredFields

OURS = ("time", "_time", "_field", "_measurement", "_value", "_start", "_stop", "device", "sensor")
names = st.sampled_from([*OURS, "co2", "tim", "times"]).flatmap(
    lambda name: st.sampled_from(["", "_", "__"]).map(lambda end: name + end)
)


@given(names, names)
def test_no_two_names_become_one(one: str, other: str) -> None:
    assert (one == other) is (field_name(one) == field_name(other))
    assert (one == other) is (column_name(one) == column_name(other))
    assert parameter_of(field_name(one)) == one


@given(names)
def test_no_name_becomes_one_of_ours(name: str) -> None:
    assert field_name(name) not in OURS
    assert column_name(name) != TIME


@pytest.mark.parametrize("source", ["journal", "influxdb"])
def test_parameters_called_time(source: str) -> None:
    keys = [ReadingKey("x", name) for name in ("co2", "time", "time_")]
    own = journal_names(keys, DEFAULT_SELECTION)
    if source == "influxdb":
        held = StoredFields(fields=frozenset(field_name(key.parameter) for key in keys))
        assert influxdb_names(own, held).means == own.means  # as the journal spells them
        own = influxdb_names(journal_names((), DEFAULT_SELECTION), held)
    assert {name: each.parameter for name, each in own.means.items()} == {
        "co2": "co2",
        "time_": "time",
        "time__": "time_",
    }
    assert all(each.reading is None for each in own.means.values())
    found = own.resolve(["time", "time_", "time__"])
    assert [each.parameter for each in found] == ["time", "time_"]  # each once


def test_fields_of_others_that_cannot_be_asked_for_are_left_out() -> None:
    held = StoredFields(fields=frozenset({"_value", "device", "co2"}))
    assert list(influxdb_names(journal_names((), DEFAULT_SELECTION), held).means) == ["co2"]


def test_own_readings_are_called_as_in_the_journal() -> None:
    """InfluxDB has slashes where the station sends backslashes."""
    journal = journal_names([ReadingKey("a\\b", "co2")], DEFAULT_SELECTION)
    stored = StoredFields(own_readings=frozenset({("a/b", "co2"), ("c/d", "co2")}))
    assert list(influxdb_names(journal, stored).own) == ["a\\b.co2", "c/d.co2"]
