"""The steps that set up a station, typed in by the user or found by zeroconf."""

import asyncio
from contextlib import suppress
from typing import Any, override

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from ..const import (
    CONF_ADDRESS,
    CONF_DEVICE,
    CONF_POLL_SECONDS,
    DEFAULT_POLL_SECONDS,
    DOMAIN,
)
from ..core.domain.errors import AddressError, StationError
from ..core.station.address import StationAddress
from ..core.station.info import StationInfo
from .fields import POLL_SECONDS
from .form_errors import NAME_MISSING
from .preview import async_preview
from .station_base import StationFlowBase

_MAX_NAME_LENGTH = 64
_ATTEMPTS = 3  # to reach a station that announces itself and does not answer
_RETRY_SECONDS = 5.0
_STATION_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Required(CONF_POLL_SECONDS): POLL_SECONDS,
    }
)


class StationSteps(StationFlowBase):
    """Finds a station, shows what it sends, and creates its entry."""

    # Set by the step `station`, for the entry.
    _title: str
    _options: dict[str, Any]

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address and read the station there."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._read_station(user_input[CONF_ADDRESS])
            if not errors:
                if (station_id := self._snapshot.station_id) is not None:
                    await self.async_set_unique_id(station_id, raise_on_progress=False)
                    await self._abort_if_station_known(station_id, self._address)
                return await self.async_step_station()
        return self._show_address_form("user", user_input, errors)

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Set up the station that announces itself, or follow it to its new address."""
        host = discovery_info.host
        host = f"[{host}]" if ":" in host else host
        text = f"{host}:{discovery_info.port}"
        station_id = discovery_info.properties.get("id")
        if not station_id or not await self._answers_at(text, station_id):
            return self.async_abort(reason="not_there")
        await self.async_set_unique_id(station_id)
        await self._abort_if_station_known(station_id, StationAddress.parse(text))
        if await self._read_station(text):
            return self.async_abort(reason="no_readings")  # it will announce itself again
        address = self._address
        self.context["title_placeholders"] = {"name": f"{self._snapshot.device} ({address})"}
        return await self.async_step_station()

    async def _answers_at(self, address: str, station_id: str) -> bool:
        """Return whether the station with that id answers at the address.

        It is tried several times, since Home Assistant announces an address only once and WLANs
        fail now and then. The readings, if there are any yet, must carry the id as well.
        """
        try:
            client = self._station_client(StationAddress.parse(address))
        except AddressError:
            return False
        info: StationInfo | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_RETRY_SECONDS)
            with suppress(StationError):
                info = await client.fetch_info()
                break
        if info is None or info.id != station_id:
            return False
        with suppress(StationError):  # it may have no readings yet
            return (await client.fetch()).station_id == station_id
        return True

    async def _abort_if_station_known(self, station_id: str, address: StationAddress) -> None:
        """Abort if an entry has the station, after moving the entry to `address`.

        The entry's own address stays as long as the station answers there: the user may have
        chosen it, such as a host name.
        """
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, station_id)
        known = entry.data.get(CONF_ADDRESS) if entry is not None else None
        found = str(address)
        stays = known is not None and known != found and await self._answers_at(known, station_id)
        self._abort_if_unique_id_configured(updates=None if stays else {CONF_ADDRESS: found})

    async def async_step_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the station sends; ask for its name and how often to poll it."""
        address, snapshot = self._address, self._snapshot
        self._abort_if_set_up_meanwhile()
        if user_input is not None and (name := user_input[CONF_NAME].strip()[:_MAX_NAME_LENGTH]):
            self._title = name
            self._options = {CONF_POLL_SECONDS: user_input[CONF_POLL_SECONDS]}
            return await self.async_step_mirror()
        suggested = {CONF_NAME: snapshot.device, CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS}
        return self.async_show_form(
            step_id="station",
            data_schema=self.add_suggested_values_to_schema(
                _STATION_SCHEMA, user_input or suggested
            ),
            errors={CONF_NAME: NAME_MISSING} if user_input is not None else {},
            description_placeholders={
                "address": str(address),
                "device": snapshot.device,
                "readings": await async_preview(self.hass, snapshot),
            },
        )

    async def async_step_mirror(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether readings go into InfluxDB as well."""
        take_over = ["take_over"] if self._other_connections() else []
        return self.async_show_menu(
            step_id="mirror", menu_options=["without_influxdb", *take_over, "influxdb"]
        )

    async def async_step_without_influxdb(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Create an entry without InfluxDB."""
        return self._create_entry({})

    def _create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Create the station's entry, with `data` besides what identifies the station."""
        self._abort_if_set_up_meanwhile()
        station = {CONF_ADDRESS: str(self._address), CONF_DEVICE: self._snapshot.device}
        return self.async_create_entry(
            title=self._title, data={**station, **data}, options=self._options
        )

    def _abort_if_set_up_meanwhile(self) -> None:
        """Abort if another flow was faster, or an entry has adopted the station's id.

        Home Assistant would replace an entry with the same id, and its journal would be lost.
        """
        self._abort_if_address_used(self._address)
        self._abort_if_unique_id_configured()
