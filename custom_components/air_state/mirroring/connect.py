"""Connects to a station's InfluxDB."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.ssl import get_default_context, get_default_no_verify_context

from ..core.domain.clock import SystemClock
from ..core.domain.ports import Sink
from ..core.influx.connection import InfluxConnection
from ..core.influx.flux.reader import FluxReader, Influx18Reader
from ..core.influx.influxql.reader import InfluxqlReader
from ..core.influx.queries.circuit_breaker import CircuitBreaker
from ..core.influx.queries.concurrency import LimitedReader, query_limiter
from ..core.influx.queries.protocols import FluxClient, InfluxReader
from ..core.influx.server.probe import InfluxProbe
from ..core.influx.server.retention import RetentionClient
from ..core.influx.source import MAX_SPAN_OF_V3, InfluxHistory
from ..core.influx.target import InfluxKind, InfluxTarget
from ..core.influx.v1 import InfluxV1Client, InfluxV1Sink, InfluxV3Sink
from ..core.influx.verified_sink import VerifiedSink
from .settings import InfluxSettings, device_tag, stored_units

if TYPE_CHECKING:
    from ..core.influx.v2 import InfluxV2Client  # importing it takes a third of a second

_WITH_OFFICIAL_CLIENT = frozenset({InfluxKind.V1_FLUX, InfluxKind.V2})


async def async_connect(
    hass: HomeAssistant,
    target: InfluxTarget,
    device: str = "",
    units: Mapping[str, str] | None = None,
) -> InfluxConnection:
    """Return what writes to the target and reads the points with the tag `device` from it.

    `units` are the bucket's units by parameter, where they differ from the catalogue's.
    """
    limiter = query_limiter()
    session = async_get_clientsession(hass, verify_ssl=target.verify_tls)
    influxql = InfluxV1Client(session, target)
    breaker = CircuitBreaker()
    is_v3 = target.kind is InfluxKind.V3
    max_span = MAX_SPAN_OF_V3 if is_v3 else None
    sink: Sink = (InfluxV3Sink if is_v3 else InfluxV1Sink)(session, target)
    flux: FluxClient | None = None
    reader: InfluxReader = InfluxqlReader(influxql)
    if target.kind in _WITH_OFFICIAL_CLIENT:
        client_class = await hass.async_add_import_executor_job(_import_v2_client)
        build_tls = get_default_context if target.verify_tls else get_default_no_verify_context
        sink = flux = client = client_class(target, await hass.async_add_executor_job(build_tls))
        reader = (
            Influx18Reader(client, influxql)
            if target.kind is InfluxKind.V1_FLUX
            else FluxReader(client)
        )
    probe = InfluxProbe(session, target.url)
    return InfluxConnection(
        target=target,
        sink=VerifiedSink(sink, lambda: probe.identify(target.headers), SystemClock()),
        flux=flux,
        influxql=influxql,
        retention=RetentionClient(session, target),
        history=InfluxHistory(
            LimitedReader(reader, limiter, breaker),
            device,
            SystemClock(),
            max_span=max_span,
            stored_units=units,
        ),
        breaker=breaker,
        query_limiter=limiter,
    )


def _import_v2_client() -> type[InfluxV2Client]:
    """Import the official client where it is used: it takes a third of a second and 11 MB."""
    from ..core.influx.v2 import InfluxV2Client  # noqa: PLC0415 - see above

    return InfluxV2Client


async def async_connect_entry(hass: HomeAssistant, entry: ConfigEntry) -> InfluxConnection | None:
    """Return the connection to the entry's InfluxDB; None if the entry has none."""
    if (settings := InfluxSettings.from_entry(entry)) is None:
        return None
    return await async_connect(hass, settings.target, device_tag(entry), stored_units(entry))
