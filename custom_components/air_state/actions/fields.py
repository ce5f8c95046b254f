"""Fields of actions and of the view's address, validated and turned into a `HistoryRequest`.

Users and templates write them, so most values are text.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import probatio
from homeassistant.helpers import config_validation as cv

from ..core.domain.errors import ChoiceError, LimitError
from ..core.domain.models import Aggregate, Source
from ..core.history.request import MAX_ROWS, HistoryRequest


def time_text(value: object) -> str:
    """Validate a time; return a date or datetime, which templates may give, as ISO 8601."""
    return value.isoformat() if isinstance(value, (datetime, date)) else cv.string(value)


def nullable(validator: Callable[[object], str]) -> Callable[[object], str | None]:
    """Return a validator that accepts null too: templates give it for a field they leave out."""
    return lambda value: None if value is None else validator(value)


def optional(name: str, validator: Callable[[object], str] = cv.string) -> dict[Any, Any]:
    """Return a schema with one field, which may be left out or null."""
    return {probatio.Optional(name): nullable(validator)}


HISTORY_FIELDS = {
    probatio.Optional("parameters"): probatio.All(cv.ensure_list, [cv.string]),
    **optional("start", time_text),
    **optional("stop", time_text),
    **optional("window"),
    probatio.Optional("aggregate"): probatio.All(cv.ensure_list, [cv.string]),
    **optional("source"),
}


def history_request(data: Mapping[str, Any], *, default_limit: int | None) -> HistoryRequest:
    """Return the request that the fields describe. Any field may be missing or null.

    Raises ChoiceError and LimitError.
    """
    given = {name: value for name, value in data.items() if value is not None}
    defaults = HistoryRequest()
    return HistoryRequest(
        parameters=tuple(given.get("parameters", ())),
        start=given.get("start", defaults.start),
        stop=given.get("stop", defaults.stop),
        window=given.get("window"),
        aggregates=tuple(parse_choice(Aggregate, each) for each in given.get("aggregate", ())),
        limit=parse_whole_number(given["limit"]) if "limit" in given else default_limit,
        source=parse_source(given),
    )


def parse_source(data: Mapping[str, Any]) -> Source:
    """Return the source that the fields name, `Source.AUTO` if they name none.

    Raises ChoiceError.
    """
    return parse_choice(Source, data.get("source") or Source.AUTO)


def parse_whole_number(text: str) -> int:
    """Return a number of rows, which frontends may send as 1000.0. Raises LimitError."""
    try:
        number = float(text)
    except ValueError as error:
        raise LimitError(value=text, most=MAX_ROWS) from error
    if not number.is_integer():
        raise LimitError(value=text, most=MAX_ROWS)
    return int(number)


def parse_choice[T: StrEnum](kind: type[T], text: str) -> T:
    """Return the member of `kind` with that value. Raises ChoiceError."""
    try:
        return kind(text)
    except ValueError as error:
        raise ChoiceError(value=text, allowed=", ".join(kind)) from error
