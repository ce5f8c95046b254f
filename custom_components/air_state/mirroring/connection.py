"""A station's InfluxDB: how it is stored in the config entry, and the mirror that comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.ssl import get_default_context, get_default_no_verify_context
from yarl import URL

from ..choices import counting
from ..const import (
    CONF_DEVICE,
    CONF_DEVICE_TAG,
    CONF_INFLUXDB,
    CONF_OWN_READINGS,
    CONF_STORED_UNITS,
    DOMAIN,
)
from ..core.domain.clock import SystemClock
from ..core.domain.ports import Sink
from ..core.influx.confirmed import ConfirmedSink
from ..core.influx.connection import InfluxConnection
from ..core.influx.flux.reader import FluxOf18Reader, FluxReader
from ..core.influx.influxql.reader import InfluxqlReader
from ..core.influx.line_protocol import LineEncoder, LineFormat
from ..core.influx.probe import InfluxProbe
from ..core.influx.queries.circuit_breaker import CircuitBreaker
from ..core.influx.queries.concurrency import LimitedReader, query_limiter
from ..core.influx.queries.protocols import FluxClient, InfluxReader
from ..core.influx.retention import RetentionKeeper
from ..core.influx.source import MAX_SPAN_OF_V3, InfluxHistory
from ..core.influx.target import InfluxKind, InfluxTarget
from ..core.influx.v1 import InfluxV1Client, InfluxV1Sink, InfluxV3Sink
from ..core.journal.writer import JournalWriter
from ..core.mirror.mirror import Mirror, MirrorStatus
from ..core.mirror.outbox import Outbox
from ..core.network.addresses import with_port

if TYPE_CHECKING:
    from ..core.influx.v2 import InfluxV2Client  # what it imports takes a third of a second

MINOR_VERSION = 2  # of config entries
CONF_SINK = "sink"
CONF_SINCE = "since"
SECRETS = frozenset({"username", "password", "token"})
_MAX_TAG_LENGTH = 64
_BY_CLIENT = frozenset({InfluxKind.V1_FLUX, InfluxKind.V2})


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """What a config entry says of InfluxDB.

    `sink` names the journal's cursor: another target is another sink. Rows taken before `since`
    (UTC ms) are not sent.
    """

    target: InfluxTarget
    sink: str
    since: int

    @classmethod
    def of(cls, entry: ConfigEntry) -> InfluxSettings | None:
        """Return the entry's settings, None if it has no InfluxDB."""
        stored: Mapping[str, Any] | None = entry.data.get(CONF_INFLUXDB)
        if stored is None:
            return None
        known = {each.name: stored[each.name] for each in fields(InfluxTarget)}
        target = InfluxTarget(**{**known, "kind": InfluxKind(known["kind"])})
        return cls(target=target, sink=stored[CONF_SINK], since=stored[CONF_SINCE])

    @classmethod
    def new(cls, target: InfluxTarget, *, since: int) -> InfluxSettings:
        """Return settings of a target that has nothing of the journal yet."""
        return cls(target=target, sink=uuid4().hex, since=since)

    def as_stored(self) -> dict[str, Any]:
        """Return what goes into the config entry."""
        target = {**asdict(self.target), "kind": self.target.kind.value}
        return {**target, CONF_SINK: self.sink, CONF_SINCE: self.since}


def same_connection(one: InfluxTarget, other: InfluxTarget) -> bool:
    """Return whether both reach the same server in the same way, wherever they write there."""
    return all(
        getattr(one, name) == getattr(other, name) for name in ("url", "verify_tls", *SECRETS)
    )


def same_place(one: InfluxTarget, other: InfluxTarget) -> bool:
    """Return whether both write to the same bucket or database, whoever they come as."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("url", "place", "policy")  # an organisation may be a name or an id
    )


def device_tag(entry: ConfigEntry) -> str:
    """Return what the station's points are told from others' by."""
    tag: str = entry.options.get(CONF_DEVICE_TAG) or entry.data[CONF_DEVICE]
    return tag


def stored_units(entry: ConfigEntry) -> dict[str, str]:
    """Return in which units the bucket holds parameters, where it is not the catalogue's."""
    units: dict[str, str] = entry.options.get(CONF_STORED_UNITS, {})
    return units


@callback
def migrate_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Bring what an entry stores of InfluxDB to the present form.

    Up to minor version 1 pressure was written in Pa, and a series goes on as it began. An address
    with plain HTTP's own port was stored without it.
    """
    data, options = dict(entry.data), dict(entry.options)
    if (stored := data.get(CONF_INFLUXDB)) is not None:
        options[CONF_STORED_UNITS] = dict.fromkeys(("pressure", "seaLevelPressure"), "Pa")
        url = URL(stored["url"])
        if url.scheme == "http" and url.explicit_port is None:
            data[CONF_INFLUXDB] = {**stored, "url": with_port(url)}
    hass.config_entries.async_update_entry(
        entry, data=data, options=options, minor_version=MINOR_VERSION
    )


async def async_connect(
    hass: HomeAssistant,
    target: InfluxTarget,
    device: str = "",
    units: Mapping[str, str] | None = None,
) -> InfluxConnection:
    """Return what writes to the target, and asks it for a station by its tag, in its turn.

    `units` are those that it holds parameters in, where they are not the catalogue's.
    """
    own = query_limiter()
    session = async_get_clientsession(hass, verify_ssl=target.verify_tls)
    influxql = InfluxV1Client(session, target)
    breaker = CircuitBreaker()
    is_v3 = target.kind is InfluxKind.V3
    longest = MAX_SPAN_OF_V3 if is_v3 else None
    sink: Sink = (InfluxV3Sink if is_v3 else InfluxV1Sink)(session, target)
    flux: FluxClient | None = None
    reader: InfluxReader = InfluxqlReader(influxql)
    if target.kind in _BY_CLIENT:
        by_client = await hass.async_add_import_executor_job(_import_client)
        build_tls = get_default_context if target.verify_tls else get_default_no_verify_context
        sink = flux = client = by_client(target, await hass.async_add_executor_job(build_tls))
        reader = (
            FluxOf18Reader(client, influxql)
            if target.kind is InfluxKind.V1_FLUX
            else FluxReader(client)
        )
    looker = InfluxProbe(session, target.url)
    return InfluxConnection(
        target=target,
        sink=ConfirmedSink(sink, lambda: looker.look(target.headers), SystemClock()),
        flux=flux,
        influxql=influxql,
        retention=RetentionKeeper(session, target),
        history=InfluxHistory(
            LimitedReader(reader, own, breaker),
            device,
            SystemClock(),
            longest=longest,
            stored_units=units,
        ),
        breaker=breaker,
        query_limiter=own,
    )


def _import_client() -> type[InfluxV2Client]:
    """Return what takes the official client along, which few want and all would pay."""
    from ..core.influx.v2 import InfluxV2Client  # noqa: PLC0415 - a third of a second, 11 MB

    return InfluxV2Client


async def async_connect_entry(hass: HomeAssistant, entry: ConfigEntry) -> InfluxConnection | None:
    """Return what is open towards the entry's InfluxDB; None if it has none."""
    if (settings := InfluxSettings.of(entry)) is None:
        return None
    return await async_connect(hass, settings.target, device_tag(entry), stored_units(entry))


def open_mirror(
    entry: ConfigEntry,
    journal: JournalWriter,
    influx: InfluxConnection,
    on_change: Callable[[MirrorStatus], None],
) -> Mirror | None:
    """Return the entry's mirror into InfluxDB, not yet running; None if it has none."""
    if (settings := InfluxSettings.of(entry)) is None:
        return None
    line_format = LineFormat(
        device=device_tag(entry),
        counting=counting(entry),
        own_readings=entry.options.get(CONF_OWN_READINGS, False),
        stored_units=stored_units(entry),
    )
    outbox = Outbox(journal, settings.sink, LineEncoder(line_format), since=settings.since)
    return Mirror(
        outbox, influx.sink, clock=SystemClock(), on_change=on_change, witness=influx.history
    )


def telling_answers(
    breaker: CircuitBreaker, report: Callable[[MirrorStatus], None]
) -> Callable[[MirrorStatus], None]:
    """Return what takes a mirror's status for `report`, and lets what it got answered end silence.

    A mirror is heard of when there is more in InfluxDB than before.
    """
    newest: int | None = None

    def told(status: MirrorStatus) -> None:
        nonlocal newest
        if status.mirrored_to != newest:
            newest = status.mirrored_to
            breaker.end()
        report(status)

    return told


def tag_problem(
    hass: HomeAssistant, target: InfluxTarget, tag: str, own_entry_id: str | None
) -> str | None:
    """Return the key of what is wrong with a device tag, None if it will do.

    Two stations under one tag in one bucket would overwrite each other's points.
    """
    if not tag or not tag.isprintable() or len(tag) > _MAX_TAG_LENGTH:
        return "device_tag_invalid"
    for entry in hass.config_entries.async_entries(DOMAIN):
        settings = InfluxSettings.of(entry)
        if (
            entry.entry_id != own_entry_id
            and settings is not None
            and same_place(settings.target, target)
            and device_tag(entry) == tag
        ):
            return "device_tag_taken"
    return None
