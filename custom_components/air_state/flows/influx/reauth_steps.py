"""The steps that ask for new credentials when InfluxDB no longer accepts the old ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_USERNAME
from homeassistant.core import callback

from ...const import CONF_INFLUXDB
from ...core.influx.target import InfluxTarget
from ...mirroring.issues import abort_reauth
from ...mirroring.settings import InfluxSettings, same_connection
from ...runtime import AirStateConfigEntry
from ...translate import escape_markdown
from ..form_errors import BASE
from .base import InfluxFlowBase
from .credential_forms import LOGIN_KINDS, LOGIN_SCHEMA, TOKEN_SCHEMA, with_credentials


class ReauthSteps(InfluxFlowBase):
    """Renews the credentials of every station that shares the connection."""

    async def async_step_reauth(self, _data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start when Home Assistant asks the user to sign in again."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials, check them, and store them in all entries that share them."""
        entry: AirStateConfigEntry = self._get_reauth_entry()
        if (settings := InfluxSettings.from_entry(entry)) is None:
            return self.async_abort(reason="no_influxdb")
        old = settings.target
        schema = LOGIN_SCHEMA if old.kind in LOGIN_KINDS else TOKEN_SCHEMA
        errors: dict[str, str] = {}
        if user_input is not None:
            self._target = with_credentials(old, user_input)
            if not (errors := await self._check_access(field=BASE)):
                self._renew_others(entry, old)
                renewed = replace(settings, target=self._target)
                return self.async_update_reload_and_abort(
                    entry, data_updates={CONF_INFLUXDB: renewed.to_stored()}
                )
        return self._show_form(
            "reauth_confirm",
            schema,
            {CONF_USERNAME: (user_input or {}).get(CONF_USERNAME, old.username)},
            errors,
            # Not `address` and `place`: those are an error's, which is shown as plain text.
            name=escape_markdown(entry.title),
            server_address=escape_markdown(old.url),
            bucket=escape_markdown(old.place),
        )

    @callback
    def _renew_others(self, own: AirStateConfigEntry, old: InfluxTarget) -> None:
        """Store the new credentials in every other entry that used the old connection."""
        new = self._target
        for entry, settings in self._entries_with_influxdb():
            if entry.entry_id == own.entry_id or not same_connection(settings.target, old):
                continue
            target = replace(
                settings.target, username=new.username, password=new.password, token=new.token
            )
            stored = replace(settings, target=target).to_stored()
            self.hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_INFLUXDB: stored}
            )
            abort_reauth(self.hass, entry)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
