"""Queries in Flux, and values as Flux writes them.

Written so that they mean the same from Flux 0.65, which InfluxDB 1.8 has, to the newest; whatever
comes from outside is a literal. What `filter` compares with constants, and `aggregateWindow` of
the seven aggregates, InfluxDB does where the data lies.

Grammar: https://docs.influxdata.com/flux/v0/spec/lexical-elements/
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal

from ...domain.times import to_datetime
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT
from ..queries.bind_parameters import Bound, BoundDuration, BoundPattern, BoundTime
from ..queries.selection import Downsampling, Selection, TimeRange

# Results of `series_query`, and the column that is of interest in each.
SERIES_KINDS = {"count": "_value", "first": "_time", "last": "_time"}
_NAMED = {"\\": "\\\\", '"': '\\"', "$": "\\x24"}  # "${" begins an expression within a string
_LEAST = -(2**63)
_SPACE = 0x20
_DELETE = 0x7F


def string(text: str) -> str:
    """Return a string literal that means `text`; every version knows these escapes."""
    return f'"{"".join(map(_character, text))}"'


def _character(letter: str) -> str:
    if letter in _NAMED:
        return _NAMED[letter]
    return f"\\x{ord(letter):02x}" if ord(letter) < _SPACE or ord(letter) == _DELETE else letter


def time(moment: int) -> str:
    """Return a time literal for UTC ms."""
    return to_datetime(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03}Z"


def pattern(text: str) -> str:
    """Return a literal of a regular expression."""
    return f"/{text.replace('/', '\\/')}/"


def literal(value: Bound) -> str:
    """Return a bound value as Flux text, for servers that cannot take it beside the query."""
    match value:
        case bool():
            return str(value).lower()
        case int() if value == _LEAST:  # a minus and a number, which is too large alone
            return f"({value + 1} - 1)"
        case int():
            return str(value)
        case float():
            text = format(Decimal(repr(value)), "f")  # it knows no exponents
            return text if "." in text else f"{text}.0"
        case str():
            return string(value)
        case BoundTime(moment=moment):
            return time(moment)
        case BoundDuration(text=text):
            return text
        case BoundPattern(text=text):
            return pattern(text)
        case tuple():
            return f"[{', '.join(map(literal, value))}]"


def extern(bound: Mapping[str, Bound]) -> dict[str, object] | None:
    """Return bound values as the syntax tree that 2.x takes beside a query, None if there are none.

    Format: the ``extern`` of https://docs.influxdata.com/influxdb/v2/api/ (POST /query).
    """
    if not bound:
        return None
    body = [
        {
            "type": "OptionStatement",
            "assignment": {
                "type": "VariableAssignment",
                "id": {"type": "Identifier", "name": name},
                "init": _tree(value),
            },
        }
        for name, value in bound.items()
    ]
    return {"type": "File", "package": None, "imports": [], "body": body}


def _tree(value: Bound) -> dict[str, object]:
    match value:
        case bool():
            return {"type": "BooleanLiteral", "value": value}
        case int():
            return {"type": "IntegerLiteral", "value": str(value)}
        case float():
            return {"type": "FloatLiteral", "value": value}
        case str():
            return {"type": "StringLiteral", "value": value}
        case BoundTime(moment=moment):
            return {"type": "DateTimeLiteral", "value": time(moment)}
        case BoundDuration(parts=parts, negative=negative):
            values = [{"magnitude": count, "unit": unit} for count, unit in parts]
            tree: dict[str, object] = {"type": "DurationLiteral", "values": values}
            if negative:
                return {"type": "UnaryExpression", "operator": "-", "argument": tree}
            return tree
        case BoundPattern(text=text):
            return {"type": "RegexpLiteral", "value": text}
        case tuple():
            return {"type": "ArrayExpression", "elements": list(map(_tree, value))}


def rows_query(
    bucket: str,
    selection: Selection,
    time_range: TimeRange,
    downsampling: Downsampling | None,
    *,
    mixed: bool = False,
) -> str:
    """Return a query for one row a time, with a column for each field.

    `mixed` says that some fields are whole numbers, which Flux does not put beside others.
    """
    steps = _selected(bucket, selection, time_range)
    if downsampling is not None:
        steps.append(
            f"aggregateWindow(every: {downsampling.step}ms, fn: {downsampling.aggregate.value},"
            ' createEmpty: false, timeSrc: "_start")'
        )
    if mixed:
        steps.append("toFloat()")
    steps += [
        'keep(columns: ["_time", "_field", "_value"])',
        "group()",
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        'sort(columns: ["_time"])',
    ]
    if time_range.limit is not None:
        steps.append(f"limit(n: {time_range.limit})")
    return _piped(steps)


def first_query(bucket: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the first time that any of the fields has a value at."""
    return _piped(
        [
            *_selected(bucket, selection, time_range),
            "first()",
            'keep(columns: ["_time"])',
            "group()",
            'sort(columns: ["_time"])',
            "limit(n: 1)",
        ]
    )


def last_query(bucket: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the newest value of each field, of each sensor.

    Each comes in a table of its own, since fields may be of different types.
    """
    columns = _strings(["_time", "_field", "_value", "sensor"])
    return _piped(
        [*_selected(bucket, selection, time_range), "last()", f"keep(columns: {columns})"]
    )


def series_query(bucket: str, time_range: TimeRange) -> str:
    """Return a query for every series of Air State: three results, named as `SERIES_KINDS`."""
    measured = _any(
        [f'r["_measurement"] == {string(each)}' for each in (MEASUREMENT, OWN_MEASUREMENT)]
    )
    columns = ["_measurement", "device", "sensor", "_field"]
    data = _piped([*_ranged(bucket, time_range), f"filter(fn: (r) => {measured})"])
    results = [
        _piped(
            [
                "data",
                f"{kind}()",
                # Values are of different types, which Flux does not put into one table.
                f"keep(columns: {_strings([*columns, told])})",
                "group()",
                f"yield(name: {string(kind)})",
            ]
        )
        for kind, told in SERIES_KINDS.items()
    ]
    return "\n".join([f"data = {data}", *results])


def probe_query(bucket: str) -> str:
    """Return a query that costs nothing, to see whether the bucket can be read."""
    return f"from(bucket: {string(bucket)}) |> range(start: -1s) |> limit(n: 1)"


def _ranged(bucket: str, time_range: TimeRange) -> list[str]:
    return [
        f"from(bucket: {string(bucket)})",
        f"range(start: {time(time_range.start)}, stop: {_just_before(time_range.stop)})",
    ]


def _just_before(moment: int) -> str:
    """Return the last time before UTC ms: 1.8 takes what lies at the stop as well."""
    return time(moment - 1).replace("Z", "999999Z")


def _selected(bucket: str, selection: Selection, time_range: TimeRange) -> list[str]:
    equal = [("_measurement", selection.measurement), *selection.tags]
    conditions = [f"r[{string(name)}] == {string(value)}" for name, value in equal]
    if selection.fields:
        conditions.append(_any([f'r["_field"] == {string(each)}' for each in selection.fields]))
    return [*_ranged(bucket, time_range), f"filter(fn: (r) => {' and '.join(conditions)})"]


def _any(conditions: Sequence[str]) -> str:
    """Return that one of the conditions holds: as a tree, since Flux refuses chains of 170."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    return f"({_any(conditions[:half])} or {_any(conditions[half:])})"


def _strings(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(string, texts))}]"


def _piped(steps: Iterable[str]) -> str:
    return "\n  |> ".join(steps)
