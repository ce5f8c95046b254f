"""The options of a station: one form, and a second one if a new device tag changes units."""

from collections.abc import Mapping, Sequence
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

from ..const import (
    CONF_DEVICE_TAG,
    CONF_EXCLUDED,
    CONF_FORGOTTEN,
    CONF_INCLUDED,
    CONF_JOURNAL_DAYS,
    CONF_JOURNAL_MEGABYTES,
    CONF_OWN_READINGS,
    CONF_POLL_SECONDS,
    CONF_STORED_UNITS,
    CONF_UPDATE_SECONDS,
    DEFAULT_JOURNAL_DAYS,
    DEFAULT_JOURNAL_MEGABYTES,
    DEFAULT_POLL_SECONDS,
    DEFAULT_UPDATE_SECONDS,
)
from ..core.domain.means import MeanSelection, group_by_parameter
from ..core.domain.models import ReadingKey
from ..core.domain.sensor_types import estimated_readings
from ..core.influx.errors import InfluxError
from ..core.influx.server.unit_jumps import UnitJump, units_of_bucket
from ..mirroring.settings import InfluxSettings, device_tag, device_tag_problem, stored_units
from ..reading_options import chosen_mean_selection, forgotten_readings, to_stored
from ..runtime import AirStateConfigEntry, async_newest_readings
from .fields import POLL_SECONDS, number_field
from .form_errors import INFLUX_NOT_ASKED
from .influx.units import CONF_GO_ON, async_find_unit_jumps, jumps_as_markdown, units_schema
from .preview import async_reading_names

CONF_COUNTED = "counted"
_UPDATE_SECONDS = number_field(0, 3_600, "s")
_JOURNAL_DAYS = number_field(1, 3_650, "d")
_JOURNAL_MEGABYTES = number_field(16, 65_536, "MiB")


class AirStateOptionsFlow(OptionsFlowWithReload):
    """Changes the options; Home Assistant then loads the station again."""

    _changed: dict[str, Any]  # the options to store
    _jumps: Sequence[UnitJump] = ()  # of the series under a new device tag
    _mean_selection: MeanSelection

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all options."""
        entry: AirStateConfigEntry = self.config_entry
        choices, missing = _countable(entry), _not_sent(entry)
        settings = InfluxSettings.from_entry(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            forgotten = self._new_forgotten(missing, user_input.pop(CONF_FORGOTTEN, None))
            counted = self._new_mean_selection(choices, user_input.pop(CONF_COUNTED, None))
            if _has_uncounted_parameter(choices, counted, forgotten):
                errors[CONF_COUNTED] = "none_counted"
            if settings is not None:
                tag = user_input[CONF_DEVICE_TAG] = user_input[CONF_DEVICE_TAG].strip()
                if problem := device_tag_problem(self.hass, settings.target, tag, entry.entry_id):
                    errors[CONF_DEVICE_TAG] = problem
            if not errors:
                self._changed = {
                    **entry.options,
                    **user_input,
                    CONF_EXCLUDED: to_stored(counted.excluded),
                    CONF_INCLUDED: to_stored(counted.included),
                    CONF_FORGOTTEN: to_stored(forgotten),
                }
                if settings is not None and user_input[CONF_DEVICE_TAG] != device_tag(entry):
                    self._mean_selection = counted
                    errors = await self._find_unit_jumps(settings)
            if not errors:
                return await (self.async_step_units() if self._jumps else self._finish())
        else:
            forgotten, counted = forgotten_readings(entry), chosen_mean_selection(entry)
        suggested = {
            CONF_POLL_SECONDS: DEFAULT_POLL_SECONDS,
            CONF_UPDATE_SECONDS: DEFAULT_UPDATE_SECONDS,
            CONF_JOURNAL_DAYS: DEFAULT_JOURNAL_DAYS,
            CONF_JOURNAL_MEGABYTES: DEFAULT_JOURNAL_MEGABYTES,
            CONF_DEVICE_TAG: device_tag(entry),
            CONF_OWN_READINGS: False,
            **entry.options,
            **(user_input or {}),
            CONF_COUNTED: [str(key) for each in choices for key in counted.select(each)],
            CONF_FORGOTTEN: [str(key) for key in missing if key in forgotten],
        }
        names = await async_reading_names(self.hass, [*chain(*choices), *missing])
        schema = _options_schema(choices, missing, names, mirrored=settings is not None)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def _find_unit_jumps(self, settings: InfluxSettings) -> dict[str, str]:
        """Set `_jumps` to the series whose unit would change; return the errors of the form."""
        tag = self._changed[CONF_DEVICE_TAG]
        try:
            self._jumps = await async_find_unit_jumps(
                self.hass,
                settings.target,
                tag,
                await async_newest_readings(self.config_entry),
                mean_selection=self._mean_selection,
                own_readings=self._changed[CONF_OWN_READINGS],
                units=self._units(tag),
            )
        except InfluxError:
            return {CONF_DEVICE_TAG: INFLUX_NOT_ASKED}
        return {}

    def _units(self, tag: str) -> dict[str, str]:
        """Return the units that the series under a tag are written in, by parameter.

        Only the entry's own series may have other units than the catalogue's.
        """
        entry: AirStateConfigEntry = self.config_entry
        return dict(stored_units(entry)) if tag == device_tag(entry) else {}

    async def async_step_units(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the series that would jump; ask whether to keep their units or use another tag."""
        errors: dict[str, str] = {}
        settings = InfluxSettings.from_entry(self.config_entry)
        if user_input is not None and settings is not None:
            tag = user_input[CONF_DEVICE_TAG].strip()
            if tag == self._changed[CONF_DEVICE_TAG]:
                self._jumps = self._jumps if user_input.get(CONF_GO_ON) else ()
                return await self._finish()
            own_id = self.config_entry.entry_id
            if problem := device_tag_problem(self.hass, settings.target, tag, own_id):
                errors = {CONF_DEVICE_TAG: problem}
            else:
                self._changed[CONF_DEVICE_TAG] = tag
                errors = await self._find_unit_jumps(settings)
                if not errors and not self._jumps:
                    return await self._finish()
        schema = units_schema(self._jumps)
        suggested = {CONF_DEVICE_TAG: self._changed[CONF_DEVICE_TAG]}
        return self.async_show_form(
            step_id="units",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or suggested),
            errors=errors,
            description_placeholders={"jumps": jumps_as_markdown(self._jumps)},
        )

    async def _finish(self) -> ConfigFlowResult:
        if tag := self._changed.get(CONF_DEVICE_TAG):
            self._changed.pop(CONF_STORED_UNITS, None)
            if units := units_of_bucket(self._jumps, self._units(tag)):
                self._changed[CONF_STORED_UNITS] = units
        return self.async_create_entry(data=self._changed)

    def _new_mean_selection(
        self, choices: list[list[ReadingKey]], ticked: list[str] | None
    ) -> MeanSelection:
        """Return which readings count towards means if those in `ticked` are ticked.

        Readings that the form did not offer stay as they were; `ticked` is None if it offered none.
        """
        before = chosen_mean_selection(self.config_entry)
        if ticked is None:
            return before
        excluded, included = set(before.excluded), set(before.included)
        for group in choices:
            # Estimates do not count by default: they are `included`, where others are `excluded`.
            estimates = estimated_readings(group)
            counted = {key for key in group if str(key) in ticked}
            excluded = (excluded - set(group)) | (set(group) - counted - estimates)
            included = (included - set(group)) | (counted & estimates)
        return MeanSelection(excluded=frozenset(excluded), included=frozenset(included))

    def _new_forgotten(
        self, missing: list[ReadingKey], ticked: list[str] | None
    ) -> frozenset[ReadingKey]:
        """Return which readings are forgotten if those in `ticked` are ticked.

        Readings that the form did not offer stay as they were; `ticked` is None if it offered none.
        """
        before = forgotten_readings(self.config_entry)
        if ticked is None:
            return before
        return before.difference(missing) | {key for key in missing if str(key) in ticked}


def _options_schema(
    choices: list[list[ReadingKey]],
    missing: list[ReadingKey],
    names: Mapping[ReadingKey, str],
    *,
    mirrored: bool,
) -> probatio.Schema:
    """Return the form of the options. It asks about readings only where there is a choice."""
    fields: dict[probatio.Marker, object] = {
        probatio.Required(CONF_POLL_SECONDS): POLL_SECONDS,
        probatio.Required(CONF_UPDATE_SECONDS): _UPDATE_SECONDS,
        probatio.Required(CONF_JOURNAL_DAYS): _JOURNAL_DAYS,
        probatio.Required(CONF_JOURNAL_MEGABYTES): _JOURNAL_MEGABYTES,
    }
    for field, keys in ((CONF_COUNTED, list(chain(*choices))), (CONF_FORGOTTEN, missing)):
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
    """Return the readings of each parameter that several sensors measure; [] if not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    groups = group_by_parameter(entry.runtime_data.coordinator.known.keys).values()
    return [group for group in groups if len(group) > 1]


def _not_sent(entry: AirStateConfigEntry) -> list[ReadingKey]:
    """Return the known readings that the station does not send now; [] if not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    coordinator = entry.runtime_data.coordinator
    return sorted(coordinator.missing | coordinator.known.forgotten)


def _has_uncounted_parameter(
    choices: list[list[ReadingKey]], counted: MeanSelection, forgotten: frozenset[ReadingKey]
) -> bool:
    """Return whether a parameter would be left without any sensor that counts."""
    return any(
        (left := [key for key in group if key not in forgotten])
        and counted.excluded.issuperset(set(left) - (estimated_readings(left) - counted.included))
        for group in choices
    )
