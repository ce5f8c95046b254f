"""The steps that use a connection that exists: another station's, or the station's own."""

from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig

from ...core.influx.errors import InfluxError
from ..form_errors import BASE
from .place_steps import PlaceSteps

CONF_CONNECTION = "connection"


class KnownConnectionSteps(PlaceSteps):
    """Logs in with credentials that an entry has, so that nobody types them again."""

    async def async_step_take_over(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which other station's connection to use."""
        others = self._other_connections()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = others[int(user_input[CONF_CONNECTION])][1].target
            try:
                await self._log_in()
            except InfluxError as error:
                errors = self._form_errors(CONF_CONNECTION, error)
            else:
                return await self._ask_place()
        options = [
            SelectOptionDict(value=str(number), label=f"{settings.target.url} ({entry.title})")
            for number, (entry, settings) in enumerate(others)
        ]
        selector = SelectSelector(SelectSelectorConfig(options=options))
        schema = probatio.Schema({probatio.Required(CONF_CONNECTION): selector})
        return self._show_form("take_over", schema, user_input or {CONF_CONNECTION: "0"}, errors)

    async def async_step_other_place(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another bucket or database on the station's own connection."""
        known = self._known_target()
        if known is None:
            return self.async_abort(reason="no_influxdb")
        self._target = known
        try:
            await self._log_in()
        except InfluxError as error:
            errors = self._form_errors(BASE, error)
            return self._show_form("other_place", probatio.Schema({}), None, errors)
        return await self._ask_place()
