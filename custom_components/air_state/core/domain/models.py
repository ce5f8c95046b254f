"""The values that pass between modules: frozen, so that any task may hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

TIME = "time"  # the column that each table has first


class ReadingKey(NamedTuple):
    """Which reading: wire names of the sensor and of what it measures."""

    sensor: str
    parameter: str

    def __str__(self) -> str:
        """Return the name that queries use, such as ``dht22.temperature``."""
        return f"{self.sensor}.{self.parameter}"


class RefusalReason(StrEnum):
    """Why a reading that the station sent counts as missing."""

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
    """One reading that was sent but not accepted, with at most 40 characters of what was sent."""

    key: ReadingKey
    sent: str
    reason: RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All readings of one poll.

    `taken_at` is the UTC time of receipt in ms since 1970; `device` is the wire key that the
    station goes by. Values are finite, in the units of the catalogue (`domain/parameters.py`).
    `station_id` is the station's own, None of firmware that has none.
    """

    device: str
    taken_at: int
    readings: Mapping[ReadingKey, float]
    refused: tuple[Refusal, ...] = ()
    station_id: str | None = None


class Source(StrEnum):
    """Where history is asked from."""

    AUTO = "auto"  # InfluxDB where the range goes beyond the journal, else the journal
    JOURNAL = "journal"
    INFLUXDB = "influxdb"


class Aggregate(StrEnum):
    """How the values of one window become one."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    LAST = "last"
    COUNT = "count"
    SUM = "sum"


def column_name(parameter: str) -> str:
    """Return what questions and tables call a parameter: its own name.

    Only `time` is the name of another column: a parameter called so gets an underscore, and so
    does one that would then be called alike.
    """
    return f"{parameter}_" if parameter.rstrip("_") == TIME else parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A column to query: the readings whose mean it is, one for a single sensor's own.

    A mean's `name` is its parameter's `column_name`. `keys` are empty where only InfluxDB knows
    the parameter.
    """

    name: str
    parameter: str
    keys: tuple[ReadingKey, ...]

    @property
    def reading(self) -> ReadingKey | None:
        """Return the single reading that this is a sensor's own of, None for a mean."""
        mean = self.name in {self.parameter, column_name(self.parameter)}
        return None if mean else self.keys[0]


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """Windows of `length` ms, counted from 1970-01-01T00:00Z as InfluxDB counts them."""

    length: int
    text: str


class CalendarUnit(StrEnum):
    """A stretch of the local calendar; weeks start on Monday."""

    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """Windows from local midnight to local midnight, 23 or 25 hours where the clock changes."""

    unit: CalendarUnit
    zone: tzinfo

    @property
    def text(self) -> str:
        """Return the window as queries write it."""
        return self.unit.value


type Window = FixedWindow | CalendarWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Rows from `start` up to, not including, `stop` (both UTC ms), the oldest first.

    With a window: one row for each window that holds a value, at the window's start. Without:
    one row for each snapshot that holds a value. At most `limit` rows; None for all.
    """

    series: tuple[Series, ...]
    start: int
    stop: int
    window: Window | None
    aggregate: Aggregate
    limit: int | None

    @property
    def is_count(self) -> bool:
        """Return whether values are numbers of readings, which have no unit and may be 0."""
        return self.window is not None and self.aggregate is Aggregate.COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of an answer by column: `times` (UTC ms), and as many cells for each series."""

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
    """One column of a table; `cells` are as many as the table has rows."""

    name: str
    unit: str | None
    cells: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows by column, the oldest first.

    `times` are UTC ms. `next_start` is where the next query has to start to go on without a gap
    or a repeat, when the limit cut this one short; else None.
    """

    times: Sequence[int]
    columns: tuple[Column, ...] = field(default=())
    next_start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeries:
    """A series as a source holds it; times in UTC ms.

    `measurement` is InfluxDB's, "journal" for the journal; `sensor` is None for means.
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
        """Return the path that prefixes are compared with, such as ``sensor_data/attic/co2``."""
        parts = (self.measurement, self.device, self.sensor, self.field)
        return "/".join(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest value of one series and when it was taken (UTC ms)."""

    series: Series
    value: float
    taken_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRows:
    """Rows of the journal as they lie there: the time (UTC ms), then one value for each key."""

    keys: tuple[ReadingKey, ...]
    rows: Sequence[tuple[int, *tuple[float | None, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Rows in line protocol, each line without its newline.

    `times` has the row's time for each line. A row makes no line, one, or several; `rows` are the
    times of all rows.
    """

    lines: Sequence[str]
    times: Sequence[int]
    rows: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A line that a sink refuses for good: of which row, why, and since when (both UTC ms)."""

    taken_at: int
    line: str
    reason: str
    refused_at: int
