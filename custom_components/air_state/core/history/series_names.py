"""Which series the names of a request mean, by what the journal and InfluxDB hold."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from ..domain.errors import OwnReadingError, ParameterError
from ..domain.means import MeanSelection, mean_series
from ..domain.models import ReadingKey, Series, column_name
from ..influx.line_protocol import field_name, parameter_of, stored_name
from ..influx.queries.selection import StoredFields

_NAMES_IN_ERROR = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What can be asked for: means by parameter, and single sensors' own readings."""

    means: Mapping[str, Series]
    own: Mapping[str, Series]

    def resolve(self, names: Iterable[str]) -> tuple[Series, ...]:
        """Return the series of the names, each once, in their order; of none, all means.

        A parameter may be asked for by its own name as well, if that means nothing else. Raises
        ParameterError.
        """
        by_parameter = {each.parameter: each for each in self.means.values()}
        everything = {**by_parameter, **self.own, **self.means}
        known_or_tidy = (name if name in everything else name.strip() for name in names)
        wanted = list(dict.fromkeys(known_or_tidy)) or list(self.means)
        for name in wanted:
            if name not in everything:
                allowed = ", ".join([*self.means, *self.own][:_NAMES_IN_ERROR])
                raise ParameterError(value=name, allowed=allowed or "-")
        return tuple(dict.fromkeys(everything[name] for name in wanted))


def names_of_journal(known: Collection[ReadingKey], mean_selection: MeanSelection) -> Names:
    """Return what a journal has that holds these readings."""
    means = [
        replace(series, name=column_name(series.parameter))
        for series in mean_series(known, mean_selection).values()
    ]
    return Names(
        means={series.name: series for series in means},
        own={str(key): _own(key) for key in sorted(known)},
    )


def names_of_influxdb(journal: Names, held: StoredFields) -> Names:
    """Return what InfluxDB has; what the journal knows goes by its own spelling."""
    means = dict(journal.means)
    spelled = {field_name(series.parameter) for series in means.values()}
    for field in held.fields - spelled:
        parameter = parameter_of(field)
        if field_name(parameter) == field:  # else it is a name that Air State has for its own
            name = column_name(parameter)
            means[name] = Series(name=name, parameter=parameter, keys=())
    keys = [series.keys[0] for series in journal.own.values()]
    by_stored = {(stored_name(key.sensor), field_name(key.parameter)): key for key in keys}
    own = sorted(
        by_stored.get((sensor, field), ReadingKey(sensor, parameter_of(field)))
        for sensor, field in held.own
    )
    return Names(means=dict(sorted(means.items())), own={str(key): _own(key) for key in own})


def require_own_readings(names: Iterable[str], journal: Names, held: StoredFields) -> None:
    """Raise OwnReadingError if one is asked for that only the journal has."""
    if held.own:
        return
    for name in names:
        own = journal.own.get(name) or journal.own.get(name.strip())
        if own is not None and name.strip() not in journal.means:
            raise OwnReadingError(value=own.name, parameter=own.parameter)


def _own(key: ReadingKey) -> Series:
    """Return the series of a single sensor's own reading."""
    return Series(name=str(key), parameter=key.parameter, keys=(key,))
