"""The steps that choose where to write: a bucket, or a database and its retention policy.

Both are called a *place* in the code, whatever the version of InfluxDB.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)

from ...core.influx.errors import InfluxError
from ...core.influx.target import InfluxKind
from ...translate import escape_markdown
from .base import (
    CONF_BUCKET,
    CONF_DATABASE,
    CONF_ORGANISATION,
    CONF_POLICY,
    CONF_WITHOUT_FLUX,
)
from .credential_forms import LOGIN_KINDS
from .points_steps import PointsSteps


class PlaceSteps(PointsSteps):
    """Asks for the place, and checks that the credentials may write to it and read it."""

    _policies: list[str]

    async def _ask_place(self) -> ConfigFlowResult:
        if self._target.kind is InfluxKind.V2:
            return await self.async_step_bucket()
        return await self.async_step_database()

    async def async_step_bucket(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for organisation and bucket, and check the access."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = replace(
                self._target,
                place=user_input[CONF_BUCKET].strip(),
                organisation=user_input[CONF_ORGANISATION].strip(),
            )
            if not (errors := await self._check_access()):
                return await self.async_step_points()
        organisations = sorted({each.organisation for each in self._places})
        buckets = [each.name for each in self._places]
        names = await self._probe(self._target).organisations(self._target)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_ORGANISATION): _select_or_type(organisations, names),
                probatio.Required(CONF_BUCKET): _select_or_type(buckets),
            }
        )
        suggested = {
            CONF_ORGANISATION: self._target.organisation or _only(organisations),
            CONF_BUCKET: self._target.place or _only(buckets),
        }
        return self._show_form("bucket", schema, user_input or suggested, errors)

    async def async_step_database(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the database and check the access; 1.8 and later may be used without Flux."""
        errors: dict[str, str] = {}
        # `_target` may have been switched to InfluxQL before; the server still says what it knows.
        server_kind = self._server.kind if self._server else self._target.kind
        has_flux = server_kind is InfluxKind.V1_FLUX
        if user_input is not None:
            without_flux = has_flux and user_input[CONF_WITHOUT_FLUX]
            self._target = replace(
                self._target,
                place=user_input[CONF_DATABASE].strip(),
                policy="",
                kind=InfluxKind.V1 if without_flux else server_kind,
            )
            if not (errors := await self._check_access()):
                return await self._ask_policy()
        names = [each.name for each in self._places]
        fields: dict[probatio.Marker, object] = {
            probatio.Required(CONF_DATABASE): _select_or_type(names)
        }
        if has_flux:
            fields[probatio.Required(CONF_WITHOUT_FLUX, default=False)] = BooleanSelector()
        suggested = {CONF_DATABASE: self._target.place or _only(names)}
        return self._show_form("database", probatio.Schema(fields), user_input or suggested, errors)

    async def _ask_policy(self) -> ConfigFlowResult:
        """Go to the step `policy` if the database has several, otherwise past it."""
        self._policies = []
        if self._target.kind in LOGIN_KINDS:
            try:
                self._policies = await self._probe(self._target).policies(self._target)
            except InfluxError:
                return await self.async_step_points()  # with the database's default
        if len(self._policies) > 1:
            return await self.async_step_policy()
        return await self.async_step_points()

    async def async_step_policy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the retention policy, and check the access."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = replace(self._target, policy=user_input.get(CONF_POLICY, "").strip())
            if not (errors := await self._check_access()):
                return await self.async_step_points()
        schema = probatio.Schema({probatio.Optional(CONF_POLICY): _select_or_type(self._policies)})
        known = self._known_target()
        suggested = {CONF_POLICY: known.policy} if known and known.policy else {}
        database = escape_markdown(self._target.place)
        return self._show_form("policy", schema, user_input or suggested, errors, database=database)


def _select_or_type(
    values: list[str], labels: Mapping[str, str] | None = None
) -> TextSelector | SelectSelector:
    """Return a field to select one of the values or to type another; a text field without any."""
    if not values:
        return TextSelector()
    options = [
        SelectOptionDict(value=each, label=(labels or {}).get(each, each)) for each in values
    ]
    return SelectSelector(SelectSelectorConfig(options=options, custom_value=True))


def _only(names: list[str]) -> str:
    """Return the name if there is just one, otherwise an empty text."""
    return names[0] if len(names) == 1 else ""
