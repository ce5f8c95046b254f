"""Queries in InfluxQL are written here.

3.x understands all that 1.6 does, so one text does for all versions. What comes from outside goes
into it as literals or quoted identifiers alone. Times are whole milliseconds.
"""

import re
from collections.abc import Iterable

from ..queries.selection import Downsampling, Selection, TimeRange
from .literals import identifier, string

SERIES_AGGREGATES = ("count", "first", "last")  # in the order of `series_queries`
# A string, with the operator that compares something with it, or whatever may hold a quotation
# mark that begins no string: a name, a comment, a pattern.
_COMPARISON_OR_QUOTED = re.compile(
    r"""(?:(?P<operator>!=|<>|=)\s*+)?'(?P<text>(?:\\.?+|[^'\\])*)(?P<end>')?|[<>]="""
    r"""|"(?:\\.?+|[^"\\])*"?|--[^\n]*|/\*[^*]*+(?:\*(?:[^*/][^*]*+)?)*/?|~\s*/(?:\\.?+|[^/\\])*/?""",
    re.DOTALL,
)
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/]")  # in patterns; "/" ends one
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def rows_query(
    policy: str, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
) -> str:
    """Return a query for one row for each time; its columns are named ``0``, ``1``, ….

    They are the fields of the selection, or the aggregates of each, in this order.
    """
    values = [value for field in selection.fields for value in _aggregated(field, downsampling)]
    columns = ", ".join(
        f"{value} AS {identifier(str(number))}" for number, value in enumerate(values)
    )
    query = f"SELECT {columns} {_from_where(policy, selection, time_range)}"
    if downsampling is not None:
        query += f" GROUP BY time({downsampling.step}ms) fill(none)"
    query += " ORDER BY time ASC"
    return query if time_range.limit is None else f"{query} LIMIT {time_range.limit}"


def _aggregated(field: str, downsampling: Downsampling | None) -> list[str]:
    """Return the values of a field that are asked for: each aggregate, or the field itself."""
    name = identifier(field)
    if downsampling is None:
        return [name]
    return [f"{aggregate.value}({name})" for aggregate in downsampling.aggregates]


def first_time_query(policy: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the first time at which any of the fields has a value."""
    columns = ", ".join(map(identifier, selection.fields)) or "*"
    return (
        f"SELECT {columns} {_from_where(policy, selection, time_range)} ORDER BY time ASC LIMIT 1"
    )


def latest_value_queries(policy: str, selection: Selection, time_range: TimeRange) -> list[str]:
    """Return a statement for each field, for its newest value of each sensor.

    One statement for all fields would return the values without their times.
    """
    return [
        f"SELECT last({identifier(field)}) AS value {_from_where(policy, selection, time_range)}"
        ' GROUP BY "sensor"'
        for field in selection.fields
    ]


def stored_fields_query(policy: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query whose answer has a column ``last_<field>`` for each field."""
    return f'SELECT last(*) {_from_where(policy, selection, time_range)} GROUP BY "sensor"'


def field_keys_query(*measurements: str) -> str:
    """Return a query for the names and types of all fields of the measurements."""
    return f"SHOW FIELD KEYS FROM {', '.join(map(identifier, measurements))}"


def series_queries(
    policy: str, time_range: TimeRange, fields: Iterable[tuple[str, str]]
) -> list[str]:
    """Return a statement for each measurement and field, and each of `SERIES_AGGREGATES`."""
    selections = [
        (Selection(measurement=measurement, tags=(), fields=()), field)
        for measurement, field in fields
    ]
    return [
        f"SELECT {aggregate}({identifier(field)}) AS value"
        f' {_from_where(policy, selection, time_range)} GROUP BY "device", "sensor"'
        for selection, field in selections
        for aggregate in SERIES_AGGREGATES
    ]


def _from_where(policy: str, selection: Selection, time_range: TimeRange) -> str:
    source = identifier(selection.measurement)
    if policy:
        source = f"{identifier(policy)}.{source}"
    conditions = [f"{identifier(name)} = {string(value)}" for name, value in selection.tags]
    conditions += [f"time >= {time_range.start}ms", f"time < {time_range.stop}ms"]
    return f"FROM {source} WHERE {' AND '.join(conditions)}"


def readable_by_v3(query: str) -> str:
    """Return the query without comparisons that 3.x refuses.

    3.x rewrites a query before it runs it. It escapes quotation marks in strings then, and refuses
    these escapes. So a comparison with such a string becomes one with a pattern that matches
    nothing else.
    """

    def replacement(match: re.Match[str]) -> str:
        operator, text = match["operator"], match["text"]
        if not operator or not match["end"] or '"' not in text:
            return match[0]
        value = _ESCAPED.sub(lambda each: "\n" if each[1] == "n" else each[1], text)
        pattern = _SPECIAL.sub(r"\\\g<0>", value).replace("\n", "\\n")
        return f"{'=~' if operator == '=' else '!~'} /^{pattern}$/"

    return _COMPARISON_OR_QUOTED.sub(replacement, query)
