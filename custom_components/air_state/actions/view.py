"""The view that streams a history of any size as CSV or JSON, without holding it in memory.

`GET /api/air_state/<entry>/history.csv` and `.json` take the fields of `get_history`. Any user who
is logged in may ask, with a bearer token or by a path that Home Assistant has signed.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import tzinfo
from http import HTTPStatus
from typing import Any, Final

import orjson
import probatio
from aiohttp import web
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.domain.errors import AirStateError, FieldError, FieldTwiceError
from ..core.history.stream import HistoryStream
from ..runtime import AirStateConfigEntry
from ..translate import error_message, is_caller_error
from .fields import HISTORY_FIELDS, history_request, optional
from .tables import RowWriter, column_names, paging_fields, query_fields, stream_blocks

PATH: Final = "/api/air_state/{entry_id}/history.{form:csv|json}"
_WRITE_TIMEOUT_SECONDS: Final = 60.0  # that a client may take to read one chunk
_SIGNATURE: Final = "authSig"  # the parameter of Home Assistant's signed paths
_AGGREGATE: Final = "aggregate"
_TIMES: Final = frozenset({"start", "stop"})
_PLUS: Final = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # URL decoding makes a plus a space
_CONTENT_TYPES: Final = {"csv": "text/csv", "json": "application/json"}
_FIELDS: Final = probatio.Schema({**HISTORY_FIELDS, **optional("limit")})


class HistoryView(HomeAssistantView):
    """Streams one station's history."""

    url = PATH
    name = "api:air_state:history"

    async def get(self, request: web.Request, entry_id: str, form: str) -> web.StreamResponse:
        """Stream the table, or answer with an error as JSON."""
        hass = request.app[KEY_HASS]
        entry: AirStateConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.domain != DOMAIN:
            return self.json_message("There is no such station.", HTTPStatus.NOT_FOUND)
        if entry.state is not ConfigEntryState.LOADED:
            text = f"{entry.title} is not loaded at the moment."
            return self.json_message(text, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            asked = history_request(_query_fields(request), default_limit=None)
            stream = await entry.runtime_data.history.open(asked, now=dt_util.now())
            zone = dt_util.get_default_time_zone()
            table = _csv(stream, zone) if form == "csv" else _json(entry.title, stream, zone)
            async with aclosing(table) as chunks:
                return await self._send(request, chunks, form)
        except AirStateError as error:
            status = HTTPStatus.BAD_REQUEST if is_caller_error(error) else HTTPStatus.BAD_GATEWAY
            return self.json_message(error_message(error), status, error.code)

    async def _send(
        self, request: web.Request, chunks: AsyncGenerator[str], form: str
    ) -> web.StreamResponse:
        """Send the chunks as they come. Raises AirStateError only before the first is sent."""
        first = await anext(chunks)
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type, response.charset = _CONTENT_TYPES[form], "utf-8"
        await response.prepare(request)
        try:
            await _write(response, first)
            async for chunk in chunks:
                await _write(response, chunk)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has gone; closing the generators ends the query
        except (AirStateError, TimeoutError) as error:
            # The status is sent already: only a broken connection tells that rows are missing.
            reason = error_message(error) if isinstance(error, AirStateError) else "nobody reads it"
            LOGGER.warning("An answer to %s was broken off: %s", request.path, reason)
            if request.transport is not None:
                request.transport.abort()
        return response


def _query_fields(request: web.Request) -> Mapping[str, Any]:
    """Return the fields that the address holds.

    `parameters` may be repeated. It and `aggregate` may hold several names with commas between.

    Raises FieldError and FieldTwiceError.
    """
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name == "parameters":
            given.setdefault(name, []).extend(part for part in value.split(",") if part.strip())
        elif name in given:
            raise FieldTwiceError(value=name)
        elif name == _AGGREGATE:
            given[name] = [part.strip() for part in value.split(",")]
        elif name != _SIGNATURE:
            given[name] = _PLUS.sub("+", value) if name in _TIMES else value
    allowed = {str(marker) for marker in _FIELDS.schema}
    for name in given:
        if name not in allowed:
            raise FieldError(value=name, allowed=", ".join(sorted(allowed)))
    fields: Mapping[str, Any] = _FIELDS(given)
    return fields


async def _write(response: web.StreamResponse, chunk: str) -> None:
    """Send a chunk. Raises TimeoutError if the client does not read, ConnectionError if it left."""
    async with asyncio.timeout(_WRITE_TIMEOUT_SECONDS):
        await response.write(chunk.encode())


async def _csv(stream: HistoryStream, zone: tzinfo) -> AsyncGenerator[str]:
    """Yield a CSV file in chunks; the header comes with the first rows. Raises AirStateError."""
    writer = RowWriter(stream.query, zone)
    prefix = writer.header()
    async with aclosing(stream_blocks(stream)) as blocks:
        async for block in blocks:
            yield prefix + writer.csv(block)
            prefix = ""
    if prefix:
        yield prefix


async def _json(station: str, stream: HistoryStream, zone: tzinfo) -> AsyncGenerator[str]:
    """Yield a JSON object like the answer of `get_history` (`format: table`), in chunks.

    The first chunk comes with the first rows. Raises AirStateError.
    """
    writer, rows = RowWriter(stream.query, zone), 0
    head = query_fields(station, stream, zone)
    opening = orjson.dumps({**head, "columns": column_names(stream.query)}).decode()
    prefix = f'{opening[:-1]},"rows":[\n'
    async with aclosing(stream_blocks(stream)) as blocks:
        async for block in blocks:
            yield prefix + writer.json(block)
            prefix = ",\n"
            rows += len(block.times)
    ending = orjson.dumps(paging_fields(rows, stream.next_start, zone)).decode()
    yield f"{'' if rows else prefix}\n],{ending[1:]}\n"
