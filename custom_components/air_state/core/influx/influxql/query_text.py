"""Queries in InfluxQL, and values as InfluxQL writes them.

What 1.6 knows, 3.x knows too: there is one text for all. Whatever comes from outside is a literal
or a quoted identifier; times are whole milliseconds.

Grammar: https://docs.influxdata.com/influxdb/v1/query_language/spec/
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal

from ...domain.errors import BoundError
from ...domain.times import to_datetime
from ..queries.bind_parameters import Bound, BoundDuration, BoundPattern, BoundTime
from ..queries.selection import Downsampling, Selection, TimeRange

SERIES_KINDS = ("count", "first", "last")  # of statements, in the order of `series_queries`
_UNITS = frozenset({"ns", "ms", "s", "m", "h", "d", "w", "us"})
# A text is read piece by piece, so that a "$name" in a string, comment or name is left alone.
# What has no end takes the rest, so that nothing is read twice.
_PIECE = re.compile(
    r"""'(?:\\.?+|[^'\\])*'?|"(?:\\.?+|[^"\\])*"?|--[^\n]*|/\*[^*]*+(?:\*(?:[^*/][^*]*+)?)*/?"""
    r"""|~\s*/(?:\\.?+|[^/\\])*/?|\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)""",
    re.DOTALL,
)


# The same of a query that is whole: a comparison with a string, or what holds none.
_COMPARED = re.compile(
    r"""(?:(?P<operator>!=|<>|=)\s*+)?'(?P<text>(?:\\.?+|[^'\\])*)(?P<end>')?|[<>]="""
    r"""|"(?:\\.?+|[^"\\])*"?|--[^\n]*|/\*[^*]*+(?:\*(?:[^*/][^*]*+)?)*/?|~\s*/(?:\\.?+|[^/\\])*/?""",
    re.DOTALL,
)
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/]")  # in patterns, and their delimiter
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def string(text: str) -> str:
    """Return a string literal that means `text`."""
    return f"'{_escaped(text, "'")}'"


def identifier(text: str) -> str:
    """Return the quoted name of a measurement, field, tag, database or policy."""
    return f'"{_escaped(text, '"')}"'


def _escaped(text: str, quote: str) -> str:
    """Return `text` with the three escapes that there are."""
    return text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")


def readable_by_v3(query: str) -> str:
    """Return a query of which 3.x can read again what it has made of it.

    3.x writes a query anew before it runs it, and escapes quotation marks in strings, which it then
    refuses. So a comparison with such a string becomes one with a pattern that matches just that.
    """

    def replaced(piece: re.Match[str]) -> str:
        operator, text = piece["operator"], piece["text"]
        if not operator or not piece["end"] or '"' not in text:
            return piece[0]
        meant = _ESCAPED.sub(lambda each: "\n" if each[1] == "n" else each[1], text)
        pattern = _SPECIAL.sub(r"\\\g<0>", meant).replace("\n", "\\n")
        return f"{'=~' if operator == '=' else '!~'} /^{pattern}$/"

    return _COMPARED.sub(replaced, query)


def rows_query(
    policy: str, selection: Selection, time_range: TimeRange, downsampling: Downsampling | None
) -> str:
    """Return a query for one row a time; the fields are columns named by their numbers."""
    columns = ", ".join(
        f"{_folded(field, downsampling)} AS {identifier(str(number))}"
        for number, field in enumerate(selection.fields)
    )
    query = f"SELECT {columns} {_selected(policy, selection, time_range)}"
    if downsampling is not None:
        query += f" GROUP BY time({downsampling.step}ms) fill(none)"
    query += " ORDER BY time ASC"
    return query if time_range.limit is None else f"{query} LIMIT {time_range.limit}"


def _folded(field: str, downsampling: Downsampling | None) -> str:
    name = identifier(field)
    return name if downsampling is None else f"{downsampling.aggregate.value}({name})"


def first_query(policy: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query for the first time that any of the fields has a value at."""
    columns = ", ".join(map(identifier, selection.fields)) or "*"
    return f"SELECT {columns} {_selected(policy, selection, time_range)} ORDER BY time ASC LIMIT 1"


def last_queries(policy: str, selection: Selection, time_range: TimeRange) -> list[str]:
    """Return a statement for each field, for its newest value, of each sensor.

    One statement for all would bring the newest values without their times.
    """
    return [
        f"SELECT last({identifier(field)}) AS value {_selected(policy, selection, time_range)}"
        ' GROUP BY "sensor"'
        for field in selection.fields
    ]


def fields_query(policy: str, selection: Selection, time_range: TimeRange) -> str:
    """Return a query that has a column ``last_<field>`` for each field of the selection."""
    return f'SELECT last(*) {_selected(policy, selection, time_range)} GROUP BY "sensor"'


def measurement_fields_query(*measurements: str) -> str:
    """Return a query for the names and types of all fields of measurements, of every station."""
    return f"SHOW FIELD KEYS FROM {', '.join(map(identifier, measurements))}"


def series_queries(
    policy: str, time_range: TimeRange, fields: Iterable[tuple[str, str]]
) -> list[str]:
    """Return three statements for each measurement and field: its rows, first and last time."""
    return [
        f"SELECT {kind}({identifier(field)}) AS value"
        f" {_selected(policy, Selection(measurement=measurement, tags=(), fields=()), time_range)}"
        ' GROUP BY "device", "sensor"'
        for measurement, field in fields
        for kind in SERIES_KINDS
    ]


def _selected(policy: str, selection: Selection, time_range: TimeRange) -> str:
    source = identifier(selection.measurement)
    if policy:
        source = f"{identifier(policy)}.{source}"
    conditions = [f"{identifier(name)} = {string(value)}" for name, value in selection.tags]
    conditions += [f"time >= {time_range.start}ms", f"time < {time_range.stop}ms"]
    return f"FROM {source} WHERE {' AND '.join(conditions)}"


def parameters(bound: Mapping[str, Bound]) -> str:
    """Return bound values as 1.x and 2.x take them beside a query. Raises BoundError."""
    return f"{{{', '.join(f'"{name}": {_beside(name, value)}' for name, value in bound.items())}}}"


def _beside(name: str, value: Bound) -> str:
    """Return a value as JSON."""
    match value:
        case BoundTime():
            return json.dumps(_iso(value))
        case BoundDuration():
            return json.dumps({"duration": _duration(name, value)})
        case BoundPattern(text=text):
            return json.dumps({"regex": text})
        case str():
            return json.dumps(value)
        case _:
            return literal(name, value)  # JSON's own words, but for exponents, which 1.x refuses


def with_literals(query: str, bound: Mapping[str, Bound]) -> str:
    """Return the query with each ``$name`` as a literal, for servers that bind nothing.

    Raises BoundError. A name that is not bound is left for the server to complain of.
    """

    def replaced(piece: re.Match[str]) -> str:
        name = piece["name"]
        return piece[0] if name not in bound else literal(name, bound[name])

    return _PIECE.sub(replaced, query)


def literal(name: str, value: Bound) -> str:
    """Return a bound value as InfluxQL text. Raises BoundError."""
    match value:
        case BoundTime():
            return string(_iso(value))
        case BoundDuration():
            return _duration(name, value)
        case BoundPattern(text=text):
            return f"/{text.replace('/', '\\/')}/"
        case str():
            return string(value)
        case bool() | int():
            return str(value).lower()
        case float():
            text = format(Decimal(repr(value)), "f")  # it knows no exponents
            return text if "." in text else f"{text}.0"
        case tuple():
            raise BoundError(name=name, value=list(value))


def _iso(value: BoundTime) -> str:
    moment = to_datetime(value.moment, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _duration(name: str, value: BoundDuration) -> str:
    """Return the duration if InfluxQL has its units; months and years it has not."""
    if any(unit not in _UNITS for _, unit in value.parts):
        raise BoundError(name=name, value=value.text)
    return value.text.replace("us", "u")
