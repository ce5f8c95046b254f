"""The past that the demo starts with: days of polls, written the way the integration does."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from custom_components.air_state.core.domain.errors import PayloadError
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.storage.paths import delete_journal
from custom_components.air_state.core.station.payload import parse_payload

from .day import air, readings

_EVERY = timedelta(seconds=60)
_BATCH = 1_000


DEVICE = "nodemcu"


def payload(moment: datetime, station: int) -> bytes:
    """Return what the station would have answered at `moment`."""
    return orjson.dumps({DEVICE: readings(air(moment, station))})


def polls(days: float, station: int, zone: ZoneInfo) -> Iterator[Snapshot]:
    """Yield what polls once a minute would have brought, up to now."""
    moment = datetime.now(UTC).replace(microsecond=0)
    end = moment - _EVERY
    moment -= timedelta(days=days)
    while moment < end:
        with suppress(PayloadError):  # a failed poll is not journaled
            yield parse_payload(
                payload(moment.astimezone(zone), station), int(moment.timestamp() * 1000)
            )
        moment += _EVERY


def write_past(
    path: Path, days: float, station: int, zone: ZoneInfo, written: Counter[str]
) -> None:
    """Replace the journal at `path`, which nobody has open, by the past; count its `rows`."""
    delete_journal(path)
    journal = Journal(path)
    for batch in batched(polls(days, station, zone), _BATCH, strict=False):
        journal.append(batch)
        written["rows"] += len(batch)
    journal.close()
