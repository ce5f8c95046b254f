"""What a query is about: fields, time ranges and windows, still without a query language."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...domain.models import Aggregate, Series
from ..line_protocol import MEASUREMENT, OWN_MEASUREMENT, field_name, stored_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Fields of one measurement, from the series with all these tags; names are InfluxDB's.

    No fields stand for all fields.
    """

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """Rows from `start` up to but not including `stop` (UTC ms), `limit` at most; None for all."""

    start: int
    stop: int
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Downsampling:
    """Windows of `step` ms, counted from 1970-01-01T00:00Z, each aggregated into one row.

    A row has each of the `aggregates` of the first field, then those of the next. There is at least
    one, and none twice.
    """

    step: int
    aggregates: tuple[Aggregate, ...]


def row_width(selection: Selection, downsampling: Downsampling | None) -> int:
    """Return how many columns a query for rows has."""
    return len(selection.fields) * (1 if downsampling is None else len(downsampling.aggregates))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPart:
    """A selection, and for each of its fields the index of the query's series."""

    selection: Selection
    series: tuple[int, ...]


def select_means(device: str, parameters: Iterable[str] = ()) -> Selection:
    """Return the selection of a station's means, by its tag."""
    return Selection(
        measurement=MEASUREMENT,
        tags=(("device", stored_name(device)),),
        fields=tuple(field_name(parameter) for parameter in parameters),
    )


def select_own_readings(
    device: str, sensor: str | None = None, parameters: Iterable[str] = ()
) -> Selection:
    """Return the selection of the own readings of one sensor, or of every sensor."""
    tags = [("device", stored_name(device))]
    if sensor is not None:
        tags.append(("sensor", stored_name(sensor)))
    return Selection(
        measurement=OWN_MEASUREMENT,
        tags=tuple(tags),
        fields=tuple(field_name(parameter) for parameter in parameters),
    )


def query_parts(device: str, series: Iterable[Series]) -> list[QueryPart]:
    """Return the parts of a query: one for all means, one for each sensor's own readings."""
    columns: dict[str | None, list[tuple[int, str]]] = {}
    for index, each in enumerate(series):
        sensor = each.reading.sensor if each.reading else None
        columns.setdefault(sensor, []).append((index, each.parameter))
    return [
        QueryPart(
            selection=select_means(device, [parameter for _, parameter in of_sensor])
            if sensor is None
            else select_own_readings(device, sensor, [parameter for _, parameter in of_sensor]),
            series=tuple(index for index, _ in of_sensor),
        )
        for sensor, of_sensor in columns.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFields:
    """The fields that a station has: of means, and of own readings as pairs of sensor and field."""

    fields: frozenset[str] = frozenset()
    own_readings: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestValue:
    """The newest value of a field of one sensor, or of the means if `sensor` is None.

    `taken_at` is UTC ms.
    """

    sensor: str | None
    field: str
    value: float
    taken_at: int
