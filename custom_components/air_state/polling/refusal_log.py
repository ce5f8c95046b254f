"""Log lines about sensors whose readings are refused."""

from ..const import LOGGER
from ..core.domain.models import Refusal, Snapshot
from ..core.journal.storage.schema import MAX_COLUMNS

# Good polls after which a sensor is well again. One that fails every other poll would else fill the
# log.
_RECOVERED_AFTER = 3


class RefusalLog:
    """Logs one line when a sensor begins to fail, and one when it is well again."""

    def __init__(self, name: str) -> None:
        """Log for the station called `name`."""
        self._name = name
        self._good_polls: dict[str, int] = {}  # in a row since the last refusal, by failing sensor

    def update(self, snapshot: Snapshot) -> None:
        """Log what changed with this snapshot."""
        failing: dict[str, Refusal] = {}
        for refusal in snapshot.refused:
            failing.setdefault(refusal.key.sensor, refusal)
        for sensor, first in failing.items():
            if sensor not in self._good_polls:
                if len(self._good_polls) >= MAX_COLUMNS:
                    continue  # a station that makes up names must not fill memory and log
                LOGGER.warning(
                    "%s: %s sends no usable %s: '%s' (%s)",
                    self._name,
                    sensor,
                    first.key.parameter or "readings",
                    first.sent,
                    first.reason.value,
                )
            self._good_polls[sensor] = 0
        answering = {key.sensor for key in snapshot.readings} - failing.keys()
        for sensor in self._good_polls.keys() & answering:
            self._good_polls[sensor] += 1
            if self._good_polls[sensor] == _RECOVERED_AFTER:
                LOGGER.info("%s: %s sends usable values again", self._name, sensor)
                del self._good_polls[sensor]
