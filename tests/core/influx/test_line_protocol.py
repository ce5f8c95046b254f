"""Lines: what they look like, and that they are a pure function of the row."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.means import MeanSelection
from custom_components.air_state.core.domain.models import JournalRows, ReadingKey
from custom_components.air_state.core.domain.parameters import MAX_VALUE
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat, escaped
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY, T0

CO2 = ReadingKey("mq135", "co2")


def lines(rows: JournalRows, *excluded: ReadingKey) -> list[str]:
    line_format = LineFormat(
        device="nodemcu", mean_selection=MeanSelection(excluded=frozenset(excluded))
    )
    return list(LineEncoder(line_format).encode([rows]).lines)


def test_a_row_is_one_line_with_a_float_for_each_parameter() -> None:
    rows = JournalRows(
        keys=(BMP, DHT, HUMIDITY, CO2),
        rows=[(T0, 20.0, 21.0, 45.5, None), (T0 + 1, None, 21.25, None, 400.0)],
    )
    assert lines(rows) == [
        f"sensor_data,device=nodemcu humidity=45.5,temperature=20.5 {T0}",
        f"sensor_data,device=nodemcu co2=400.0,temperature=21.25 {T0 + 1}",
    ]


def test_excluded_sensors_do_not_count() -> None:
    rows = JournalRows(keys=(BMP, DHT), rows=[(T0, 20.0, 21.0), (T0 + 1, 20.0, None)])
    assert lines(rows, BMP) == [f"sensor_data,device=nodemcu temperature=21.0 {T0}"]


def test_own_readings_go_along() -> None:
    rows = JournalRows(keys=(BMP, DHT, HUMIDITY), rows=[(T0, 20.0, 21.0, None)])
    encoded = LineEncoder(LineFormat(device="nodemcu", own_readings=True)).encode([rows])
    assert encoded.lines == [
        f"sensor_data,device=nodemcu temperature=20.5 {T0}",
        f"sensor_readings,device=nodemcu,sensor=bmp180 temperature=20.0 {T0}",
        f"sensor_readings,device=nodemcu,sensor=dht22 temperature=21.0 {T0}",
    ]
    assert encoded.line_times == [T0] * 3
    assert list(encoded.row_times) == [T0]


@given(st.floats(min_value=300, max_value=1100).map(lambda value: round(value, 2)))
def test_a_series_that_began_in_another_unit_goes_on_in_it(pressure: float) -> None:
    keys = (ReadingKey("bmp180", "pressure"), BMP)
    encoder = LineEncoder(
        LineFormat(device="nodemcu", own_readings=True, stored_units={"pressure": "Pa"})
    )
    encoded = encoder.encode([JournalRows(keys=keys, rows=[(T0, pressure, 20.0)])])
    pascal = float(f"{pressure:.2f}".replace(".", ""))  # no noise of a product
    assert encoded.lines == [
        f"sensor_data,device=nodemcu pressure={pascal},temperature=20.0 {T0}",
        f"sensor_readings,device=nodemcu,sensor=bmp180 pressure={pascal},temperature=20.0 {T0}",
    ]


def test_names_are_escaped_and_reserved_ones_renamed() -> None:
    keys = (ReadingKey("s", "a b,c=d\\"), ReadingKey("s", "time"), ReadingKey("s", "größe"))
    row = JournalRows(keys=keys, rows=[(T0, 1.0, 2.0, 3.0)])
    (line,) = LineEncoder(LineFormat(device="my st,a=\\")).encode([row]).lines
    assert line == (
        f"sensor_data,device=my\\ st\\,a\\=/ a\\ b\\,c\\=d/=1.0,größe=3.0,time_=2.0 {T0}"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.0, "0.0"), (1e16, "1e+16"), (1e-7, "1e-07"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_numbers_are_written_so_that_they_read_back(value: float, text: str) -> None:
    (line,) = lines(JournalRows(keys=(CO2,), rows=[(T0, value)]))
    assert line == f"sensor_data,device=nodemcu co2={text} {T0}"


VALUES = st.none() | st.floats(-MAX_VALUE, MAX_VALUE)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=20))
def test_a_line_depends_on_its_row_alone(
    values: list[tuple[float | None, float | None, float | None]],
) -> None:
    keys = (BMP, DHT, HUMIDITY)
    rows = [(T0 + number, *each) for number, each in enumerate(values)]
    together = lines(JournalRows(keys=keys, rows=rows))
    alone = [line for row in rows for line in lines(JournalRows(keys=keys, rows=[row]))]
    assert together == alone
    portions = [JournalRows(keys=keys, rows=rows[at : at + 3]) for at in range(0, len(rows), 3)]
    encoded = LineEncoder(LineFormat(device="nodemcu")).encode(portions)
    assert list(encoded.lines) == alone
    assert list(encoded.row_times) == [row[0] for row in rows]
    # A sensor that appears later changes no line of before.
    wider = [(*row, None) for row in rows]
    assert lines(JournalRows(keys=(*keys, CO2), rows=wider)) == alone
    for line in alone:
        _, fields, _ = line.split(" ")
        assert all(math.isfinite(float(each.split("=")[1])) for each in fields.split(","))


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1))
def test_an_escaped_name_ends_where_it_should(name: str) -> None:
    found = re.match(r"((?:[^\\,= ]|\\[,= ])+)=1", f"{escaped(name)}=1")
    assert found is not None
    assert re.sub(r"\\(.)", r"\1", found[1]) == name.replace("\\", "/")
