"""What the steps about a station share: reading it once at the address that the user gives."""

from collections.abc import Mapping
from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector

from ..const import CONF_ADDRESS, CONF_DEVICE
from ..core.domain.clock import SystemClock
from ..core.domain.errors import AirStateError
from ..core.domain.models import Snapshot
from ..core.station.address import StationAddress
from ..core.station.client import StationClient
from .base import FlowBase

_ADDRESS_SCHEMA = probatio.Schema({probatio.Required(CONF_ADDRESS): TextSelector()})


class StationFlowBase(FlowBase):
    """Asks for an address, and reads the station there."""

    # Set by `_read_station`.
    _address: StationAddress
    _snapshot: Snapshot

    def _station_client(self, address: StationAddress) -> StationClient:
        return StationClient(async_get_clientsession(self.hass), address, SystemClock())

    async def _read_station(self, text: str) -> dict[str, str]:
        """Read the station at an address; return the errors of the form, none if that worked.

        Aborts the flow if another entry has the address.
        """
        entry = self._own_entry
        try:
            address = StationAddress.parse(text)
            self._abort_if_address_used(address)
            self._snapshot = await self._station_client(address).fetch(
                device=entry.data[CONF_DEVICE] if entry else None
            )
        except AirStateError as error:
            return self._form_errors(CONF_ADDRESS, error)
        self._address = address
        return {}

    def _abort_if_address_used(self, address: StationAddress) -> None:
        """Abort if another entry has the same address, however it was typed."""
        entry = self._own_entry
        if entry is None or entry.data[CONF_ADDRESS] != str(address):
            self._async_abort_entries_match({CONF_ADDRESS: str(address)})

    def _show_address_form(
        self, step_id: str, values: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_SCHEMA, values),
            errors=errors,
            description_placeholders=self._error_details if errors else {},
        )
