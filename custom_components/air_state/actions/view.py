"""Histories of any size by the web: a table that streams, and is held nowhere.

`GET /api/air_state/<entry>/history.csv` and `.json` take the fields of `get_history`. Whoever is
logged in may ask: with a bearer token, or by a path that Home Assistant has signed.
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
from ..core.history.history import HistoryStream
from ..runtime import AirStateConfigEntry
from ..translate import is_mistake, message_of
from .fields import HISTORY_FIELDS, history_request, optional
from .tables import RowWriter, column_names, paging_fields, portions, query_fields

PATH: Final = "/api/air_state/{entry_id}/history.{form:csv|json}"
_PATIENCE: Final = 60.0  # seconds that a client may take for a piece
_SIGNATURE: Final = "authSig"  # Home Assistant's own
_TIMES: Final = frozenset({"start", "stop"})
_PLUS: Final = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # what a plus in an address means
_TYPES: Final = {"csv": "text/csv", "json": "application/json"}
_FIELDS: Final = probatio.Schema({**HISTORY_FIELDS, **optional("limit")})


class HistoryView(HomeAssistantView):
    """Streams one station's history."""

    url = PATH
    name = "api:air_state:history"

    async def get(self, request: web.Request, entry_id: str, form: str) -> web.StreamResponse:
        """Answer with a table."""
        hass = request.app[KEY_HASS]
        entry: AirStateConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.domain != DOMAIN:
            return self.json_message("There is no such station.", HTTPStatus.NOT_FOUND)
        if entry.state is not ConfigEntryState.LOADED:
            text = f"{entry.title} is not loaded at the moment."
            return self.json_message(text, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            asked = history_request(_fields(request), default_limit=None)
            stream = await entry.runtime_data.history.open(asked, now=dt_util.now())
            zone = dt_util.get_default_time_zone()
            whole = _csv(stream, zone) if form == "csv" else _json(entry.title, stream, zone)
            async with aclosing(whole) as pieces:
                return await self._send(request, pieces, form)
        except AirStateError as error:
            status = HTTPStatus.BAD_REQUEST if is_mistake(error) else HTTPStatus.BAD_GATEWAY
            return self.json_message(message_of(error), status, error.code)

    async def _send(
        self, request: web.Request, pieces: AsyncGenerator[str], form: str
    ) -> web.StreamResponse:
        """Send pieces as they come; what goes wrong before the first is raised."""
        first = await anext(pieces)
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type, response.charset = _TYPES[form], "utf-8"
        await response.prepare(request)
        try:
            await _write(response, first)
            async for piece in pieces:
                await _write(response, piece)
            await response.write_eof()
        except ConnectionError:
            pass  # whoever asked has gone; what is asked for them ends with this
        except (AirStateError, TimeoutError) as error:
            # The answer has begun: breaking it off is the only way to say that it is not whole.
            reason = message_of(error) if isinstance(error, AirStateError) else "nobody takes it"
            LOGGER.warning("An answer to %s was broken off: %s", request.path, reason)
            if request.transport is not None:
                request.transport.abort()
        return response


def _fields(request: web.Request) -> Mapping[str, Any]:
    """Return the fields of an address; lists are repeated, or have commas. Raises FieldError."""
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name == "parameters":
            given.setdefault(name, []).extend(part for part in value.split(",") if part.strip())
        elif name in given:
            raise FieldTwiceError(value=name)
        elif name != _SIGNATURE:
            given[name] = _PLUS.sub("+", value) if name in _TIMES else value
    allowed = {str(marker) for marker in _FIELDS.schema}
    for name in given:
        if name not in allowed:
            raise FieldError(value=name, allowed=", ".join(sorted(allowed)))
    fields: Mapping[str, Any] = _FIELDS(given)
    return fields


async def _write(response: web.StreamResponse, piece: str) -> None:
    async with asyncio.timeout(_PATIENCE):
        await response.write(piece.encode())


async def _csv(stream: HistoryStream, zone: tzinfo) -> AsyncGenerator[str]:
    """Yield a CSV file; the first piece comes with the first rows. Raises AirStateError."""
    writer = RowWriter(stream.query, zone)
    before = writer.header()
    async with aclosing(portions(stream)) as found:
        async for block in found:
            yield before + writer.csv(block)
            before = ""
    if before:
        yield before


async def _json(station: str, stream: HistoryStream, zone: tzinfo) -> AsyncGenerator[str]:
    """Yield a JSON object like `get_history`'s; the first piece comes with the first rows.

    Raises AirStateError.
    """
    writer, rows = RowWriter(stream.query, zone), 0
    head = query_fields(station, stream, zone)
    opening = orjson.dumps({**head, "columns": column_names(stream.query)}).decode()
    before = f'{opening[:-1]},"rows":[\n'
    async with aclosing(portions(stream)) as found:
        async for block in found:
            yield before + writer.json(block)
            before = ",\n"
            rows += len(block.times)
    ending = orjson.dumps(paging_fields(rows, stream.next_start, zone)).decode()
    yield f"{'' if rows else before}\n],{ending[1:]}\n"
