"""The values that modules pass to each other. They are frozen, so that tasks can share them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

TIME = "time"  # the name of each table's first column


class ReadingKey(NamedTuple):
    """Identifies a reading: the sensor and the parameter, by the names that the station sends."""

    sensor: str
    parameter: str

    def __str__(self) -> str:
        """Return the reading's name in queries, such as ``dht22.temperature``."""
        return f"{self.sensor}.{self.parameter}"


class RefusalReason(StrEnum):
    """Why a value that the station sent is refused, so that the reading counts as missing."""

    EMPTY = "empty"
    NULL = "null"
    NOT_A_NUMBER = "not a number"
    NOT_FINITE = "not finite"
    OUT_OF_RANGE = "out of the sensor's range"
    NOT_AN_OBJECT = "no object of parameters"
    BAD_NAME = "name empty, too long or not printable"
    STARTING = "sent before the first measurement"
    POWER_ON = "power-on value"
    PROBE_AVERAGED = "averages a probe that is absent"
    FAULT_PATTERN = "pattern of a failed sensor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A value that was refused; `sent` has at most 40 characters of it."""

    key: ReadingKey
    sent: str
    reason: RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All readings of one poll.

    `device` is the name that the station has in its own payload. `taken_at` is when the payload
    came, in UTC ms since 1970. Values are finite, in the units of the catalogue
    (`domain/parameters.py`). `station_id` is the station's MAC address as 12 hexadecimal digits,
    None if the firmware does not send it.
    """

    device: str
    taken_at: int
    readings: Mapping[ReadingKey, float]
    refused: tuple[Refusal, ...] = ()
    station_id: str | None = None


class Source(StrEnum):
    """The places that history can be read from."""

    AUTO = "auto"  # InfluxDB where the range goes beyond the journal, else the journal
    JOURNAL = "journal"
    INFLUXDB = "influxdb"


class Aggregate(StrEnum):
    """How the values of a window become one value."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    LAST = "last"
    COUNT = "count"
    SUM = "sum"


def column_name(parameter: str) -> str:
    """Return a parameter's name in queries and tables, which is nearly always its own.

    A parameter called ``time`` would collide with the column of times, so it gets an underscore.
    ``time_`` gets another one, so that the two still differ.
    """
    return f"{parameter}_" if parameter.rstrip("_") == TIME else parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A column of a query: the mean of one or more readings, or a single sensor's reading.

    The `name` of a mean is its parameter's `column_name`, that of a reading is the reading's name.
    `keys` are the readings. They are empty if only InfluxDB knows the parameter.
    """

    name: str
    parameter: str
    keys: tuple[ReadingKey, ...]

    @property
    def reading(self) -> ReadingKey | None:
        """Return the reading if the series is a single sensor's, None if it is a mean."""
        mean = self.name in {self.parameter, column_name(self.parameter)}
        return None if mean else self.keys[0]


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """Windows of `length` ms, counted from 1970-01-01T00:00Z, as InfluxDB does."""

    length: int
    text: str


class CalendarUnit(StrEnum):
    """Days, weeks and months of the local calendar. Weeks start on Monday."""

    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """Windows from one local midnight to another. A day has 23 or 25 hours when clocks change."""

    unit: CalendarUnit
    zone: tzinfo

    @property
    def text(self) -> str:
        """Return the window's name in queries."""
        return self.unit.value


type Window = FixedWindow | CalendarWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryColumn:
    """A column of an answer: an aggregate of a series.

    `aggregate` is None in answers without windows, which have the values as they are. Two columns
    of one answer never share a `name`.
    """

    name: str
    series: Series
    aggregate: Aggregate | None

    @property
    def is_count(self) -> bool:
        """Return whether the values are counts of readings, which have no unit and may be 0."""
        return self.aggregate is Aggregate.COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """A question for rows from `start` up to, not including, `stop` (UTC ms), the oldest first.

    With a window, the answer has a row for each window with a value, at the window's start. Without
    one it has a row for each snapshot with a value, and no use for `aggregates`. These are never
    empty, and none is there twice. The answer has at most `limit` rows, all if that is None.
    """

    series: tuple[Series, ...]
    start: int
    stop: int
    window: Window | None
    aggregates: tuple[Aggregate, ...]
    limit: int | None

    @property
    def columns(self) -> tuple[QueryColumn, ...]:
        """Return the columns of the answer: those of the first series come first.

        A series has a column for each aggregate, in their order. With several, the aggregate is
        added to each name, such as ``temperature_min``. With one, the name is the series'.
        """
        aggregates = (None,) if self.window is None else self.aggregates
        return tuple(
            QueryColumn(
                name=f"{series.name}_{aggregate}" if len(aggregates) > 1 else series.name,
                series=series,
                aggregate=aggregate,
            )
            for series in self.series
            for aggregate in aggregates
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of an answer: their `times` in UTC ms, and columns of as many cells."""

    times: Sequence[int]
    columns: tuple[Sequence[float | None], ...]

    def slice(self, start: int, stop: int) -> Block:
        """Return the rows from `start` up to, not including, `stop`."""
        return Block(
            times=self.times[start:stop],
            columns=tuple(column[start:stop] for column in self.columns),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table, with a cell for each row."""

    name: str
    unit: str | None
    cells: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of an answer, the oldest first, with their `times` in UTC ms.

    If the limit cut the answer short, `next_start` is the start (UTC ms) of the query that goes on
    without a gap or a repetition. Else it is None.
    """

    times: Sequence[int]
    columns: tuple[Column, ...] = field(default=())
    next_start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeries:
    """A series as a source stores it, with the times of its first and last value in UTC ms.

    `measurement` is InfluxDB's, or "journal". `sensor` is None for means.
    """

    measurement: str
    device: str
    sensor: str | None
    field: str
    first: int
    last: int
    rows: int

    @property
    def name(self) -> str:
        """Return the series' path, such as ``sensor_data/attic/co2``; filters compare prefixes."""
        parts = (self.measurement, self.device, self.sensor, self.field)
        return "/".join(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest value of a series, and when it was taken (UTC ms)."""

    series: Series
    value: float
    taken_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRows:
    """Rows as the journal stores them: the time (UTC ms), then a value, or None, for each key."""

    keys: tuple[ReadingKey, ...]
    rows: Sequence[tuple[int, *tuple[float | None, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Rows of the journal in line protocol; lines come without newlines.

    A row becomes no line, one, or several. `line_times` are the times of the rows that the lines
    come from, one for each line. `row_times` are the times of all rows. All are UTC ms.
    """

    lines: Sequence[str]
    line_times: Sequence[int]
    row_times: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A line that a sink has refused for good, with the time of its row and that of the refusal.

    Times are UTC ms.
    """

    taken_at: int
    line: str
    reason: str
    refused_at: int
