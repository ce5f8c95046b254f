"""The actions: which there are, who may call them, and what they take."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

import probatio
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service

from .actions import history as history_actions
from .actions import influx as influx_actions
from .const import DOMAIN
from .core.domain.errors import AirStateError
from .runtime import AirStateConfigEntry
from .translate import action_failed

type _Answer = Coroutine[Any, Any, ServiceResponse]
type _Handler = Callable[[ServiceCall, AirStateConfigEntry], _Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action on one station: its handler, and its fields besides the station."""

    handler: _Handler
    fields: dict[Any, Any]
    admin: bool = False
    answers: SupportsResponse = SupportsResponse.ONLY

    @property
    def schema(self) -> probatio.Schema:
        """Return what a call's data has to look like."""
        return probatio.Schema({probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string, **self.fields})


_QUERY = influx_actions.QUERY_FIELDS
ACTIONS = {
    "get_latest": Action(handler=history_actions.get_latest, fields=history_actions.LATEST_FIELDS),
    "get_history": Action(handler=history_actions.get_history, fields=history_actions.TABLE_FIELDS),
    "list_series": Action(
        handler=history_actions.list_series, fields=history_actions.SERIES_FIELDS
    ),
    "export_history": Action(
        handler=history_actions.export_history,
        fields=history_actions.EXPORT_FIELDS,
        admin=True,
        answers=SupportsResponse.OPTIONAL,
    ),
    "query_flux": Action(handler=influx_actions.query_flux, fields=_QUERY, admin=True),
    "query_influxql": Action(handler=influx_actions.query_influxql, fields=_QUERY, admin=True),
    "get_retention": Action(handler=influx_actions.get_retention, fields={}),
    "set_retention": Action(
        handler=influx_actions.set_retention,
        fields=influx_actions.SET_RETENTION_FIELDS,
        admin=True,
        answers=SupportsResponse.OPTIONAL,
    ),
    "replay": Action(
        handler=influx_actions.replay,
        fields=influx_actions.REPLAY_FIELDS,
        admin=True,
        answers=SupportsResponse.OPTIONAL,
    ),
}


def async_register_actions(hass: HomeAssistant) -> None:
    """Register every action."""
    for name, action in ACTIONS.items():
        handler = _translating(action.handler)
        if action.admin:
            service.async_register_admin_service(
                hass, DOMAIN, name, handler, action.schema, supports_response=action.answers
            )
        else:
            hass.services.async_register(
                DOMAIN, name, handler, action.schema, supports_response=action.answers
            )


def _translating(handler: _Handler) -> Callable[[ServiceCall], _Answer]:
    """Find the entry that the call names, and translate what the core raises."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        entry = service.async_get_config_entry(call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
        try:
            return await handler(call, cast("AirStateConfigEntry", entry))
        except AirStateError as error:
            raise action_failed(error) from error

    return handle
