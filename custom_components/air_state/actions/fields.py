"""Questions as actions and addresses put them: text, mostly, that people or templates wrote."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import probatio
from homeassistant.helpers import config_validation as cv

from ..core.domain.errors import ChoiceError, LimitError
from ..core.domain.models import Aggregate, Source
from ..core.history.history import MAX_ROWS, HistoryRequest


def time(value: object) -> str:
    """Validate a time, which templates may give as a date or a datetime."""
    return value.isoformat() if isinstance(value, (datetime, date)) else cv.string(value)


def left_out_or(validator: Callable[[object], str]) -> Callable[[object], str | None]:
    """Return a validator that takes null as well: templates give it for what they leave out."""
    return lambda value: None if value is None else validator(value)


def optional(name: str, validator: Callable[[object], str] = cv.string) -> dict[Any, Any]:
    """Return a field of a schema that may be left out."""
    return {probatio.Optional(name): left_out_or(validator)}


HISTORY_FIELDS = {
    probatio.Optional("parameters"): probatio.All(cv.ensure_list, [cv.string]),
    **optional("start", time),
    **optional("stop", time),
    **optional("window"),
    **optional("aggregate"),
    **optional("source"),
}


def history_request(data: Mapping[str, Any], *, default_limit: int | None) -> HistoryRequest:
    """Return the question that fields put, of which any may be missing or null.

    Raises ChoiceError and LimitError.
    """
    given = {name: value for name, value in data.items() if value is not None}
    usual = HistoryRequest()
    return HistoryRequest(
        parameters=tuple(given.get("parameters", ())),
        start=given.get("start", usual.start),
        stop=given.get("stop", usual.stop),
        window=given.get("window"),
        aggregate=choice(Aggregate, given["aggregate"]) if "aggregate" in given else None,
        limit=whole_number(given["limit"]) if "limit" in given else default_limit,
        source=source(given),
    )


def source(data: Mapping[str, Any]) -> Source:
    """Return where to ask. Raises ChoiceError."""
    return choice(Source, data.get("source") or Source.AUTO)


def whole_number(text: str, *, most: int = MAX_ROWS) -> int:
    """Return a number of rows, which frontends may send as 1000.0. Raises LimitError."""
    try:
        number = float(text)
    except ValueError as error:
        raise LimitError(value=text, most=most) from error
    if not number.is_integer():
        raise LimitError(value=text, most=most)
    return int(number)


def choice[T: StrEnum](kind: type[T], text: str) -> T:
    """Return the member of that value. Raises ChoiceError."""
    try:
        return kind(text)
    except ValueError as error:
        raise ChoiceError(value=text, allowed=", ".join(kind)) from error
