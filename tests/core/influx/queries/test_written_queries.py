"""The text of each query that is sent to InfluxDB, as a whole."""

import pytest

from custom_components.air_state.core.domain.models import Aggregate
from custom_components.air_state.core.influx.flux import query_text as flux
from custom_components.air_state.core.influx.influxql import query_text as influxql
from custom_components.air_state.core.influx.queries.selection import (
    Downsampling,
    Selection,
    TimeRange,
)

MEANS = Selection(
    measurement="sensor_data", tags=(("device", "attic"),), fields=("co2", "humidity")
)
ALL_FIELDS = Selection(measurement="sensor_data", tags=(("device", "attic"),), fields=())
DAY = TimeRange(start=1_767_225_600_000, stop=1_767_312_000_000)
FIRST_ROWS = TimeRange(start=DAY.start, stop=DAY.stop, limit=7)
WINDOWS = Downsampling(step=300_000, aggregates=(Aggregate.MEAN,))

FLUX_RANGE = """from(bucket: "air")
  |> range(start: 2026-01-01T00:00:00.000Z, stop: 2026-01-01T23:59:59.999999999Z)"""
FLUX_MEANS = f"""{FLUX_RANGE}
  |> filter(fn: (r) => r["_measurement"] == "sensor_data" and r["device"] == "attic" \
and (r["_field"] == "co2" or r["_field"] == "humidity"))"""
FLUX_ROWS = """
  |> keep(columns: ["_time", "_field", "_value"])
  |> group()
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> sort(columns: ["_time"])"""
INFLUXQL_RANGE = "time >= 1767225600000ms AND time < 1767312000000ms"
INFLUXQL_MEANS = f"""FROM "sensor_data" WHERE "device" = 'attic' AND {INFLUXQL_RANGE}"""


def test_rows_in_flux() -> None:
    assert flux.rows_query("air", MEANS, DAY, None) == f"{FLUX_MEANS}{FLUX_ROWS}"


def test_windows_in_flux() -> None:
    assert flux.rows_query("air", MEANS, FIRST_ROWS, WINDOWS, mixed=True) == (
        f"{FLUX_MEANS}\n"
        '  |> aggregateWindow(every: 300000ms, fn: mean, createEmpty: false, timeSrc: "_start")\n'
        f"  |> toFloat(){FLUX_ROWS}\n"
        "  |> limit(n: 7)"
    )


def test_the_first_time_in_flux() -> None:
    assert flux.first_time_query("air", MEANS, DAY) == (
        f"{FLUX_MEANS}\n"
        "  |> first()\n"
        '  |> keep(columns: ["_time"])\n'
        "  |> group()\n"
        '  |> sort(columns: ["_time"])\n'
        "  |> limit(n: 1)"
    )


def test_the_newest_values_in_flux() -> None:
    assert flux.latest_values_query("air", MEANS, DAY) == (
        f'{FLUX_MEANS}\n  |> last()\n  |> keep(columns: ["_time", "_field", "_value", "sensor"])'
    )


def test_every_series_in_flux() -> None:
    columns = '"_measurement", "device", "sensor", "_field"'
    assert flux.series_query("air", DAY) == (
        f"data = {FLUX_RANGE}\n"
        '  |> filter(fn: (r) => (r["_measurement"] == "sensor_data"'
        ' or r["_measurement"] == "sensor_readings"))\n'
        "data\n"
        "  |> count()\n"
        f'  |> keep(columns: [{columns}, "_value"])\n'
        "  |> group()\n"
        '  |> yield(name: "count")\n'
        "data\n"
        "  |> first()\n"
        f'  |> keep(columns: [{columns}, "_time"])\n'
        "  |> group()\n"
        '  |> yield(name: "first")\n'
        "data\n"
        "  |> last()\n"
        f'  |> keep(columns: [{columns}, "_time"])\n'
        "  |> group()\n"
        '  |> yield(name: "last")'
    )


def test_a_probe_in_flux() -> None:
    assert flux.probe_query("air") == 'from(bucket: "air") |> range(start: -1s) |> limit(n: 1)'


def test_rows_in_influxql() -> None:
    assert influxql.rows_query("", MEANS, DAY, None) == (
        f'SELECT "co2" AS "0", "humidity" AS "1" {INFLUXQL_MEANS} ORDER BY time ASC'
    )


def test_windows_in_influxql() -> None:
    assert influxql.rows_query("", MEANS, FIRST_ROWS, WINDOWS) == (
        f'SELECT mean("co2") AS "0", mean("humidity") AS "1" {INFLUXQL_MEANS}'
        " GROUP BY time(300000ms) fill(none) ORDER BY time ASC LIMIT 7"
    )


@pytest.mark.parametrize(
    ("selection", "columns"), [(MEANS, '"co2", "humidity"'), (ALL_FIELDS, "*")]
)
def test_the_first_time_in_influxql(selection: Selection, columns: str) -> None:
    assert influxql.first_time_query("", selection, DAY) == (
        f"SELECT {columns} {INFLUXQL_MEANS} ORDER BY time ASC LIMIT 1"
    )


def test_the_newest_values_in_influxql() -> None:
    assert influxql.latest_value_queries("", MEANS, DAY) == [
        f'SELECT last("{field}") AS value {INFLUXQL_MEANS} GROUP BY "sensor"'
        for field in ("co2", "humidity")
    ]


def test_every_series_in_influxql() -> None:
    where = f'FROM "autogen"."sensor_data" WHERE {INFLUXQL_RANGE}'
    assert influxql.series_queries("autogen", DAY, [("sensor_data", "co2")]) == [
        f'SELECT {aggregate}("co2") AS value {where} GROUP BY "device", "sensor"'
        for aggregate in ("count", "first", "last")
    ]


def test_stored_fields_in_influxql() -> None:
    assert influxql.stored_fields_query("", ALL_FIELDS, DAY) == (
        f'SELECT last(*) {INFLUXQL_MEANS} GROUP BY "sensor"'
    )
    assert influxql.field_keys_query("sensor_data", "sensor_readings") == (
        'SHOW FIELD KEYS FROM "sensor_data", "sensor_readings"'
    )


def test_queries_in_influxql_name_the_retention_policy() -> None:
    queries = [
        influxql.rows_query("autogen", MEANS, DAY, None),
        influxql.first_time_query("autogen", MEANS, DAY),
        influxql.stored_fields_query("autogen", MEANS, DAY),
        *influxql.latest_value_queries("autogen", MEANS, DAY),
    ]
    assert all(' FROM "autogen"."sensor_data" WHERE ' in query for query in queries)


def test_a_line_break_in_a_pattern_for_3x() -> None:
    assert influxql.readable_by_v3("""t = 'a\\n"'""") == """t =~ /^a\\n"$/"""
