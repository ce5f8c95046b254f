"""What the steps about InfluxDB share: asking the server, and saying what it answered."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import DOMAIN
from ...core.domain.errors import JournalError
from ...core.influx.errors import (
    InfluxAccessError,
    InfluxCredentialsError,
    InfluxError,
    InfluxFluxError,
    InfluxMissingError,
)
from ...core.influx.server.probe import InfluxProbe, InfluxServer, Place
from ...core.influx.target import InfluxKind, InfluxTarget, parse_url
from ...mirroring.connection import async_connect
from ...mirroring.settings import InfluxSettings, same_connection
from ...runtime import AirStateConfigEntry

BASE = "base"
CONF_ORGANISATION = "organisation"
CONF_BUCKET = "bucket"
CONF_DATABASE = "database"
CONF_POLICY = "policy"
CONF_WITHOUT_FLUX = "without_flux"
BY_LOGIN = frozenset({InfluxKind.V1, InfluxKind.V1_FLUX})
_HEADER = re.compile(r"(?:authorization\s*:\s*)?(?:token|bearer)\s+", re.IGNORECASE)


class InfluxFlowBase(ConfigFlow):
    """Talks to a server.

    `_target` grows from step to step; `_server` is what its server said of itself, `_places` what
    there is to write to; `_details` fill what texts and errors leave open.
    """

    _target: InfluxTarget
    _server: InfluxServer | None = None
    _places: list[Place]
    _details: Mapping[str, str] = {}

    @property
    def _own_entry(self) -> AirStateConfigEntry | None:
        """Return the entry that is being changed, None while there is none yet."""
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    def _known_target(self) -> InfluxTarget | None:
        settings = InfluxSettings.from_entry(self._own_entry) if self._own_entry else None
        return settings.target if settings else None

    @property
    def _server_kind(self) -> InfluxKind:
        """Return what the server understands, even where the user goes without Flux."""
        return self._server.kind if self._server else self._target.kind

    def _looker(self, target: InfluxTarget) -> InfluxProbe:
        session = async_get_clientsession(self.hass, verify_ssl=target.verify_tls)
        return InfluxProbe(session, target.url)

    async def _look(self, text: str, *, verify_tls: bool) -> None:
        """Find out what is at an address. Raises InfluxError."""
        url = parse_url(text)
        self._target = InfluxTarget(url=url, kind=InfluxKind.V3, verify_tls=verify_tls)
        try:
            self._server = await self._looker(self._target).look()
        except InfluxCredentialsError as error:
            # 3.x does not even tell its version to just anybody, nor does a proxy with a login.
            kind = InfluxKind.V1 if error.by_login else InfluxKind.V3
            self._server = InfluxServer(kind=kind, version="")
        self._target = replace(self._target, kind=self._server.kind)

    async def _enter(self) -> None:
        """Use the credentials: see what there is to write to. Raises InfluxError."""
        looker = self._looker(self._target)
        unknown = self._server is not None and not self._server.version
        self._server = await looker.look(self._target.headers)
        if unknown:
            self._target = replace(self._target, kind=self._server.kind)
        self._places = await looker.places(self._target)

    async def _check(self, *, field: str | None = None) -> dict[str, str]:
        """Try to write and to read; return what is wrong, as errors of a form."""
        sink = (await async_connect(self.hass, self._target)).sink
        try:
            await sink.check()
        except InfluxError as error:
            return self._error(field or _field_of(error, self._target), error)
        finally:
            await sink.close()
        return {}

    def _error(self, field: str, error: InfluxError) -> dict[str, str]:
        self._details = error.details
        return {field: error.code}

    def _form(
        self,
        step_id: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None,
        errors: dict[str, str],
        **placeholders: str,
    ) -> ConfigFlowResult:
        """Show a form; what its errors leave open is filled by the error's details."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders={
                "server": f"InfluxDB {self._server.version if self._server else ''}".strip(),
                **placeholders,
                **(self._details if errors else {}),
            },
        )

    async def _rows(self, entry: AirStateConfigEntry) -> str:
        """Return how many rows the entry's journal holds, "?" where it cannot be asked."""
        if entry.state is not ConfigEntryState.LOADED:
            return "?"
        try:
            count = await entry.runtime_data.journal.execute(lambda journal: journal.count_after(0))
        except JournalError:
            return "?"
        return str(count)

    def _entries_with_influxdb(self) -> list[tuple[AirStateConfigEntry, InfluxSettings]]:
        entries: list[AirStateConfigEntry] = self.hass.config_entries.async_entries(DOMAIN)
        return [(each, found) for each in entries if (found := InfluxSettings.from_entry(each))]

    def _other_connections(self) -> list[tuple[AirStateConfigEntry, InfluxSettings]]:
        """Return one entry for each connection that other stations use."""
        found: list[tuple[AirStateConfigEntry, InfluxSettings]] = []
        for entry, settings in self._entries_with_influxdb():
            if entry is not self._own_entry and not any(
                same_connection(settings.target, other.target) for _, other in found
            ):
                found.append((entry, settings))
        return found


def _field_of(error: InfluxError, target: InfluxTarget) -> str:
    """Return the field of the place's form that an error is about."""
    in_buckets = target.kind is InfluxKind.V2
    match error:
        case InfluxFluxError():
            return CONF_WITHOUT_FLUX
        case InfluxMissingError(code="influx_no_organisation"):
            return CONF_ORGANISATION
        case InfluxMissingError(code="influx_no_policy"):
            return CONF_POLICY
        case InfluxMissingError() | InfluxAccessError():
            return CONF_BUCKET if in_buckets else CONF_DATABASE
        case _:
            return BASE


def with_login(target: InfluxTarget, user_input: Mapping[str, Any]) -> InfluxTarget:
    """Return the target with the credentials of a form, without those that it leaves empty.

    Terminals break long tokens into lines; people copy them with the header that they stand in.
    """
    username = user_input.get(CONF_USERNAME, "").strip()
    password = user_input.get(CONF_PASSWORD, "")
    token = _HEADER.sub("", user_input.get(CONF_TOKEN, "").strip().strip("\"'"))
    name, colon, secret = token.partition(":")
    if colon and target.kind in BY_LOGIN:  # how 2.x's clients come to 1.x; no signed token has one
        return replace(target, username=username or name, password=password or secret, token="")
    return replace(target, username=username, password=password, token="".join(token.split()))
