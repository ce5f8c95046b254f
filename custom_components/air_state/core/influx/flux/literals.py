"""Values in Flux: literals within a query, and parameters beside it.

Grammar: https://docs.influxdata.com/flux/v0/spec/lexical-elements/
"""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal

from ...domain.times import to_datetime
from ..queries.bind_parameters import BoundDuration, BoundPattern, BoundTime, BoundValue

_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\x24"}  # "${" begins an expression in a string
_MIN_INT = -(2**63)
_SPACE = 0x20
_DELETE = 0x7F


def string(text: str) -> str:
    """Return a string literal of `text`, with escapes that every version knows."""
    return f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < _SPACE or code == _DELETE else character


def time(moment: int) -> str:
    """Return a time literal of UTC ms."""
    return to_datetime(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03}Z"


def pattern(text: str) -> str:
    """Return a literal of a regular expression."""
    return f"/{text.replace('/', '\\/')}/"


def literal(value: BoundValue) -> str:
    """Return the literal of a bound value, for servers that take no parameters beside a query."""
    match value:
        case bool():
            return str(value).lower()
        case int() if value == _MIN_INT:  # Flux reads a minus and a number that is too large
            return f"({value + 1} - 1)"
        case int():
            return str(value)
        case float():
            text = format(Decimal(repr(value)), "f")  # Flux knows no exponents
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


def extern(parameters: Mapping[str, BoundValue]) -> dict[str, object] | None:
    """Return the syntax tree that assigns parameters, None if there are none.

    2.x takes it beside a query, as ``extern``: https://docs.influxdata.com/influxdb/v2/api/
    (POST /query).
    """
    if not parameters:
        return None
    body = [
        {
            "type": "OptionStatement",
            "assignment": {
                "type": "VariableAssignment",
                "id": {"type": "Identifier", "name": name},
                "init": _syntax_tree(value),
            },
        }
        for name, value in parameters.items()
    ]
    return {"type": "File", "package": None, "imports": [], "body": body}


def _syntax_tree(value: BoundValue) -> dict[str, object]:
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
        case BoundDuration(parts=parts, is_negative=is_negative):
            values = [{"magnitude": count, "unit": unit} for count, unit in parts]
            tree: dict[str, object] = {"type": "DurationLiteral", "values": values}
            if is_negative:
                return {"type": "UnaryExpression", "operator": "-", "argument": tree}
            return tree
        case BoundPattern(text=text):
            return {"type": "RegexpLiteral", "value": text}
        case tuple():
            return {"type": "ArrayExpression", "elements": list(map(_syntax_tree, value))}
