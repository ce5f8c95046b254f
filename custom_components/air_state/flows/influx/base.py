"""What the steps about InfluxDB share: asking the server, checking access, showing forms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...core.influx.errors import (
    InfluxAccessError,
    InfluxError,
    InfluxFluxError,
    InfluxMissingError,
)
from ...core.influx.server.probe import InfluxProbe, InfluxServer, Place
from ...core.influx.target import InfluxKind, InfluxTarget
from ...mirroring.connect import async_connect
from ...mirroring.settings import InfluxSettings
from ..base import FlowBase
from ..form_errors import BASE

CONF_ORGANISATION = "organisation"
CONF_BUCKET = "bucket"
CONF_DATABASE = "database"
CONF_POLICY = "policy"
CONF_WITHOUT_FLUX = "without_flux"


class InfluxFlowBase(FlowBase):
    """Asks a server.

    Each step adds to `_target` what the user enters. `_server` is what the server says it is,
    `_places` are the buckets or databases that it lists.
    """

    _target: InfluxTarget
    _server: InfluxServer | None = None
    _places: list[Place]

    def _known_target(self) -> InfluxTarget | None:
        """Return the target of the entry that is being changed, None if it has none."""
        settings = InfluxSettings.from_entry(self._own_entry) if self._own_entry else None
        return settings.target if settings else None

    def _probe(self, target: InfluxTarget) -> InfluxProbe:
        session = async_get_clientsession(self.hass, verify_ssl=target.verify_tls)
        return InfluxProbe(session, target.url)

    async def _log_in(self) -> None:
        """Ask the server with the credentials what it is and which places it has.

        Raises InfluxError.
        """
        probe = self._probe(self._target)
        unknown = self._server is not None and not self._server.version
        self._server = await probe.identify(self._target.headers)
        if unknown:
            self._target = replace(self._target, kind=self._server.kind)
        self._places = await probe.places(self._target)

    async def _check_access(self, *, field: str | None = None) -> dict[str, str]:
        """Try to write to the target and to read it; return the errors of the form.

        They are shown below `field`, or below the field that they are about if none is given.
        """
        sink = (await async_connect(self.hass, self._target)).sink
        try:
            await sink.check()
        except InfluxError as error:
            return self._form_errors(field or _field_of(error, self._target), error)
        finally:
            await sink.close()
        return {}

    def _show_form(
        self,
        step_id: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None,
        errors: dict[str, str],
        **placeholders: str,
    ) -> ConfigFlowResult:
        """Show a form with suggested values. Errors bring their own placeholders."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders={
                "server": f"InfluxDB {self._server.version if self._server else ''}".strip(),
                **placeholders,
                **(self._error_details if errors else {}),
            },
        )


def _field_of(error: InfluxError, target: InfluxTarget) -> str:
    """Return the field of the form for the bucket or database that an error is about."""
    match error:
        case InfluxFluxError():
            return CONF_WITHOUT_FLUX
        case InfluxMissingError(code="influx_no_organisation"):
            return CONF_ORGANISATION
        case InfluxMissingError(code="influx_no_policy"):
            return CONF_POLICY
        case InfluxMissingError() | InfluxAccessError():
            return CONF_BUCKET if target.kind is InfluxKind.V2 else CONF_DATABASE
        case _:
            return BASE
