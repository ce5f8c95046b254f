"""What of InfluxDB's series a query is about, in words that no query language has yet turned."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...domain.models import Aggregate, Series
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT, field_name, stored_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Fields of one measurement, of the series that have all these tags, as InfluxDB holds them."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """Rows from `start` up to, not including, `stop` (UTC ms), at most `limit`; None for all."""

    start: int
    stop: int
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Downsampling:
    """Windows of `step` ms, counted from 1970-01-01T00:00Z, each folded into one row."""

    step: int
    aggregate: Aggregate


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A selection, and which columns of the answer its fields are."""

    selection: Selection
    columns: tuple[int, ...]


def select_means(device: str, parameters: Iterable[str] = ()) -> Selection:
    """Return the means of a station by its tag."""
    return Selection(
        measurement=MEASUREMENT,
        tags=(("device", stored_name(device)),),
        fields=tuple(field_name(parameter) for parameter in parameters),
    )


def select_own_readings(
    device: str, sensor: str | None = None, parameters: Iterable[str] = ()
) -> Selection:
    """Return one sensor's own readings, or every sensor's."""
    tags = [("device", stored_name(device))]
    if sensor is not None:
        tags.append(("sensor", stored_name(sensor)))
    return Selection(
        measurement=OWN_MEASUREMENT,
        tags=tuple(tags),
        fields=tuple(field_name(parameter) for parameter in parameters),
    )


def query_parts(device: str, series: Iterable[Series]) -> list[Part]:
    """Return what to ask for: the means at once, and each sensor's own readings."""
    columns: dict[str | None, list[tuple[int, str]]] = {}
    for number, each in enumerate(series):
        sensor = each.reading.sensor if each.reading else None
        columns.setdefault(sensor, []).append((number, each.parameter))
    return [
        Part(
            selection=select_means(device, [name for _, name in own])
            if sensor is None
            else select_own_readings(device, sensor, [name for _, name in own]),
            columns=tuple(number for number, _ in own),
        )
        for sensor, own in columns.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFields:
    """What InfluxDB holds of a station: fields of means, and fields by sensor."""

    fields: frozenset[str] = frozenset()
    own: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestValue:
    """The newest value of a field, of one sensor or of the means; `taken_at` is UTC ms."""

    sensor: str | None
    field: str
    value: float
    taken_at: int
