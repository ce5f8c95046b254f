"""Rows become lines of InfluxDB's line protocol here.

A row becomes a line of the measurement ``sensor_data`` with the tag ``device``. Each parameter is
one float field under its wire key: the mean of its sensors. Times are in ms. These are the series
of async-httpd-data-collector, so a bucket that it has filled goes on. Each sensor's own readings
may follow, as a line of ``sensor_readings`` that also has the tag ``sensor``.

A line is a pure function of its row and the format. A line that is sent again overwrites itself,
which makes "at least once" an "exactly once".

Format: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..domain.means import DEFAULT_SELECTION, MeanSelection, mean, mean_series
from ..domain.models import JournalRows, Lines, ReadingKey
from ..domain.parameters import convert, unit_factor

MEASUREMENT = "sensor_data"
OWN_MEASUREMENT = "sensor_readings"
# A backslash before an escaped character, or at the end of a name, cannot be written.
_REPLACED = str.maketrans({"\\": "/"})
_ESCAPES = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
# InfluxDB drops points with some of these fields, and in queries the others name other columns.
# The same names with underscores after them are reserved too, so that no two fields become one.
_RESERVED = re.compile(r"(time|_time|_field|_measurement|_value|_start|_stop|device|sensor)_*")

type _Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field of a line: its escaped key with "=", its columns in the row, its unit's factor."""

    key: str
    columns: tuple[int, ...]
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat:
    """What a station's lines look like.

    `device` is its tag, `mean_selection` which readings count towards means. `stored_units` has the
    unit of each parameter that is not stored in the catalogue's unit.
    """

    device: str
    mean_selection: MeanSelection = DEFAULT_SELECTION
    own_readings: bool = False
    stored_units: Mapping[str, str] = field(default_factory=dict)


class LineEncoder:
    """Turns rows into lines of one format."""

    def __init__(self, line_format: LineFormat) -> None:
        """Encode in `line_format`; the first rows tell which columns there are."""
        self._format = line_format
        self._keys: tuple[ReadingKey, ...] | None = None
        self._templates: list[tuple[str, list[_Field]]] = []

    def encode(self, batches: Iterable[JournalRows]) -> Lines:
        """Return the lines of all rows in their order; a missing value makes no field.

        A batch has a few hundred rows. Many more objects at once would start Python's garbage
        collector, which holds everything up while it looks through all of Home Assistant.
        """
        lines: list[str] = []
        line_times: list[int] = []
        row_times: list[int] = []
        for rows in batches:
            if rows.keys != self._keys:
                self._keys = rows.keys
                self._templates = self._line_templates(rows.keys)
            columns: list[Sequence[Any]] = list(zip(*rows.rows, strict=True))
            if not columns:
                continue
            row_times += columns[0]
            lines_by_template = [
                _lines(beginning, fields, columns) for beginning, fields in self._templates
            ]
            for time, *lines_of_row in zip(columns[0], *lines_by_template, strict=True):
                for line in lines_of_row:
                    if line:
                        lines.append(line)
                        line_times.append(time)
        return Lines(lines=lines, line_times=line_times, row_times=row_times)

    def _line_templates(self, keys: tuple[ReadingKey, ...]) -> list[tuple[str, list[_Field]]]:
        """Return the beginning and the fields of each line that a row becomes."""
        column = {key: number for number, key in enumerate(keys, start=1)}
        tag = f"device={escaped(self._format.device)}"
        means = mean_series(keys, self._format.mean_selection).values()
        templates = [
            (
                f"{MEASUREMENT},{tag} ",
                [self._field(each.parameter, [column[key] for key in each.keys]) for each in means],
            )
        ]
        if self._format.own_readings:
            templates += [
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
        return templates

    def _field(self, parameter: str, columns: Iterable[int]) -> _Field:
        unit = self._format.stored_units.get(parameter)
        return _Field(
            key=f"{escaped(field_name(parameter))}=",
            columns=tuple(columns),
            factor=1.0 if unit is None else unit_factor(parameter, unit),
        )


class _FieldTexts(dict[float | None, str]):
    """A field's text for each value, empty for None.

    A number becomes the shortest text that reads back as the same number. Air changes slowly, so
    each text is made once: a batch of rows holds the same few numbers again and again.
    """

    def __init__(self, field: _Field) -> None:
        super().__init__({None: ""})
        self._field = field

    def __missing__(self, value: float) -> str:
        stored = value if self._field.factor == 1.0 else convert(value, self._field.factor)
        text = self[value] = f"{self._field.key}{stored + 0.0!r}"  # -0.0 is the same key as 0.0
        return text


def _mean(values: _Values) -> float | None:
    """Return the mean of the values that are not None, None if there are none."""
    present = [value for value in values if value is not None]
    return mean(present) if present else None


def _lines(beginning: str, fields: list[_Field], columns: Sequence[Sequence[Any]]) -> list[str]:
    """Return one line for each row, empty if no field has a value.

    It works column by column, which takes half as long as row by row.
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
        texts.append(list(map(_FieldTexts(each).__getitem__, values)))
    return [
        f"{beginning}{present} {time}" if (present := ",".join(filter(None, row))) else ""
        for time, row in zip(columns[0], zip(*texts, strict=True), strict=True)
    ]


def field_name(parameter: str) -> str:
    """Return the field that holds a parameter: its name, with an underscore if it is reserved."""
    return stored_name(f"{parameter}_" if _RESERVED.fullmatch(parameter) else parameter)


def parameter_of(field: str) -> str:
    """Return the parameter that a field holds: the inverse of `field_name`."""
    return field[:-1] if field.endswith("_") and _RESERVED.fullmatch(field) else field


def stored_name(name: str) -> str:
    """Return a name as InfluxDB stores it: with slashes for backslashes."""
    return name.translate(_REPLACED)


def escaped(name: str) -> str:
    """Return the escaped form of a tag's key or value, or of a field's key."""
    return stored_name(name).translate(_ESCAPES)
