"""The steps that add, change, take over and renew a connection to InfluxDB."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ...const import CONF_INFLUXDB
from ...core.influx.errors import InfluxError
from ...core.influx.target import InfluxKind, InfluxTarget
from ...mirroring.issues import end_reauth
from ...mirroring.settings import InfluxSettings, same_connection
from ...runtime import AirStateConfigEntry
from ...translate import escape_markdown
from .base import (
    BASE,
    BY_LOGIN,
    CONF_BUCKET,
    CONF_DATABASE,
    CONF_ORGANISATION,
    CONF_POLICY,
    CONF_WITHOUT_FLUX,
    with_login,
)
from .points_steps import PointsSteps

CONF_VERIFY_TLS = "verify_tls"
CONF_CONNECTION = "connection"
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_SERVER_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        probatio.Required(CONF_VERIFY_TLS, default=True): BooleanSelector(),
    }
)
_TOKEN_SCHEMA = probatio.Schema({probatio.Required(CONF_TOKEN): _SECRET})
_LOGIN_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_USERNAME): TextSelector(),
        probatio.Optional(CONF_PASSWORD): _SECRET,
        probatio.Optional(CONF_TOKEN): _SECRET,
    }
)


class InfluxSteps(PointsSteps):
    """Finds out what a server is and whether a station may write there and read.

    `_target` grows from step to step; the last one hands it to `_finish_influxdb`.
    """

    _policies: list[str]

    # Which server, and who we are there.

    async def async_step_influxdb(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the server's address and find out what it is."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await self._look(user_input[CONF_URL], verify_tls=user_input[CONF_VERIFY_TLS])
            except InfluxError as error:
                errors = self._error(CONF_URL, error)
            else:
                by_login = self._target.kind in BY_LOGIN
                return await (self.async_step_login() if by_login else self.async_step_token())
        known = self._known_target()
        suggested = {CONF_URL: known.url, CONF_VERIFY_TLS: known.verify_tls} if known else {}
        return self._form("influxdb", _SERVER_SCHEMA, user_input or suggested, errors)

    async def async_step_connect_influxdb(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Begin with the server, where there is none yet."""
        return await self.async_step_influxdb()

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a token (2.x, Cloud 2, 3.x)."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_login(self._target, user_input)
            try:
                await self._enter()
            except InfluxError as error:
                errors = self._error(CONF_TOKEN, error)
            else:
                if self._places or self._target.kind is not InfluxKind.V2:
                    return await self._show_places()
                errors = {CONF_TOKEN: "token_sees_nothing"}
        return self._form("token", _TOKEN_SCHEMA, None, errors)

    async def async_step_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a user's name and password, or a token (1.x); there may be none."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_login(self._target, user_input)
            try:
                await self._enter()
            except InfluxError as error:
                errors = self._error(CONF_USERNAME, error)
            else:
                return await self.async_step_database()
        suggested = {CONF_USERNAME: (user_input or {}).get(CONF_USERNAME, "")}
        return self._form("login", _LOGIN_SCHEMA, suggested, errors)

    async def async_step_take_over(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which other station's connection to use."""
        others = self._other_connections()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = others[int(user_input[CONF_CONNECTION])][1].target
            try:
                return await self._ask_place()
            except InfluxError as error:
                errors = self._error(CONF_CONNECTION, error)
        options = [
            SelectOptionDict(value=str(number), label=f"{settings.target.url} ({entry.title})")
            for number, (entry, settings) in enumerate(others)
        ]
        selector = SelectSelector(SelectSelectorConfig(options=options))
        schema = probatio.Schema({probatio.Required(CONF_CONNECTION): selector})
        return self._form("take_over", schema, user_input or {CONF_CONNECTION: "0"}, errors)

    async def async_step_other_place(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on to another bucket or database of the same connection."""
        known = self._known_target()
        if known is None:
            return self.async_abort(reason="no_influxdb")
        self._target = known
        try:
            return await self._ask_place()
        except InfluxError as error:
            errors = self._error(BASE, error)
        return self._form("other_place", probatio.Schema({}), None, errors)

    async def _ask_place(self) -> ConfigFlowResult:
        """Show what there is to choose from. Raises InfluxError."""
        await self._enter()
        return await self._show_places()

    async def _show_places(self) -> ConfigFlowResult:
        if self._target.kind is InfluxKind.V2:
            return await self.async_step_bucket()
        return await self.async_step_database()

    # Where to, there.

    async def async_step_bucket(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for organisation and bucket, and try both."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = replace(
                self._target,
                place=user_input[CONF_BUCKET].strip(),
                organisation=user_input[CONF_ORGANISATION].strip(),
            )
            if not (errors := await self._check()):
                return await self.async_step_points()
        organisations = sorted({each.organisation for each in self._places})
        names = await self._looker(self._target).organisations(self._target)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_ORGANISATION): _choice_of(organisations, names),
                probatio.Required(CONF_BUCKET): _choice_of([each.name for each in self._places]),
            }
        )
        suggested = {
            CONF_ORGANISATION: self._target.organisation
            or (organisations[0] if len(organisations) == 1 else ""),
            CONF_BUCKET: self._target.place or _only([each.name for each in self._places]),
        }
        return self._form("bucket", schema, user_input or suggested, errors)

    async def async_step_database(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the database, and where Flux is optional whether to go without it."""
        errors: dict[str, str] = {}
        has_flux = self._server_kind is InfluxKind.V1_FLUX
        if user_input is not None:
            without = has_flux and user_input[CONF_WITHOUT_FLUX]
            self._target = replace(
                self._target,
                place=user_input[CONF_DATABASE].strip(),
                policy="",
                kind=InfluxKind.V1 if without else self._server_kind,
            )
            if not (errors := await self._check()):
                return await self._ask_policy()
        names = [each.name for each in self._places]
        fields: dict[probatio.Marker, object] = {
            probatio.Required(CONF_DATABASE): _choice_of(names)
        }
        if has_flux:
            fields[probatio.Required(CONF_WITHOUT_FLUX, default=False)] = BooleanSelector()
        suggested = {CONF_DATABASE: self._target.place or _only(names)}
        return self._form("database", probatio.Schema(fields), user_input or suggested, errors)

    async def _ask_policy(self) -> ConfigFlowResult:
        """Ask for the retention policy where the database has several."""
        self._policies = []
        if self._target.kind in BY_LOGIN:
            try:
                self._policies = await self._looker(self._target).policies(self._target)
            except InfluxError:
                return await self.async_step_points()  # the default will do
        if len(self._policies) > 1:
            return await self.async_step_policy()
        return await self.async_step_points()

    async def async_step_policy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the retention policy."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = replace(self._target, policy=user_input.get(CONF_POLICY, "").strip())
            if not (errors := await self._check()):
                return await self.async_step_points()
        schema = probatio.Schema({probatio.Optional(CONF_POLICY): _choice_of(self._policies)})
        known = self._known_target()
        suggested = {CONF_POLICY: known.policy} if known and known.policy else {}
        database = escape_markdown(self._target.place)
        return self._form("policy", schema, user_input or suggested, errors, database=database)

    # Renewing credentials.

    async def async_step_reauth(self, _data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for new credentials: InfluxDB does not take the old ones any more."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what lets the station in again; renew it for all that share it."""
        entry: AirStateConfigEntry = self._get_reauth_entry()
        if (settings := InfluxSettings.from_entry(entry)) is None:
            return self.async_abort(reason="no_influxdb")
        old = settings.target
        schema = _LOGIN_SCHEMA if old.kind in BY_LOGIN else _TOKEN_SCHEMA
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_login(old, user_input)
            if not (errors := await self._check(field=BASE)):
                self._renew_others(entry, old)
                renewed = replace(settings, target=self._target)
                return self.async_update_reload_and_abort(
                    entry, data_updates={CONF_INFLUXDB: renewed.as_stored()}
                )
        return self._form(
            "reauth_confirm",
            schema,
            {CONF_USERNAME: (user_input or {}).get(CONF_USERNAME, old.username)},
            errors,
            # Errors have an address and a place of their own, for plain text.
            name=escape_markdown(entry.title),
            server_address=escape_markdown(old.url),
            bucket=escape_markdown(old.place),
        )

    @callback
    def _renew_others(self, own: AirStateConfigEntry, old: InfluxTarget) -> None:
        """Give the new credentials to every other station that came with the old ones."""
        new = self._target
        for entry, settings in self._entries_with_influxdb():
            if entry.entry_id == own.entry_id or not same_connection(settings.target, old):
                continue
            target = replace(
                settings.target, username=new.username, password=new.password, token=new.token
            )
            stored = replace(settings, target=target).as_stored()
            self.hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_INFLUXDB: stored}
            )
            end_reauth(self.hass, entry)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)


def _choice_of(
    values: list[str], labels: Mapping[str, str] | None = None
) -> TextSelector | SelectSelector:
    """Return a field to choose from values, or to write one that is not among them."""
    if not values:
        return TextSelector()
    options = [
        SelectOptionDict(value=each, label=(labels or {}).get(each, each)) for each in values
    ]
    return SelectSelector(SelectSelectorConfig(options=options, custom_value=True))


def _only(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ""
