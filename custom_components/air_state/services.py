"""The table of actions: name, handler, fields and who may call it.

What an action does is in actions/; its form is in services.yaml, its texts are in translations/.
"""

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

type _Response = Coroutine[Any, Any, ServiceResponse]
type _Handler = Callable[[ServiceCall, AirStateConfigEntry], _Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action on one station; `fields` are those besides the station."""

    handler: _Handler
    fields: dict[Any, Any]
    admin: bool = False
    supports_response: SupportsResponse = SupportsResponse.ONLY

    @property
    def schema(self) -> probatio.Schema:
        """Return the schema of a call's data."""
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
        supports_response=SupportsResponse.OPTIONAL,
    ),
    "query_flux": Action(handler=influx_actions.query_flux, fields=_QUERY, admin=True),
    "query_influxql": Action(handler=influx_actions.query_influxql, fields=_QUERY, admin=True),
    "get_retention": Action(handler=influx_actions.get_retention, fields={}),
    "set_retention": Action(
        handler=influx_actions.set_retention,
        fields=influx_actions.SET_RETENTION_FIELDS,
        admin=True,
        supports_response=SupportsResponse.OPTIONAL,
    ),
    "replay": Action(
        handler=influx_actions.replay,
        fields=influx_actions.REPLAY_FIELDS,
        admin=True,
        supports_response=SupportsResponse.OPTIONAL,
    ),
}


def async_register_actions(hass: HomeAssistant) -> None:
    """Register every action."""
    for name, action in ACTIONS.items():
        handler = _service_handler(action.handler)
        response = action.supports_response
        if action.admin:
            service.async_register_admin_service(
                hass, DOMAIN, name, handler, action.schema, supports_response=response
            )
        else:
            hass.services.async_register(
                DOMAIN, name, handler, action.schema, supports_response=response
            )


def _service_handler(handler: _Handler) -> Callable[[ServiceCall], _Response]:
    """Return a handler that finds the entry of a call and translates errors of the core."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        entry = service.async_get_config_entry(call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
        try:
            return await handler(call, cast("AirStateConfigEntry", entry))
        except AirStateError as error:
            raise action_failed(error) from error

    return handle
