"""The steps that connect to a server: its address, then a token or user name and password."""

from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_USERNAME
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ...core.influx.errors import InfluxCredentialsError, InfluxError
from ...core.influx.server.probe import InfluxServer
from ...core.influx.target import InfluxKind, InfluxTarget, parse_url
from ..form_errors import TOKEN_SEES_NOTHING
from .credential_forms import LOGIN_KINDS, LOGIN_SCHEMA, TOKEN_SCHEMA, with_credentials
from .place_steps import PlaceSteps

CONF_VERIFY_TLS = "verify_tls"
_SERVER_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        probatio.Required(CONF_VERIFY_TLS, default=True): BooleanSelector(),
    }
)


class ServerSteps(PlaceSteps):
    """Finds out which InfluxDB a server is, and logs in there."""

    async def async_step_influxdb(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the server's address and find out what it is."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await self._identify_server(
                    user_input[CONF_URL], verify_tls=user_input[CONF_VERIFY_TLS]
                )
            except InfluxError as error:
                errors = self._form_errors(CONF_URL, error)
            else:
                by_login = self._target.kind in LOGIN_KINDS
                return await (self.async_step_login() if by_login else self.async_step_token())
        known = self._known_target()
        suggested = {CONF_URL: known.url, CONF_VERIFY_TLS: known.verify_tls} if known else {}
        return self._show_form("influxdb", _SERVER_SCHEMA, user_input or suggested, errors)

    async def _identify_server(self, text: str, *, verify_tls: bool) -> None:
        """Ask the server at an address what it is. Raises InfluxError."""
        url = parse_url(text)
        self._target = InfluxTarget(url=url, kind=InfluxKind.V3, verify_tls=verify_tls)
        try:
            self._server = await self._probe(self._target).identify()
        except InfluxCredentialsError as error:
            # InfluxDB 3, or a proxy that asks for a login, tells its version only to those who
            # have credentials. `_log_in` asks again.
            kind = InfluxKind.V1 if error.by_login else InfluxKind.V3
            self._server = InfluxServer(kind=kind, version="")
        self._target = replace(self._target, kind=self._server.kind)

    async def async_step_connect_influxdb(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Connect a station that has no InfluxDB yet: its menu has a text of its own for that."""
        return await self.async_step_influxdb()

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a token (2.x, Cloud 2, 3.x)."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_credentials(self._target, user_input)
            try:
                await self._log_in()
            except InfluxError as error:
                errors = self._form_errors(CONF_TOKEN, error)
            else:
                if self._places or self._target.kind is not InfluxKind.V2:
                    return await self._ask_place()
                errors = {CONF_TOKEN: TOKEN_SEES_NOTHING}
        return self._show_form("token", TOKEN_SCHEMA, None, errors)

    async def async_step_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for user name and password, or a token (1.x). All may be left empty."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_credentials(self._target, user_input)
            try:
                await self._log_in()
            except InfluxError as error:
                errors = self._form_errors(CONF_USERNAME, error)
            else:
                return await self.async_step_database()
        suggested = {CONF_USERNAME: (user_input or {}).get(CONF_USERNAME, "")}
        return self._show_form("login", LOGIN_SCHEMA, suggested, errors)
