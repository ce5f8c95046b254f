"""Creates the mirror of a config entry."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry

from ..const import CONF_OWN_READINGS
from ..core.domain.clock import SystemClock
from ..core.influx.connection import InfluxConnection
from ..core.influx.line_protocol import LineEncoder, LineFormat
from ..core.influx.queries.circuit_breaker import CircuitBreaker
from ..core.journal.writer import JournalWriter
from ..core.mirror.mirror import Mirror
from ..core.mirror.outbox import Outbox
from ..core.mirror.status import MirrorStatus
from ..reading_options import mean_selection
from .settings import InfluxSettings, device_tag, stored_units


def create_mirror(
    entry: ConfigEntry,
    journal: JournalWriter,
    influx: InfluxConnection,
    on_change: Callable[[MirrorStatus], None],
) -> Mirror | None:
    """Return the entry's mirror, not yet running; None if the entry has no InfluxDB."""
    if (settings := InfluxSettings.from_entry(entry)) is None:
        return None
    line_format = LineFormat(
        device=device_tag(entry),
        mean_selection=mean_selection(entry),
        own_readings=entry.options.get(CONF_OWN_READINGS, False),
        stored_units=stored_units(entry),
    )
    outbox = Outbox(journal, settings.sink, LineEncoder(line_format), since=settings.since)
    return Mirror(
        outbox, influx.sink, clock=SystemClock(), on_change=on_change, reader=influx.history
    )


def with_breaker(
    breaker: CircuitBreaker, on_change: Callable[[MirrorStatus], None]
) -> Callable[[MirrorStatus], None]:
    """Return a callback that closes `breaker` when the mirror makes progress.

    Progress means that InfluxDB answers again. Every status is passed on to `on_change`.
    """
    newest: int | None = None

    def report(status: MirrorStatus) -> None:
        nonlocal newest
        if status.mirrored_to != newest:
            newest = status.mirrored_to
            breaker.record_success()
        on_change(status)

    return report
