"""The last steps about InfluxDB: the device tag of the points, and the units they go on in."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ...const import CONF_DEVICE_TAG, CONF_OWN_READINGS, CONF_STORED_UNITS
from ...core.domain.clock import SystemClock
from ...core.domain.errors import JournalError
from ...core.domain.means import DEFAULT_SELECTION
from ...core.domain.models import ReadingKey
from ...core.influx.errors import InfluxError
from ...core.influx.server.unit_jumps import UnitJump, units_of_bucket
from ...mirroring.settings import (
    InfluxSettings,
    device_tag,
    device_tag_problem,
    same_place,
    stored_units,
)
from ...reading_options import mean_selection
from ...runtime import AirStateConfigEntry
from ...translate import escape_markdown
from ..form_errors import BASE, INFLUX_NOT_ASKED
from .base import InfluxFlowBase
from .units import CONF_GO_ON, async_find_unit_jumps, jumps_as_markdown, units_schema

CONF_SEND_HISTORY = "send_history"


class PointsSteps(InfluxFlowBase):
    """Asks what the points look like, and finds series that would go on in another unit."""

    _points: dict[str, Any]  # what the user entered in the step `points`
    _jumps: list[UnitJump]

    @abstractmethod
    def _finish_influxdb(
        self, settings: InfluxSettings, options: dict[str, Any]
    ) -> ConfigFlowResult:
        """Store the settings and the options, and end the flow."""

    @property
    @abstractmethod
    def _device_and_name(self) -> tuple[str, str]:
        """Return the name that the station sends, and the name that the user gave it."""

    @abstractmethod
    async def _newest_readings(self) -> Mapping[ReadingKey, float]:
        """Return the newest value of each reading, nothing if none is known."""

    def _free_tag(self) -> str:
        """Return the name that the station sends, or the user's name for it if that is taken."""
        device, name = self._device_and_name
        return name if device_tag_problem(self.hass, self._target, device, None) else device

    @property
    def _settings_of_same_place(self) -> InfluxSettings | None:
        """Return the settings of the own entry if it goes on in the same place, else None."""
        settings = InfluxSettings.from_entry(self._own_entry) if self._own_entry else None
        return settings if settings and same_place(settings.target, self._target) else None

    async def async_step_points(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what the points look like, and whether to send what is already in the journal."""
        entry = self._own_entry
        known_place = self._settings_of_same_place is not None
        rows = "0" if known_place or entry is None else await _journal_rows(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            tag = user_input[CONF_DEVICE_TAG] = user_input[CONF_DEVICE_TAG].strip()
            own_id = entry.entry_id if entry else None
            if problem := device_tag_problem(self.hass, self._target, tag, own_id):
                errors = {CONF_DEVICE_TAG: problem}
            elif not (errors := await self._find_unit_jumps(user_input)):
                self._points = user_input
                return await (self.async_step_units() if self._jumps else self._finish())
        fields: dict[probatio.Marker, object] = {
            probatio.Required(CONF_DEVICE_TAG): TextSelector(),
            probatio.Required(CONF_OWN_READINGS): BooleanSelector(),
        }
        if rows != "0":
            fields[probatio.Required(CONF_SEND_HISTORY)] = BooleanSelector()
        suggested = {
            CONF_DEVICE_TAG: device_tag(entry) if entry else self._free_tag(),
            CONF_OWN_READINGS: entry.options.get(CONF_OWN_READINGS, False) if entry else False,
            CONF_SEND_HISTORY: True,
        }
        return self._show_form(
            "points",
            probatio.Schema(fields),
            user_input or suggested,
            errors,
            rows=rows,
            place=self._target.place,
        )

    def _units(self, tag: str) -> dict[str, str]:
        """Return the units that the series under a tag are written in, by parameter.

        Only the entry's own series may have other units than the catalogue's.
        """
        entry = self._own_entry
        goes_on = entry and self._settings_of_same_place and device_tag(entry) == tag
        return dict(stored_units(entry)) if entry and goes_on else {}

    async def _find_unit_jumps(self, points: Mapping[str, Any]) -> dict[str, str]:
        """Set `_jumps` to the series whose unit would change; return the errors of the form."""
        entry, tag = self._own_entry, points[CONF_DEVICE_TAG]
        self._jumps = []
        try:
            self._jumps = await async_find_unit_jumps(
                self.hass,
                self._target,
                tag,
                await self._newest_readings(),
                mean_selection=mean_selection(entry) if entry else DEFAULT_SELECTION,
                own_readings=points[CONF_OWN_READINGS],
                units=self._units(tag),
            )
        except InfluxError:
            return {BASE: INFLUX_NOT_ASKED}
        return {}

    async def async_step_units(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the series that would jump; ask whether to keep their units or use another tag."""
        tag = self._points[CONF_DEVICE_TAG]
        if user_input is not None:
            if user_input[CONF_DEVICE_TAG].strip() != tag:
                other = {CONF_DEVICE_TAG: user_input[CONF_DEVICE_TAG]}
                return await self.async_step_points({**self._points, **other})
            if not user_input.get(CONF_GO_ON):
                self._jumps = []
            return await self._finish()
        return self._show_form(
            "units",
            units_schema(self._jumps),
            {CONF_DEVICE_TAG: tag},
            {},
            jumps=jumps_as_markdown(self._jumps),
            place=escape_markdown(self._target.place),
        )

    async def _finish(self) -> ConfigFlowResult:
        points = dict(self._points)
        tag = points[CONF_DEVICE_TAG]
        units = units_of_bucket(self._jumps, self._units(tag))
        if units or (self._own_entry and stored_units(self._own_entry)):
            points[CONF_STORED_UNITS] = units
        send_history = points.pop(CONF_SEND_HISTORY, True)
        if own := self._settings_of_same_place:
            return self._finish_influxdb(replace(own, target=self._target), points)
        since = 0 if send_history else SystemClock().now()
        return self._finish_influxdb(InfluxSettings.new(self._target, since=since), points)


async def _journal_rows(entry: AirStateConfigEntry) -> str:
    """Return how many rows the entry's journal holds, "?" while it cannot be read."""
    if entry.state is not ConfigEntryState.LOADED:
        return "?"
    try:
        count = await entry.runtime_data.journal.execute(
            lambda journal: journal.snapshots.count_after(0)
        )
    except JournalError:
        return "?"
    return str(count)
