"""Actions that read a station's history, from the journal or InfluxDB."""

from datetime import tzinfo
from pathlib import Path

import probatio
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..core.domain.models import Latest, StoredSeries
from ..core.domain.sensor_types import series_unit
from ..core.domain.times import parse_time
from ..core.history.request import DEFAULT_ROWS, parse_range
from ..runtime import AirStateConfigEntry
from .export import Export, allowed_path
from .fields import (
    HISTORY_FIELDS,
    history_request,
    optional,
    parse_choice,
    parse_source,
    time_text,
)
from .tables import (
    TableFormat,
    iso,
    paging_fields,
    query_fields,
    rounded,
    source_fields,
    table_as_json,
)

LATEST_FIELDS = optional("source")
TABLE_FIELDS = {**HISTORY_FIELDS, **optional("limit"), **optional("format")}
SERIES_FIELDS = {
    **optional("prefix"),
    **optional("start", time_text),
    **optional("stop", time_text),
    **optional("source"),
}
EXPORT_FIELDS = {
    probatio.Required("path"): probatio.All(str, probatio.Length(min=1)),
    probatio.Optional("overwrite", default=False): probatio.Boolean(),
    **HISTORY_FIELDS,
}


async def get_latest(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return the newest value of each parameter and of each sensor's own reading."""
    zone = dt_util.get_default_time_zone()
    parameters: JsonObjectType = {}
    readings: JsonObjectType = {}
    for latest in await entry.runtime_data.history.latest(parse_source(call.data)):
        values = parameters if latest.series.reading is None else readings
        values[latest.series.name] = _latest_as_json(latest, zone)
    return {"station": entry.title, "parameters": parameters, "readings": readings}


def _latest_as_json(latest: Latest, zone: tzinfo) -> JsonObjectType:
    return {
        "value": rounded(latest.value),
        "unit": series_unit(latest.series),
        "time": iso(latest.taken_at, zone),
        "sensors": [key.sensor for key in latest.series.keys],
    }


async def get_history(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return a table of readings."""
    form = parse_choice(TableFormat, call.data.get("format") or TableFormat.RECORDS)
    request = history_request(call.data, default_limit=DEFAULT_ROWS)
    zone = dt_util.get_default_time_zone()
    answer = await entry.runtime_data.history.ask(request, now=dt_util.now())
    query, table = answer.stream.query, answer.table
    return {
        **query_fields(entry.title, answer.stream, zone),
        **paging_fields(len(table.times), table.next_start, zone),
        **await call.hass.async_add_executor_job(table_as_json, query, table, form, zone),
    }


async def list_series(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Return the series of the source, with their first and last times and numbers of rows."""
    now, zone = dt_util.now(), dt_util.get_default_time_zone()
    start, stop = call.data.get("start"), call.data.get("stop")
    if start and stop:
        parse_range(start, stop, now=now)
    source = parse_source(call.data)
    history = entry.runtime_data.history
    found = await history.stored_series(
        source,
        start=parse_time("start", start, now=now) if start else None,
        stop=parse_time("stop", stop, now=now) if stop else None,
        prefix=(call.data.get("prefix") or "").strip(),
    )
    return {
        "station": entry.title,
        "source": history.series_source(source).value,
        "series": [_series_as_json(each, zone) for each in found],
    }


def _series_as_json(series: StoredSeries, zone: tzinfo) -> JsonObjectType:
    return {
        "name": series.name,
        "measurement": series.measurement,
        "device": series.device,
        "sensor": series.sensor,
        "field": series.field,
        "first": iso(series.first, zone),
        "last": iso(series.last, zone),
        "rows": series.rows,
    }


async def export_history(call: ServiceCall, entry: AirStateConfigEntry) -> ServiceResponse:
    """Write a CSV file; return its path, number of rows and size."""
    zone = dt_util.get_default_time_zone()
    path: Path = await call.hass.async_add_executor_job(allowed_path, call.hass, call.data["path"])
    request = history_request(call.data, default_limit=None)
    stream = await entry.runtime_data.history.open(request, now=dt_util.now())
    export = Export(call.hass, path, entry.title, zone)
    result = await export.run(stream, overwrite=call.data["overwrite"])
    return {
        **source_fields(stream),
        "station": entry.title,
        "path": str(result.path),
        "rows": result.rows,
        "bytes": result.size,
    }
