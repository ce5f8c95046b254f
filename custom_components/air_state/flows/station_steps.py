"""Setting up a station, and changing where it is and where its readings go."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, override

import probatio
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from ..const import (
    CONF_ADDRESS,
    CONF_DEVICE,
    CONF_INFLUXDB,
    CONF_POLL_SECONDS,
    DEFAULT_POLL_SECONDS,
    DOMAIN,
)
from ..core.domain.clock import SystemClock
from ..core.domain.errors import AddressError, AirStateError, StationError
from ..core.domain.models import ReadingKey, Snapshot
from ..core.station.client import StationAddress, StationClient
from ..core.station.info import StationInfo
from ..mirroring.migration import MINOR_VERSION
from ..mirroring.settings import InfluxSettings
from ..runtime import AirStateConfigEntry, async_newest_readings
from ..translate import escape_markdown
from .fields import POLL_SECONDS
from .influx.server_steps import InfluxSteps
from .options import AirStateOptionsFlow
from .preview import preview

_MAX_NAME_LENGTH = 64
_LOOKS = 3  # at a station that announces itself and does not answer
_PAUSE_SECONDS = 5.0
_ADDRESS_SCHEMA = probatio.Schema({probatio.Required(CONF_ADDRESS): TextSelector()})


class AirStateConfigFlow(InfluxSteps, domain=DOMAIN):
    """Finds out what is at an address, shows it, and makes an entry of it."""

    VERSION = 1
    MINOR_VERSION = MINOR_VERSION

    # What `_look_at_station` found, and the details of what it did not.
    _address: StationAddress
    _snapshot: Snapshot
    _details: dict[str, str]
    # What the steps so far have made of the entry.
    _title: str
    _options: dict[str, Any]

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: AirStateConfigEntry) -> AirStateOptionsFlow:
        """Return the flow that changes options."""
        return AirStateOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address and look what answers there."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._look_at_station(user_input[CONF_ADDRESS])
            if not errors:
                await self._take_id(raise_on_progress=False)
                return await self.async_step_station()
        return self._ask_address("user", user_input, errors)

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Look whether the station that announces itself is there; it may have moved."""
        host = discovery_info.host
        host = f"[{host}]" if ":" in host else host
        text = f"{host}:{discovery_info.port}"
        station_id = discovery_info.properties.get("id")
        if not station_id or not await self._is_at(text, station_id):
            return self.async_abort(reason="not_there")
        await self.async_set_unique_id(station_id)
        await self._follow(station_id, text)
        if await self._look_at_station(text):
            return self.async_abort(reason="no_readings")  # it is announced again
        address = self._address
        self.context["title_placeholders"] = {"name": f"{self._snapshot.device} ({address})"}
        return await self.async_step_station()

    async def _is_at(self, address: str, station_id: str) -> bool:
        """Return whether what answers at an address calls itself so, and its readings do.

        Once it is known at an address it does not announce that again, and WLANs fail now and then.
        """
        try:
            client = self._client(StationAddress.parse(address))
        except AddressError:
            return False
        info: StationInfo | None = None
        for look in range(_LOOKS):
            if look:
                await asyncio.sleep(_PAUSE_SECONDS)
            with suppress(StationError):
                info = await client.fetch_info()
                break
        if info is None or info.id != station_id:
            return False
        with suppress(StationError):  # it may have none yet
            return (await client.fetch()).station_id == station_id
        return True

    async def _follow(self, station_id: str, address: str) -> None:
        """Abort if an entry has the station, which goes on at `address` if it has moved there.

        An address that somebody chose, such as a host's name, stays as long as it does.
        """
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, station_id)
        known = entry.data.get(CONF_ADDRESS) if entry is not None else None
        found = str(StationAddress.parse(address))
        stays = known is not None and known != found and await self._is_at(known, station_id)
        self._abort_if_unique_id_configured(updates=None if stays else {CONF_ADDRESS: found})

    async def _take_id(self, *, raise_on_progress: bool = True) -> None:
        """Be known by the station's own id, if it has one; a known one may have moved."""
        if (station_id := self._snapshot.station_id) is not None:
            await self.async_set_unique_id(station_id, raise_on_progress=raise_on_progress)
            await self._follow(station_id, str(self._address))

    def _client(self, address: StationAddress) -> StationClient:
        return StationClient(async_get_clientsession(self.hass), address, SystemClock())

    async def async_step_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the station sends; ask how to call it and how often to poll it."""
        address, snapshot = self._address, self._snapshot
        self._abort_if_set_up_meanwhile()
        if user_input is not None and (name := user_input[CONF_NAME].strip()[:_MAX_NAME_LENGTH]):
            self._title = name
            self._options = {CONF_POLL_SECONDS: user_input[CONF_POLL_SECONDS]}
            return await self.async_step_mirror()
        schema = probatio.Schema(
            {
                probatio.Required(CONF_NAME): TextSelector(),
                probatio.Required(CONF_POLL_SECONDS): POLL_SECONDS,
            }
        )
        suggested = {CONF_NAME: snapshot.device, CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS}
        return self.async_show_form(
            step_id="station",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or suggested),
            errors={CONF_NAME: "name_missing"} if user_input is not None else {},
            description_placeholders={
                "address": str(address),
                "device": snapshot.device,
                "readings": await preview(self.hass, snapshot),
            },
        )

    async def async_step_mirror(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether readings go into InfluxDB, too."""
        take_over = ["take_over"] if self._other_connections() else []
        return self.async_show_menu(
            step_id="mirror", menu_options=["without_influxdb", *take_over, "influxdb"]
        )

    async def async_step_without_influxdb(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Be content with the journal."""
        return self._create({})

    @override
    def _finish_influxdb(
        self, settings: InfluxSettings, options: dict[str, Any]
    ) -> ConfigFlowResult:
        """Keep where readings go: in a new entry, or in the one that is being changed."""
        data = {CONF_INFLUXDB: settings.as_stored()}
        if self.source != SOURCE_RECONFIGURE:
            self._options |= options
            return self._create(data)
        entry = self._get_reconfigure_entry()
        return self.async_update_reload_and_abort(
            entry, data_updates=data, options={**entry.options, **options}
        )

    def _abort_if_set_up_meanwhile(self) -> None:
        """Abort if another flow was quicker, or an entry has taken the station's id over.

        Home Assistant would replace an entry that has the same id, and its journal would be gone.
        """
        self._abort_if_used(self._address)
        self._abort_if_unique_id_configured()

    def _create(self, data: dict[str, Any]) -> ConfigFlowResult:
        self._abort_if_set_up_meanwhile()
        station = {CONF_ADDRESS: str(self._address), CONF_DEVICE: self._snapshot.device}
        return self.async_create_entry(
            title=self._title, data={**station, **data}, options=self._options
        )

    @override
    async def _newest_readings(self) -> Mapping[ReadingKey, float]:
        if (entry := self._own_entry) is None:
            return self._snapshot.readings
        return await async_newest_readings(entry)

    @property
    @override
    def _names(self) -> tuple[str, str]:
        return self._snapshot.device, self._title

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

    async def async_step_remove_influxdb(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether readings are no longer to go into InfluxDB."""
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

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another address of the same station."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            user_input = {CONF_ADDRESS: entry.data[CONF_ADDRESS]}
            return self._ask_address("address", user_input, {})
        errors = await self._look_at_station(user_input[CONF_ADDRESS])
        if errors:
            return self._ask_address("address", user_input, errors)
        another = entry.unique_id not in {None, self._snapshot.station_id}
        if another or self._snapshot.device != entry.data[CONF_DEVICE]:
            return await self.async_step_other_station()
        return self._move()

    async def async_step_other_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a station that goes by another name is meant all the same."""
        if user_input is not None:
            return self._move()
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
                "readings": await preview(self.hass, snapshot),
            },
        )

    def _move(self) -> ConfigFlowResult:
        """Let the entry go on at the address that was found."""
        address, snapshot, entry = self._address, self._snapshot, self._get_reconfigure_entry()
        self._abort_if_used(address)
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

    async def _look_at_station(self, text: str) -> dict[str, str]:
        """Read the station at the address; return what is wrong, as errors of a form."""
        try:
            address = StationAddress.parse(text)
            self._abort_if_used(address)
            self._snapshot = await self._client(address).fetch(device=self._known_device())
        except AirStateError as error:
            self._details = error.details
            return {CONF_ADDRESS: error.code}
        self._address = address
        return {}

    def _known_device(self) -> str | None:
        """Return the wire key that a station to be reconfigured is known by."""
        if self.source != SOURCE_RECONFIGURE:
            return None
        device: str = self._get_reconfigure_entry().data[CONF_DEVICE]
        return device

    def _abort_if_used(self, address: StationAddress) -> None:
        """Stop if another entry has the same address, however it is written."""
        own = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        if own is None or own.data[CONF_ADDRESS] != str(address):
            self._async_abort_entries_match({CONF_ADDRESS: str(address)})

    def _ask_address(
        self, step_id: str, values: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_ADDRESS_SCHEMA, values),
            errors=errors,
            description_placeholders=self._details if errors else {},
        )
