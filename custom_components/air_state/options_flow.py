"""The options of a station."""

from collections.abc import Mapping
from itertools import chain
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

from .choices import as_stored, counting, forgotten_readings
from .const import (
    CONF_DEVICE_TAG,
    CONF_EXCLUDED,
    CONF_FORGOTTEN,
    CONF_INCLUDED,
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
from .coordinator import AirStateConfigEntry
from .core.means import Counting, by_parameter
from .core.models import ReadingKey
from .core.parameters import estimated
from .form_fields import POLL_SECONDS, number_field
from .influxdb import InfluxSettings, device_tag, tag_problem
from .preview import reading_names

CONF_COUNTED = "counted"
_UPDATE_SECONDS = number_field(0, 3_600, "s")
_JOURNAL_DAYS = number_field(1, 3_650, "d")
_JOURNAL_MEGABYTES = number_field(16, 65_536, "MiB")


class AirStateOptionsFlow(OptionsFlowWithReload):
    """Changes options; the station is loaded anew with them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for everything at once."""
        entry: AirStateConfigEntry = self.config_entry
        choices, silent = _countable(entry), _forgettable(entry)
        settings = InfluxSettings.of(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            forgotten = self._forgotten(silent, user_input.pop(CONF_FORGOTTEN, None))
            counted = self._counted(choices, user_input.pop(CONF_COUNTED, None))
            if _leaves_none(choices, counted, forgotten):
                errors[CONF_COUNTED] = "none_counted"
            if settings is not None:
                tag = user_input[CONF_DEVICE_TAG] = user_input[CONF_DEVICE_TAG].strip()
                if problem := tag_problem(self.hass, settings.target, tag, entry.entry_id):
                    errors[CONF_DEVICE_TAG] = problem
            if not errors:
                kept = {
                    CONF_EXCLUDED: as_stored(counted.excluded),
                    CONF_INCLUDED: as_stored(counted.included),
                    CONF_FORGOTTEN: as_stored(forgotten),
                }
                return self.async_create_entry(data={**entry.options, **user_input, **kept})
        else:
            forgotten, counted = forgotten_readings(entry), counting(entry)
        suggested = {
            CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS,
            CONF_UPDATE_SECONDS: DEFAULT_UPDATE_SECONDS,
            CONF_JOURNAL_DAYS: DEFAULT_JOURNAL_DAYS,
            CONF_JOURNAL_MEGABYTES: DEFAULT_JOURNAL_MEGABYTES,
            CONF_DEVICE_TAG: device_tag(entry),
            CONF_OWN_READINGS: False,
            **entry.options,
            **(user_input or {}),
            CONF_COUNTED: [str(key) for each in choices for key in counted.of(each)],
            CONF_FORGOTTEN: [str(key) for key in silent if key in forgotten],
        }
        names = await reading_names(self.hass, [*chain(*choices), *silent])
        schema = _options_schema(choices, silent, names, mirrored=settings is not None)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    def _counted(self, choices: list[list[ReadingKey]], ticked: list[str] | None) -> Counting:
        """Return what counts with the readings that are ticked; what was not asked stays."""
        before = counting(self.config_entry)
        if ticked is None:
            return before
        excluded, included = set(before.excluded), set(before.included)
        for group in choices:
            aside = estimated(group)  # which is no choice of the user's
            counted = {key for key in group if str(key) in ticked}
            excluded = (excluded - set(group)) | (set(group) - counted - aside)
            included = (included - set(group)) | (counted & aside)
        return Counting(excluded=frozenset(excluded), included=frozenset(included))

    def _forgotten(
        self, silent: list[ReadingKey], ticked: list[str] | None
    ) -> frozenset[ReadingKey]:
        """Return what is forgotten with the readings that are ticked; what was not asked stays."""
        before = forgotten_readings(self.config_entry)
        if ticked is None:
            return before
        return before.difference(silent) | {key for key in silent if str(key) in ticked}


def _options_schema(
    choices: list[list[ReadingKey]],
    silent: list[ReadingKey],
    names: Mapping[ReadingKey, str],
    *,
    mirrored: bool,
) -> probatio.Schema:
    """Return the form of the options; readings are asked for where there is a choice."""
    fields: dict[probatio.Marker, object] = {
        probatio.Required(CONF_POLL_SECONDS): POLL_SECONDS,
        probatio.Required(CONF_UPDATE_SECONDS): _UPDATE_SECONDS,
        probatio.Required(CONF_JOURNAL_DAYS): _JOURNAL_DAYS,
        probatio.Required(CONF_JOURNAL_MEGABYTES): _JOURNAL_MEGABYTES,
    }
    for field, keys in ((CONF_COUNTED, list(chain(*choices))), (CONF_FORGOTTEN, silent)):
        if keys:
            options = [SelectOptionDict(value=str(key), label=names[key]) for key in keys]
            fields[probatio.Optional(field, default=[])] = SelectSelector(
                SelectSelectorConfig(options=options, multiple=True)
            )
    if mirrored:
        fields[probatio.Required(CONF_DEVICE_TAG)] = TextSelector()
        fields[probatio.Required(CONF_OWN_READINGS)] = BooleanSelector()
    return probatio.Schema(fields)


def _countable(entry: AirStateConfigEntry) -> list[list[ReadingKey]]:
    """Return the readings of each parameter that several sensors have; none while not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    groups = by_parameter(entry.runtime_data.coordinator.known).values()
    return [group for group in groups if len(group) > 1]


def _forgettable(entry: AirStateConfigEntry) -> list[ReadingKey]:
    """Return the readings that the station does not send now; none while not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    coordinator = entry.runtime_data.coordinator
    return sorted(coordinator.silent | coordinator.forgotten)


def _leaves_none(
    choices: list[list[ReadingKey]], counted: Counting, forgotten: frozenset[ReadingKey]
) -> bool:
    """Return whether some parameter would be left without a sensor that counts."""
    return any(
        (left := [key for key in group if key not in forgotten])
        and counted.excluded.issuperset(set(left) - (estimated(left) - counted.included))
        for group in choices
    )
