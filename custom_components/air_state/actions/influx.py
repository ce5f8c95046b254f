"""Actions on a station's InfluxDB itself. Most of them are for administrators."""

from collections.abc import Callable, Coroutine
from datetime import tzinfo
from typing import Any

import probatio
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..core.domain.errors import LimitError, MirrorAbsentError, SecondsError
from ..core.history.request import DEFAULT_ROWS, MAX_CELLS, MAX_ROWS, parse_range
from ..core.influx.connection import InfluxConnection
from ..core.influx.flux.raw import run_flux_query
from ..core.influx.influxql.raw import run_influxql_query
from ..core.influx.queries.bind_parameters import parse_parameters
from ..core.influx.queries.raw_tables import RawAnswer, RawQuery, RawTable
from ..core.influx.server.retention import (
    Retention,
    format_retention,
    parse_retention,
    require_confirmed,
)
from ..runtime import AirStateConfigEntry
from .fields import optional, parse_whole_number, time_text
from .tables import iso

MAX_SECONDS = 600
_DEFAULT_SECONDS = 60

QUERY_FIELDS = {
    probatio.Required("query"): probatio.All(cv.string, probatio.Length(min=1)),
    probatio.Optional("params"): probatio.Any(None, dict),
    **optional("limit"),
    **optional("timeout"),
}
SET_RETENTION_FIELDS = {
    probatio.Required("retention"): cv.string,
    probatio.Optional("delete_older", default=False): probatio.Boolean(),
}
REPLAY_FIELDS = {probatio.Required("start"): time_text, **optional("stop", time_text)}

type _RunQuery = Callable[[InfluxConnection, RawQuery, tzinfo], Coroutine[Any, Any, RawAnswer]]


async def query_flux(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return the tables of a Flux query."""
    return await _query(
        call,
        entry,
        lambda influx, query, zone: run_flux_query(
            influx.require_flux(), query, zone, influx.query_limiter
        ),
    )


async def query_influxql(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return the tables of an InfluxQL query."""
    return await _query(
        call,
        entry,
        lambda influx, query, zone: run_influxql_query(
            influx.influxql, query, zone, influx.query_limiter
        ),
    )


async def _query(call: ServiceCall, entry: AirStateConfigEntry, run: _RunQuery) -> ServiceResponse:
    influx = entry.runtime_data.require_influx()
    query = RawQuery(
        text=call.data["query"],
        parameters=parse_parameters(call.data.get("params") or {}, now=dt_util.now()),
        limit=_limit(call.data.get("limit")),
        max_cells=MAX_CELLS,
        timeout_seconds=_seconds(call.data.get("timeout")),
    )
    answer = await run(influx, query, dt_util.get_default_time_zone())
    return {
        "station": entry.title,
        "tables": [_raw_table_as_json(table) for table in answer.tables],
        "row_count": answer.row_count,
        "truncated": answer.truncated,
    }


def _raw_table_as_json(table: RawTable) -> JsonObjectType:
    return {
        "result": table.result,
        "key": {**table.key},
        "columns": [{"name": column.name, "type": column.type} for column in table.columns],
        "rows": [[*row] for row in table.rows],
    }


def _limit(text: str | None) -> int:
    """Return the limit of rows. Raises LimitError."""
    limit = DEFAULT_ROWS if text is None else parse_whole_number(text)
    if not 1 <= limit <= MAX_ROWS:
        raise LimitError(value=limit, most=MAX_ROWS)
    return limit


def _seconds(text: str | None) -> float:
    """Return the timeout in seconds. Raises SecondsError."""
    try:
        seconds = _DEFAULT_SECONDS if text is None else float(text)
    except ValueError as error:
        raise SecondsError(value=text, most=MAX_SECONDS) from error
    if not 1 <= seconds <= MAX_SECONDS:
        raise SecondsError(value=text, most=MAX_SECONDS)
    return seconds


async def get_retention(_call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return how long InfluxDB keeps points."""
    return _retention_as_json(entry, await entry.runtime_data.require_influx().retention.get())


async def set_retention(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Change how long InfluxDB keeps points; return the new retention and the one before.

    Raises RetentionShorterError where that deletes points and the call does not confirm it.
    """
    retention = entry.runtime_data.require_influx().retention
    seconds = parse_retention(call.data["retention"])
    before = await retention.get()
    require_confirmed(before, seconds, confirmed=call.data["delete_older"])
    after = await retention.set(seconds)
    return {**_retention_as_json(entry, after), "before": format_retention(before.seconds)}


def _retention_as_json(entry: AirStateConfigEntry, found: Retention) -> JsonObjectType:
    return {
        "station": entry.title,
        "place": found.place,
        "retention": format_retention(found.seconds),
        "seconds": found.seconds or None,
    }


async def replay(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Send the journal's rows of a time range to InfluxDB again; return how many they were."""
    if (mirror := entry.runtime_data.mirror) is None:
        raise MirrorAbsentError(station=entry.title)
    zone = dt_util.get_default_time_zone()
    start, stop = parse_range(call.data["start"], call.data.get("stop") or "now", now=dt_util.now())
    replayed = await mirror.replay(start, stop)
    return {
        "station": entry.title,
        "start": iso(start, zone),
        "stop": iso(stop, zone),
        "rows": replayed.rows,
        "refused": replayed.refused,
    }
