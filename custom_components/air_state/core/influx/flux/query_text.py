"""Queries in Flux are written here.

They work in every Flux from 0.65 (InfluxDB 1.8) on. What comes from outside
goes into them as literals alone. InfluxDB itself runs `filter` with constants, and
`aggregateWindow` with one of the seven aggregates, while it reads its storage.
"""

from collections.abc import Iterable, Sequence

from ...domain.models import Aggregate
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT
from ..queries.selection import Downsampling, Selection, TimeRange
from .literals import string, time

# The results of `series_query`, and the column that holds the value of each.
SERIES_RESULTS = {"count": "_value", "first": "_time", "last": "_time"}
_AGGREGATE = "aggregate"  # the column that tells several aggregates apart


def rows_query(
    bucket: str,
    selection: Selection,
    time_range: TimeRange,
    downsampling: Downsampling | None,
    *,
    mixed: bool = False,
) -> str:
    """Return a query for one row for each time; its columns are named by `row_labels`.

    `mixed` tells that some fields hold whole numbers and others floats. All become floats then,
    since Flux does not group values of different types. So they do with several aggregates: counts
    are whole numbers.
    """
    steps = _selection_steps(bucket, selection, time_range)
    names = ["_field"]
    if downsampling is not None and len(downsampling.aggregates) > 1:
        names.append(_AGGREGATE)
        steps = [_union_of_aggregates(steps, downsampling)]
    elif downsampling is not None:
        steps += [_window_step(downsampling.step, each) for each in downsampling.aggregates]
    if mixed:
        steps.append("toFloat()")
    steps += [
        f"keep(columns: {_string_array(['_time', *names, '_value'])})",
        "group()",
        f'pivot(rowKey: ["_time"], columnKey: {_string_array(names)}, valueColumn: "_value")',
        'sort(columns: ["_time"])',
    ]
    if time_range.limit is not None:
        steps.append(f"limit(n: {time_range.limit})")
    return _pipe(steps)


def row_labels(selection: Selection, downsampling: Downsampling | None) -> list[str]:
    """Return the names of the columns of `rows_query`: the fields, or the aggregates of each.

    Several aggregates are named as `pivot` joins the two names.
    """
    if downsampling is None or len(downsampling.aggregates) == 1:
        return list(selection.fields)
    return [
        f"{field}_{aggregate}"
        for field in selection.fields
        for aggregate in downsampling.aggregates
    ]


def _union_of_aggregates(steps: Sequence[str], downsampling: Downsampling) -> str:
    """Return the tables of several aggregates of the data that `steps` give, as one stream.

    The steps are repeated for each: InfluxDB aggregates while it reads its storage only where
    nothing else takes the same data.
    """
    pipes = [
        _pipe(
            [
                *steps,
                _window_step(downsampling.step, aggregate),
                "toFloat()",
                f"set(key: {string(_AGGREGATE)}, value: {string(aggregate)})",
            ]
        )
        for aggregate in downsampling.aggregates
    ]
    return f"union(tables: [\n{',\n'.join(pipes)},\n])"


def _window_step(step: int, aggregate: Aggregate) -> str:
    return (
        f"aggregateWindow(every: {step}ms, fn: {aggregate.value},"
        ' createEmpty: false, timeSrc: "_start")'
    )


def first_time_query(bucket: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the first time at which any of the fields has a value."""
    return _pipe(
        [
            *_selection_steps(bucket, selection, time_range),
            "first()",
            'keep(columns: ["_time"])',
            "group()",
            'sort(columns: ["_time"])',
            "limit(n: 1)",
        ]
    )


def latest_values_query(bucket: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the newest value of each field and sensor.

    Each value comes in a table of its own, since fields may have different types.
    """
    columns = _string_array(["_time", "_field", "_value", "sensor"])
    return _pipe(
        [*_selection_steps(bucket, selection, time_range), "last()", f"keep(columns: {columns})"]
    )


def series_query(bucket: str, time_range: TimeRange) -> str:
    """Return a query for every series of Air State, with the three `SERIES_RESULTS`."""
    is_air_state = _any(
        [f'r["_measurement"] == {string(each)}' for each in (MEASUREMENT, OWN_MEASUREMENT)]
    )
    columns = ["_measurement", "device", "sensor", "_field"]
    data = _pipe([*_range_steps(bucket, time_range), f"filter(fn: (r) => {is_air_state})"])
    results = [
        _pipe(
            [
                "data",
                f"{result}()",
                # First and last values are left out: Flux does not group values of different types.
                f"keep(columns: {_string_array([*columns, column])})",
                "group()",
                f"yield(name: {string(result)})",
            ]
        )
        for result, column in SERIES_RESULTS.items()
    ]
    return "\n".join([f"data = {data}", *results])


def probe_query(bucket: str) -> str:
    """Return a query that costs the server nothing, to check that the bucket can be read."""
    return f"from(bucket: {string(bucket)}) |> range(start: -1s) |> limit(n: 1)"


def _range_steps(bucket: str, time_range: TimeRange) -> list[str]:
    return [
        f"from(bucket: {string(bucket)})",
        f"range(start: {time(time_range.start)}, stop: {_just_before(time_range.stop)})",
    ]


def _just_before(moment: int) -> str:
    """Return the last nanosecond before `moment` (UTC ms): 1.8 takes points at the stop, too."""
    return time(moment - 1).replace("Z", "999999Z")


def _selection_steps(bucket: str, selection: Selection, time_range: TimeRange) -> list[str]:
    equals = [("_measurement", selection.measurement), *selection.tags]
    conditions = [f"r[{string(name)}] == {string(value)}" for name, value in equals]
    if selection.fields:
        conditions.append(_any([f'r["_field"] == {string(each)}' for each in selection.fields]))
    return [*_range_steps(bucket, time_range), f"filter(fn: (r) => {' and '.join(conditions)})"]


def _any(conditions: Sequence[str]) -> str:
    """Return that any condition holds, as a balanced tree: Flux refuses a chain of 170."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    return f"({_any(conditions[:half])} or {_any(conditions[half:])})"


def _string_array(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(string, texts))}]"


def _pipe(steps: Iterable[str]) -> str:
    return "\n  |> ".join(steps)
