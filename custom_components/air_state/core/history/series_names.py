"""Finds the series that the names in a request mean."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from ..domain.errors import OwnReadingError, ParameterError
from ..domain.means import MeanSelection, mean_series
from ..domain.models import ReadingKey, Series, column_name
from ..influx.line_protocol import field_name, parameter_of, stored_name
from ..influx.queries.selection import StoredFields

_MAX_NAMES_IN_ERROR = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesNames:
    """What can be asked for by name: means of parameters, and sensors' own readings."""

    means: Mapping[str, Series]
    own: Mapping[str, Series]

    def resolve(self, names: Iterable[str]) -> tuple[Series, ...]:
        """Return the series of the names in their order, each once; without names, all means.

        A parameter may also be given as the station sends it, if no other series has that name.
        Raises ParameterError.
        """
        by_parameter = {each.parameter: each for each in self.means.values()}
        known = {**by_parameter, **self.own, **self.means}
        stripped = (name if name in known else name.strip() for name in names)
        wanted = list(dict.fromkeys(stripped)) or list(self.means)
        for name in wanted:
            if name not in known:
                allowed = ", ".join([*self.means, *self.own][:_MAX_NAMES_IN_ERROR])
                raise ParameterError(value=name, allowed=allowed or "-")
        return tuple(dict.fromkeys(known[name] for name in wanted))


def journal_names(known: Collection[ReadingKey], mean_selection: MeanSelection) -> SeriesNames:
    """Return the names of the series of a journal that holds these readings."""
    means = [
        replace(series, name=column_name(series.parameter))
        for series in mean_series(known, mean_selection).values()
    ]
    return SeriesNames(
        means={series.name: series for series in means},
        own={str(key): _own_series(key) for key in sorted(known)},
    )


def influxdb_names(journal: SeriesNames, stored: StoredFields) -> SeriesNames:
    """Return the names of the series that InfluxDB holds, spelled as in the journal if it has them.

    InfluxDB's names of fields and tags may differ from those that the station sends.
    """
    means = dict(journal.means)
    in_journal = {field_name(series.parameter) for series in means.values()}
    for field in stored.fields - in_journal:
        parameter = parameter_of(field)
        if field_name(parameter) == field:  # else Air State uses this name for something else
            name = column_name(parameter)
            means[name] = Series(name=name, parameter=parameter, keys=())
    keys = [series.keys[0] for series in journal.own.values()]
    by_stored = {(stored_name(key.sensor), field_name(key.parameter)): key for key in keys}
    own = sorted(
        by_stored.get((sensor, field), ReadingKey(sensor, parameter_of(field)))
        for sensor, field in stored.own_readings
    )
    return SeriesNames(
        means=dict(sorted(means.items())), own={str(key): _own_series(key) for key in own}
    )


def require_own_readings(names: Iterable[str], journal: SeriesNames, stored: StoredFields) -> None:
    """Raise OwnReadingError if a name is a sensor's own reading, and InfluxDB has none at all."""
    if stored.own_readings:
        return
    for name in names:
        own = journal.own.get(name) or journal.own.get(name.strip())
        if own is not None and name.strip() not in journal.means:
            raise OwnReadingError(value=own.name, parameter=own.parameter)


def _own_series(key: ReadingKey) -> Series:
    """Return the series of a sensor's own reading."""
    return Series(name=str(key), parameter=key.parameter, keys=(key,))
