"""Rows as lines that InfluxDB takes.

The measurement is ``sensor_data``, the tag ``device``, each parameter one float field (the mean of
its sensors, under its wire key), the time in ms: a bucket that async-httpd-data-collector has
filled goes on in the same series. The sensors' own readings may go along, in ``sensor_readings``
with the tag ``sensor`` besides.

A line is a pure function of its row and the format. Sending one again overwrites it with itself,
which makes of "at least once" an "exactly once".

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..domain.means import ALL, MeanSelection, mean, mean_series
from ..domain.models import JournalRows, Lines, ReadingKey
from ..domain.parameters import convert, unit_factor

MEASUREMENT = "sensor_data"
OWN_MEASUREMENT = "sensor_readings"
# No escape makes a backslash safe before another escape or at the end of a name.
_SAFE = str.maketrans({"\\": "/"})
_ESCAPES = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
# InfluxDB drops points with fields of some of these names, and queries mean other columns by the
# others; with underscores after them they are taken as well, so that no two fields are one.
_RESERVED = re.compile(r"(time|_time|_field|_measurement|_value|_start|_stop|device|sensor)_*")

type _Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field: its escaped key with "=", its columns of the row, and what its values are times."""

    name: str
    columns: tuple[int, ...]
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat:
    """What lines of a station look like: its tag, what counts towards means, and more or less.

    `stored_units` says in which unit a bucket holds a parameter, where it is not the catalogue's.
    """

    device: str
    mean_selection: MeanSelection = ALL
    own_readings: bool = False
    stored_units: Mapping[str, str] = field(default_factory=dict)


class LineEncoder:
    """Turns rows into lines of one format."""

    def __init__(self, line_format: LineFormat) -> None:
        """Prepare for the format; which columns make which field is found with the first rows."""
        self._format = line_format
        self._keys: tuple[ReadingKey, ...] | None = None
        self._plans: list[tuple[str, list[_Field]]] = []

    def encode(self, portions: Iterable[JournalRows]) -> Lines:
        """Return the lines of all rows, in their order. Values that are missing make no field.

        A few hundred rows at a time: many more objects at once would set Python's garbage
        collector off, which holds up everybody while it looks through all of Home Assistant.
        """
        lines: list[str] = []
        times: list[int] = []
        taken: list[int] = []
        for rows in portions:
            if rows.keys != self._keys:
                self._keys = rows.keys
                self._plans = self._plan(rows.keys)
            columns: list[Sequence[Any]] = list(zip(*rows.rows, strict=True))
            if not columns:
                continue
            taken += columns[0]
            made = [_lines(head, fields, columns) for head, fields in self._plans]
            for time, *own in zip(columns[0], *made, strict=True):
                for line in own:
                    if line:
                        lines.append(line)
                        times.append(time)
        return Lines(lines=lines, times=times, rows=taken)

    def _plan(self, keys: tuple[ReadingKey, ...]) -> list[tuple[str, list[_Field]]]:
        """Return for each line of a row how it begins and what its fields are."""
        column = {key: number for number, key in enumerate(keys, start=1)}
        tag = f"device={escaped(self._format.device)}"
        means = mean_series(keys, self._format.mean_selection).values()
        plans = [
            (
                f"{MEASUREMENT},{tag} ",
                [self._field(each.parameter, [column[key] for key in each.keys]) for each in means],
            )
        ]
        if self._format.own_readings:
            plans += [
                (
                    f"{OWN_MEASUREMENT},{tag},sensor={escaped(sensor)} ",
                    [
                        self._field(key.parameter, [column[key]])
                        for key in keys
                        if key.sensor == sensor
                    ],
                )
                for sensor in sorted({key.sensor for key in keys})
            ]
        return plans

    def _field(self, parameter: str, columns: Iterable[int]) -> _Field:
        unit = self._format.stored_units.get(parameter)
        return _Field(
            name=f"{escaped(field_name(parameter))}=",
            columns=tuple(columns),
            factor=1.0 if unit is None else unit_factor(parameter, unit),
        )


class _Texts(dict[float | None, str]):
    """A field's text for each value, empty for none.

    A number's text is the shortest that reads back as the same number. Air changes slowly: a batch
    of rows holds the same few numbers again and again.
    """

    def __init__(self, field: _Field) -> None:
        super().__init__({None: ""})
        self._field = field

    def __missing__(self, value: float) -> str:
        stored = value if self._field.factor == 1.0 else convert(value, self._field.factor)
        text = self[value] = f"{self._field.name}{stored + 0.0!r}"  # -0.0 is the same key as 0.0
        return text


def _mean(values: _Values) -> float | None:
    """Return the mean of the values that are there, None if none is."""
    there = [value for value in values if value is not None]
    return mean(there) if there else None


def _lines(head: str, fields: list[_Field], columns: Sequence[Sequence[Any]]) -> list[str]:
    """Return one line for each row, empty if no field has a value.

    Column by column, since that takes half as long as row by row.
    """
    if not fields:
        return [""] * len(columns[0])
    texts = []
    for each in fields:
        values = (
            columns[each.columns[0]]
            if len(each.columns) == 1
            else map(_mean, zip(*(columns[number] for number in each.columns), strict=True))
        )
        texts.append(list(map(_Texts(each).__getitem__, values)))
    return [
        f"{head}{filled} {time}" if (filled := ",".join(filter(None, row))) else ""
        for time, row in zip(columns[0], zip(*texts, strict=True), strict=True)
    ]


def field_name(parameter: str) -> str:
    """Return the field that holds a parameter: its own name, but for the few that are reserved.

    Those get an underscore.
    """
    return stored_name(f"{parameter}_" if _RESERVED.fullmatch(parameter) else parameter)


def parameter_of(field: str) -> str:
    """Return the parameter that a field holds."""
    return field[:-1] if field.endswith("_") and _RESERVED.fullmatch(field) else field


def stored_name(name: str) -> str:
    """Return a name as InfluxDB gets to hold it."""
    return name.translate(_SAFE)


def escaped(name: str) -> str:
    """Return a tag's key or value, or a field's key, as line protocol writes it."""
    return stored_name(name).translate(_ESCAPES)
