"""Names and values in InfluxQL: literals within a query, and parameters beside it.

Grammar: https://docs.influxdata.com/influxdb/v1/query_language/spec/
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal

from ...domain.errors import BoundError
from ...domain.times import to_datetime
from ..queries.bind_parameters import BoundDuration, BoundPattern, BoundTime, BoundValue

_UNITS = frozenset({"ns", "ms", "s", "m", "h", "d", "w", "us"})
# A parameter, or a string, name, comment or pattern, in which "$name" is left alone. What has no
# end takes the rest of the query, so that nothing is read twice.
_PARAMETER_OR_QUOTED = re.compile(
    r"""'(?:\\.?+|[^'\\])*'?|"(?:\\.?+|[^"\\])*"?|--[^\n]*|/\*[^*]*+(?:\*(?:[^*/][^*]*+)?)*/?"""
    r"""|~\s*/(?:\\.?+|[^/\\])*/?|\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)""",
    re.DOTALL,
)


def string(text: str) -> str:
    """Return a string literal of `text`."""
    return f"'{_escape(text, "'")}'"


def identifier(text: str) -> str:
    """Return the quoted name of a measurement, field, tag, database or policy."""
    return f'"{_escape(text, '"')}"'


def _escape(text: str, quote: str) -> str:
    """Return `text` with the three escapes that InfluxQL has."""
    return text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")


def literal(name: str, value: BoundValue) -> str:
    """Return the literal of the parameter `name`. Raises BoundError for a list."""
    match value:
        case BoundTime():
            return string(_iso_time(value))
        case BoundDuration():
            return _duration(name, value)
        case BoundPattern(text=text):
            return f"/{text.replace('/', '\\/')}/"
        case str():
            return string(value)
        case bool() | int():
            return str(value).lower()
        case float():
            text = format(Decimal(repr(value)), "f")  # InfluxQL knows no exponents
            return text if "." in text else f"{text}.0"
        case tuple():
            raise BoundError(name=name, value=list(value))


def json_parameters(parameters: Mapping[str, BoundValue]) -> str:
    """Return parameters as the JSON object that 1.x and 2.x take beside a query.

    Raises BoundError.
    """
    values = (f'"{name}": {_json_value(name, value)}' for name, value in parameters.items())
    return f"{{{', '.join(values)}}}"


def _json_value(name: str, value: BoundValue) -> str:
    match value:
        case BoundTime():
            return json.dumps(_iso_time(value))
        case BoundDuration():
            return json.dumps({"duration": _duration(name, value)})
        case BoundPattern(text=text):
            return json.dumps({"regex": text})
        case str():
            return json.dumps(value)
        case _:
            return literal(name, value)  # the same as in JSON, without exponents: 1.x refuses those


def substitute_parameters(query: str, parameters: Mapping[str, BoundValue]) -> str:
    """Return the query with a literal for each ``$name``, for servers that take no parameters.

    A name without a value stays, for the server to complain about. Raises BoundError.
    """

    def replacement(match: re.Match[str]) -> str:
        name = match["name"]
        return match[0] if name not in parameters else literal(name, parameters[name])

    return _PARAMETER_OR_QUOTED.sub(replacement, query)


def _iso_time(value: BoundTime) -> str:
    moment = to_datetime(value.moment, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _duration(name: str, value: BoundDuration) -> str:
    """Return a duration in InfluxQL. Raises BoundError for months and years, which it lacks."""
    if any(unit not in _UNITS for _, unit in value.parts):
        raise BoundError(name=name, value=value.text)
    return value.text.replace("us", "u")
