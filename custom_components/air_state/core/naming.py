"""Which series the names of a request mean, by what the journal and InfluxDB hold."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .errors import OwnReadingError, ParameterError
from .line_protocol import field_name, stored_name
from .means import Counting, group_counted
from .models import ReadingKey, Series
from .selection import Held

_NAMES_IN_ERROR = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What can be asked for: means by parameter, and single sensors' own readings."""

    means: Mapping[str, Series]
    own: Mapping[str, Series]

    def resolve(self, names: Iterable[str]) -> tuple[Series, ...]:
        """Return the series of the names, each once, in their order; of none, all means.

        Raises ParameterError.
        """
        everything = {**self.own, **self.means}
        known_or_tidy = (name if name in everything else name.strip() for name in names)
        wanted = list(dict.fromkeys(known_or_tidy)) or list(self.means)
        for name in wanted:
            if name not in everything:
                allowed = ", ".join([*self.means, *self.own][:_NAMES_IN_ERROR])
                raise ParameterError(value=name, allowed=allowed or "-")
        return tuple(everything[name] for name in wanted)


def names_of_journal(known: Collection[ReadingKey], counting: Counting) -> Names:
    """Return what a journal has that holds these readings."""
    return Names(
        means=group_counted(known, counting), own={str(key): _own(key) for key in sorted(known)}
    )


def names_of_influxdb(journal: Names, held: Held) -> Names:
    """Return what InfluxDB has; what the journal knows goes by its own spelling."""
    means = dict(journal.means)
    spelled = {field_name(parameter) for parameter in means}
    for field in held.fields - spelled:
        means[field] = Series(name=field, parameter=field, keys=())
    keys = [series.keys[0] for series in journal.own.values()]
    by_stored = {(stored_name(key.sensor), field_name(key.parameter)): key for key in keys}
    own = sorted(by_stored.get(each, ReadingKey(*each)) for each in held.own)
    return Names(means=dict(sorted(means.items())), own={str(key): _own(key) for key in own})


def require_own_readings(names: Iterable[str], journal: Names, held: Held) -> None:
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
