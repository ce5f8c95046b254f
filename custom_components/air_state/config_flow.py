"""Setting up a station, changing its address, and its options."""

import re
from collections.abc import Mapping
from typing import Any, override

import probatio
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)

from .const import (
    CONF_ADDRESS,
    CONF_DEVICE,
    CONF_EXCLUDED,
    CONF_JOURNAL_DAYS,
    CONF_JOURNAL_MEGABYTES,
    CONF_POLL_SECONDS,
    CONF_UPDATE_SECONDS,
    DEFAULT_JOURNAL_DAYS,
    DEFAULT_JOURNAL_MEGABYTES,
    DEFAULT_POLL_SECONDS,
    DEFAULT_UPDATE_SECONDS,
    DOMAIN,
)
from .coordinator import AirStateConfigEntry, excluded_readings
from .core.clock import SystemClock
from .core.errors import AirStateError
from .core.means import group_counted
from .core.models import ReadingKey, Snapshot
from .core.parameters import describe, sensor_name
from .core.station import StationAddress, StationClient

CONF_COUNTED = "counted"
_LONGEST_NAME = 64
_MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")


def _number(low: int, high: int, unit: str) -> probatio.All[Any]:
    """Return a validator for a whole number from `low` to `high`."""
    return probatio.All(
        NumberSelector(
            NumberSelectorConfig(
                min=low,
                max=high,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=unit,
            )
        ),
        probatio.Coerce(int),
    )


_POLL_SECONDS = _number(1, 3_600, "s")
_UPDATE_SECONDS = _number(0, 3_600, "s")
_JOURNAL_DAYS = _number(1, 3_650, "d")
_JOURNAL_MEGABYTES = _number(16, 65_536, "MiB")
_ADDRESS_SCHEMA = probatio.Schema({probatio.Required(CONF_ADDRESS): TextSelector()})


class AirStateConfigFlow(ConfigFlow, domain=DOMAIN):
    """Finds out what is at an address, shows it, and makes an entry of it."""

    VERSION = 1

    # What `_look` found, and the details of what it did not.
    _address: StationAddress
    _snapshot: Snapshot
    _details: dict[str, str]

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: AirStateConfigEntry) -> AirStateOptionsFlow:
        """Return the flow that changes options."""
        return AirStateOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address and look what answers there."""
        if user_input is not None and not (errors := await self._look(user_input[CONF_ADDRESS])):
            return await self.async_step_station()
        return self._ask_address("user", user_input, errors if user_input else {})

    async def async_step_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the station sends; ask how to call it and how often to poll it."""
        address, snapshot = self._address, self._snapshot
        self._abort_if_used(address)  # set up by another flow meanwhile
        if user_input is not None and (name := user_input[CONF_NAME].strip()[:_LONGEST_NAME]):
            return self.async_create_entry(
                title=name,
                data={CONF_ADDRESS: str(address), CONF_DEVICE: snapshot.device},
                options={CONF_POLL_SECONDS: user_input[CONF_POLL_SECONDS]},
            )
        schema = probatio.Schema(
            {
                probatio.Required(CONF_NAME): TextSelector(),
                probatio.Required(CONF_POLL_SECONDS): _POLL_SECONDS,
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
                "readings": _as_markdown(snapshot),
            },
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another address of the same station."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            user_input = {CONF_ADDRESS: entry.data[CONF_ADDRESS]}
            return self._ask_address("reconfigure", user_input, {})
        errors = await self._look(user_input[CONF_ADDRESS])
        if errors:
            return self._ask_address("reconfigure", user_input, errors)
        if self._snapshot.device != entry.data[CONF_DEVICE]:
            return await self.async_step_other_station()
        return self._move()

    async def async_step_other_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a station that goes by another name is meant all the same."""
        if user_input is not None:
            return self._move()
        address, snapshot = self._address, self._snapshot
        return self.async_show_form(
            step_id="other_station",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "address": str(address),
                "device": snapshot.device,
                "known": self._get_reconfigure_entry().data[CONF_DEVICE],
                "readings": _as_markdown(snapshot),
            },
        )

    def _move(self) -> ConfigFlowResult:
        """Let the entry go on at the address that was found."""
        address, snapshot = self._address, self._snapshot
        self._abort_if_used(address)
        return self.async_update_reload_and_abort(
            self._get_reconfigure_entry(),
            data_updates={CONF_ADDRESS: str(address), CONF_DEVICE: snapshot.device},
        )

    async def _look(self, text: str) -> dict[str, str]:
        """Read the station at the address; return what is wrong, as errors of a form."""
        try:
            address = StationAddress.parse(text)
            self._abort_if_used(address)
            client = StationClient(async_get_clientsession(self.hass), address, SystemClock())
            self._snapshot = await client.fetch(device=self._known_device())
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


class AirStateOptionsFlow(OptionsFlowWithReload):
    """Changes options; the station is loaded anew with them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for everything at once."""
        entry: AirStateConfigEntry = self.config_entry
        choices = _countable(entry)
        excluded = excluded_readings(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            counted = user_input.pop(CONF_COUNTED, None)
            if counted is not None:
                excluded = frozenset(key for key in choices if str(key) not in counted) | (
                    excluded - frozenset(choices)
                )
                if _leaves_none(choices, excluded):
                    errors[CONF_COUNTED] = "none_counted"
            if not errors:
                return self.async_create_entry(
                    data={**user_input, CONF_EXCLUDED: sorted(map(list, excluded))}
                )
        suggested = {
            CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS,
            CONF_UPDATE_SECONDS: DEFAULT_UPDATE_SECONDS,
            CONF_JOURNAL_DAYS: DEFAULT_JOURNAL_DAYS,
            CONF_JOURNAL_MEGABYTES: DEFAULT_JOURNAL_MEGABYTES,
            CONF_COUNTED: [str(key) for key in choices if key not in excluded],
            **entry.options,
            **(user_input or {}),
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_options_schema(choices), suggested),
            errors=errors,
        )


def _options_schema(choices: list[ReadingKey]) -> probatio.Schema:
    """Return the form of the options; which sensors count is asked where there is a choice."""
    fields: dict[probatio.Marker, object] = {
        probatio.Required(CONF_POLL_SECONDS): _POLL_SECONDS,
        probatio.Required(CONF_UPDATE_SECONDS): _UPDATE_SECONDS,
        probatio.Required(CONF_JOURNAL_DAYS): _JOURNAL_DAYS,
        probatio.Required(CONF_JOURNAL_MEGABYTES): _JOURNAL_MEGABYTES,
    }
    if choices:
        options = [
            SelectOptionDict(value=str(key), label=f"{sensor_name(key.sensor)} {key.parameter}")
            for key in choices
        ]
        fields[probatio.Optional(CONF_COUNTED, default=[])] = SelectSelector(
            SelectSelectorConfig(options=options, multiple=True)
        )
    return probatio.Schema(fields)


def _countable(entry: AirStateConfigEntry) -> list[ReadingKey]:
    """Return the readings that share their parameter with another; none while not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    series = group_counted(entry.runtime_data.coordinator.known).values()
    return [key for each in series if len(each.keys) > 1 for key in each.keys]


def _leaves_none(choices: list[ReadingKey], excluded: frozenset[ReadingKey]) -> bool:
    """Return whether some parameter would be left without a sensor that counts."""
    left = {key.parameter for key in choices if key not in excluded}
    return any(key.parameter not in left for key in choices)


def _as_markdown(snapshot: Snapshot) -> str:
    """Return what the station sends as lines of a list, with what is missing and why."""
    lines = [
        f"- {_plain(key)}: {value:.10g} {describe(key).unit or ''}"
        for key, value in snapshot.readings.items()
    ]
    lines += [f"- {_plain(each.key)}: missing ({each.reason.value})" for each in snapshot.refused]
    return "\n".join(lines)


def _plain(key: ReadingKey) -> str:
    """Return a reading's name so that Markdown shows it as it was sent."""
    return _MARKDOWN.sub(r"\\\g<0>", f"{sensor_name(key.sensor)} {key.parameter}")
