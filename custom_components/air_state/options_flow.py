"""The options of a station."""

from typing import Any

import probatio
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)

from .const import (
    CONF_DEVICE_TAG,
    CONF_EXCLUDED,
    CONF_JOURNAL_DAYS,
    CONF_JOURNAL_MEGABYTES,
    CONF_OWN_READINGS,
    CONF_POLL_SECONDS,
    CONF_UPDATE_SECONDS,
    DEFAULT_JOURNAL_DAYS,
    DEFAULT_JOURNAL_MEGABYTES,
    DEFAULT_POLL_SECONDS,
    DEFAULT_UPDATE_SECONDS,
)
from .coordinator import AirStateConfigEntry, excluded_readings
from .core.means import group_counted
from .core.models import ReadingKey
from .core.parameters import sensor_name
from .form_fields import POLL_SECONDS, number_field
from .influxdb import InfluxSettings, device_tag, tag_problem

CONF_COUNTED = "counted"
_UPDATE_SECONDS = number_field(0, 3_600, "s")
_JOURNAL_DAYS = number_field(1, 3_650, "d")
_JOURNAL_MEGABYTES = number_field(16, 65_536, "MiB")


class AirStateOptionsFlow(OptionsFlowWithReload):
    """Changes options; the station is loaded anew with them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for everything at once."""
        entry: AirStateConfigEntry = self.config_entry
        choices = _countable(entry)
        excluded = excluded_readings(entry)
        settings = InfluxSettings.of(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            counted = user_input.pop(CONF_COUNTED, None)
            if counted is not None:
                excluded = frozenset(key for key in choices if str(key) not in counted) | (
                    excluded - frozenset(choices)
                )
                if _leaves_none(choices, excluded):
                    errors[CONF_COUNTED] = "none_counted"
            if settings is not None:
                tag = user_input[CONF_DEVICE_TAG] = user_input[CONF_DEVICE_TAG].strip()
                if problem := tag_problem(self.hass, settings.target, tag, entry.entry_id):
                    errors[CONF_DEVICE_TAG] = problem
            if not errors:
                return self.async_create_entry(
                    data={**entry.options, **user_input, CONF_EXCLUDED: sorted(map(list, excluded))}
                )
        suggested = {
            CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS,
            CONF_UPDATE_SECONDS: DEFAULT_UPDATE_SECONDS,
            CONF_JOURNAL_DAYS: DEFAULT_JOURNAL_DAYS,
            CONF_JOURNAL_MEGABYTES: DEFAULT_JOURNAL_MEGABYTES,
            CONF_COUNTED: [str(key) for key in choices if key not in excluded],
            CONF_DEVICE_TAG: device_tag(entry),
            CONF_OWN_READINGS: False,
            **entry.options,
            **(user_input or {}),
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _options_schema(choices, mirrored=settings is not None), suggested
            ),
            errors=errors,
        )


def _options_schema(choices: list[ReadingKey], *, mirrored: bool) -> probatio.Schema:
    """Return the form of the options; which sensors count is asked where there is a choice."""
    fields: dict[probatio.Marker, object] = {
        probatio.Required(CONF_POLL_SECONDS): POLL_SECONDS,
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
    if mirrored:
        fields[probatio.Required(CONF_DEVICE_TAG)] = TextSelector()
        fields[probatio.Required(CONF_OWN_READINGS)] = BooleanSelector()
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
