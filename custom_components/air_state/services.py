"""The actions: what they take, and how their answers look."""

import csv
from collections.abc import Callable, Coroutine
from datetime import date, datetime, tzinfo
from enum import StrEnum
from io import StringIO
from itertools import batched
from typing import Any, cast

import probatio
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from .const import DOMAIN
from .coordinator import AirStateConfigEntry
from .core.errors import AirStateError, ChoiceError, LimitError, MirrorAbsentError, RangeError
from .core.history import DEFAULT_ROWS, MOST_ROWS, HistoryAnswer, HistoryRequest
from .core.models import Aggregate, HistoryQuery, Latest, Table
from .core.parameters import describe
from .core.times import parse_time, to_datetime
from .translate import action_failed

GET_LATEST = "get_latest"
GET_HISTORY = "get_history"
REPLAY = "replay"
_ROWS_AT_ONCE = 500
_DIGITS = 10  # more would only show how floats are rounded


class TableFormat(StrEnum):
    """How a table looks in an answer."""

    RECORDS = "records"
    TABLE = "table"
    CSV = "csv"


def _time(value: object) -> str:
    """Validate a time, which templates may give as a date or a datetime."""
    return value.isoformat() if isinstance(value, (datetime, date)) else cv.string(value)


def _left_out_or(validator: Callable[[object], str]) -> Callable[[object], str | None]:
    """Return a validator that takes null as well: templates give it for what they leave out."""
    return lambda value: None if value is None else validator(value)


_TARGET = {probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
_LATEST_SCHEMA = probatio.Schema(_TARGET)
_HISTORY_SCHEMA = probatio.Schema(
    {
        **_TARGET,
        probatio.Optional("parameters"): probatio.All(cv.ensure_list, [cv.string]),
        probatio.Optional("start"): _left_out_or(_time),
        probatio.Optional("stop"): _left_out_or(_time),
        probatio.Optional("window"): _left_out_or(cv.string),
        probatio.Optional("aggregate"): _left_out_or(cv.string),
        probatio.Optional("limit"): _left_out_or(cv.string),
        probatio.Optional("format"): _left_out_or(cv.string),
    }
)

_REPLAY_SCHEMA = probatio.Schema(
    {**_TARGET, probatio.Required("start"): _time, probatio.Optional("stop"): _left_out_or(_time)}
)


def async_register_actions(hass: HomeAssistant) -> None:
    """Register every action."""
    actions: tuple[tuple[str, _Handler, probatio.Schema], ...] = (
        (GET_LATEST, _get_latest, _LATEST_SCHEMA),
        (GET_HISTORY, _get_history, _HISTORY_SCHEMA),
    )
    for name, handler, schema in actions:
        hass.services.async_register(
            DOMAIN,
            name,
            _translating(handler),
            schema=schema,
            supports_response=SupportsResponse.ONLY,
        )
    service.async_register_admin_service(
        hass,
        DOMAIN,
        REPLAY,
        _translating(_replay),
        schema=_REPLAY_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


type _Answer = Coroutine[Any, Any, ServiceResponse]
type _Handler = Callable[[ServiceCall, AirStateConfigEntry], _Answer]


def _translating(
    handler: _Handler,
) -> Callable[[ServiceCall], _Answer]:
    """Find the entry that the call names, and translate what the core raises."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        entry = service.async_get_config_entry(call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
        try:
            return await handler(call, cast("AirStateConfigEntry", entry))
        except AirStateError as error:
            raise action_failed(error) from error

    return handle


async def _get_latest(_call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Answer with the newest value of everything, means first."""
    zone = dt_util.get_default_time_zone()
    parameters: JsonObjectType = {}
    readings: JsonObjectType = {}
    for latest in await entry.runtime_data.history.latest():
        kind = parameters if latest.series.name == latest.series.parameter else readings
        kind[latest.series.name] = _latest_as_json(latest, zone)
    return {"station": entry.title, "parameters": parameters, "readings": readings}


def _latest_as_json(latest: Latest, zone: tzinfo) -> JsonObjectType:
    return {
        "value": _tidy(latest.value),
        "unit": describe(latest.series.keys[0]).unit,
        "time": _iso(latest.taken_at, zone),
        "sensors": [key.sensor for key in latest.series.keys],
    }


async def _get_history(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Answer with a table."""
    data = {name: value for name, value in call.data.items() if value is not None}
    form = _choice(TableFormat, data.get("format", TableFormat.RECORDS.value))
    request = HistoryRequest(
        parameters=tuple(data.get("parameters", ())),
        start=data.get("start", "-24h"),
        stop=data.get("stop", "now"),
        window=data.get("window"),
        aggregate=_choice(Aggregate, data["aggregate"]) if "aggregate" in data else None,
        limit=_limit(data["limit"]) if "limit" in data else DEFAULT_ROWS,
    )
    answer = await entry.runtime_data.history.ask(request, now=dt_util.now())
    return await call.hass.async_add_executor_job(
        _history_as_json, entry.title, answer, form, dt_util.get_default_time_zone()
    )


async def _replay(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Send a range of the journal to InfluxDB once more."""
    if (mirror := entry.runtime_data.mirror) is None:
        raise MirrorAbsentError(station=entry.title)
    now, zone = dt_util.now(), dt_util.get_default_time_zone()
    start_text, stop_text = call.data["start"], call.data.get("stop") or "now"
    start, stop = parse_time(start_text, now=now), parse_time(stop_text, now=now)
    if start >= stop:
        raise RangeError(start=start_text, stop=stop_text)
    replayed = await mirror.replay(start, stop)
    return {
        "station": entry.title,
        "start": _iso(start, zone),
        "stop": _iso(stop, zone),
        "rows": replayed.rows,
        "refused": replayed.refused,
    }


def _limit(text: str) -> int:
    """Return a number of rows, which frontends may send as 1000.0. Raises LimitError."""
    try:
        number = float(text)
    except ValueError as error:
        raise LimitError(value=text, most=MOST_ROWS) from error
    if not number.is_integer():
        raise LimitError(value=text, most=MOST_ROWS)
    return int(number)


def _choice[T: StrEnum](kind: type[T], text: str) -> T:
    """Return the member of that value. Raises ChoiceError."""
    try:
        return kind(text)
    except ValueError as error:
        raise ChoiceError(value=text, allowed=", ".join(kind)) from error


def _history_as_json(
    station: str, answer: HistoryAnswer, form: TableFormat, zone: tzinfo
) -> JsonObjectType:
    """Return the answer; runs in the executor, since large tables take a while."""
    query, table = answer.query, answer.table
    names = ["time", *(column.name for column in table.columns)]
    rows = _rows(query, table, zone)
    head: JsonObjectType = {
        "station": station,
        "source": "journal",
        "start": _iso(query.start, zone),
        "stop": _iso(query.stop, zone),
        "window": query.window.text if query.window else None,
        "aggregate": query.aggregate.value if query.window else None,
        "units": {column.name: column.unit for column in table.columns},
        "row_count": len(rows),
        "truncated": table.next_start is not None,
        "next_start": None if table.next_start is None else _iso(table.next_start, zone),
    }
    match form:
        case TableFormat.RECORDS:
            return {**head, "records": [dict(zip(names, row, strict=True)) for row in rows]}
        case TableFormat.TABLE:
            return {**head, "columns": list(names), "rows": cast("Any", rows)}
        case TableFormat.CSV:
            text = StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(names)
            for some in batched(rows, _ROWS_AT_ONCE, strict=False):
                writer.writerows(some)  # each call holds the interpreter until it is done
            return {**head, "csv": text.getvalue()}


def _rows(query: HistoryQuery, table: Table, zone: tzinfo) -> list[list[JsonValueType]]:
    """Return the table by rows, times as ISO 8601 in the first column."""
    precision = "milliseconds" if query.window is None else "seconds"
    times = [to_datetime(time, zone).isoformat(timespec=precision) for time in table.times]
    cells = [[_tidy(value) for value in column.cells] for column in table.columns]
    return [list(row) for row in zip(times, *cells, strict=True)]


def _tidy(value: float | None) -> float | None:
    """Return the value without what is left of binary fractions."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _iso(moment: int, zone: tzinfo) -> str:
    return to_datetime(moment, zone).isoformat(timespec="milliseconds")
