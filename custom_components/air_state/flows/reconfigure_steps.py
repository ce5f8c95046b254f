"""The steps that change a station's address, or disconnect it from InfluxDB."""

from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult

from ..const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from ..mirroring.settings import InfluxSettings
from ..translate import escape_markdown
from .preview import async_preview
from .station_base import StationFlowBase


class ReconfigureSteps(StationFlowBase):
    """Changes an entry. The menu leads to the steps about InfluxDB as well."""

    async def async_step_reconfigure(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is to be changed."""
        mirrored = InfluxSettings.from_entry(self._get_reconfigure_entry()) is not None
        take_over = ["take_over"] if self._other_connections() else []
        own = ["other_place", "influxdb", *take_over, "remove_influxdb"]
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["address", *(own if mirrored else [*take_over, "connect_influxdb"])],
        )

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the new address of the station and read the station there."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            user_input = {CONF_ADDRESS: entry.data[CONF_ADDRESS]}
            return self._show_address_form("address", user_input, {})
        errors = await self._read_station(user_input[CONF_ADDRESS])
        if errors:
            return self._show_address_form("address", user_input, errors)
        other_id = entry.unique_id not in {None, self._snapshot.station_id}
        if other_id or self._snapshot.device != entry.data[CONF_DEVICE]:
            return await self.async_step_other_station()
        return self._update_address()

    async def async_step_other_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a station with another id or name is to continue the entry."""
        if user_input is not None:
            return self._update_address()
        address, snapshot = self._address, self._snapshot
        entry = self._get_reconfigure_entry()
        return self.async_show_form(
            step_id="other_station",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "address": escape_markdown(str(address)),
                "device": escape_markdown(snapshot.device),
                "found": snapshot.station_id or "-",
                "name": escape_markdown(entry.title),
                "known": escape_markdown(entry.data[CONF_DEVICE]),
                "known_id": entry.unique_id or "-",
                "readings": await async_preview(self.hass, snapshot),
            },
        )

    def _update_address(self) -> ConfigFlowResult:
        """Store the address, name and id of the station that was read, and end the flow.

        Aborts if another entry has the address or the id.
        """
        address, snapshot, entry = self._address, self._snapshot, self._get_reconfigure_entry()
        self._abort_if_address_used(address)
        other = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, snapshot.station_id or ""
        )
        if other is not None and other is not entry:
            return self.async_abort(reason="already_configured")
        return self.async_update_reload_and_abort(
            entry,
            unique_id=snapshot.station_id,
            data_updates={CONF_ADDRESS: str(address), CONF_DEVICE: snapshot.device},
        )

    async def async_step_remove_influxdb(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for confirmation, then disconnect the station from InfluxDB."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self.async_show_form(
                step_id="remove_influxdb",
                data_schema=probatio.Schema({}),
                description_placeholders={
                    "place": escape_markdown(entry.data[CONF_INFLUXDB]["place"])
                },
            )
        data = {name: value for name, value in entry.data.items() if name != CONF_INFLUXDB}
        return self.async_update_reload_and_abort(entry, data=data)
