"""Fetches the station's report about itself now and then."""

from ..const import LOGGER
from ..core.domain.errors import StationError
from ..core.domain.ports import Clock
from ..core.station.client import StationClient
from ..core.station.info import StationInfo

_INTERVAL_SECONDS = 60.0


class StationInfoPoller:
    """Fetches a station's report about itself at most once a minute.

    `info` is the newest report. It is None if the firmware sends none, and while the report has
    another id than the readings.
    """

    def __init__(self, name: str, client: StationClient, clock: Clock) -> None:
        """Fetch through `client`; `name` is the station's name in log lines."""
        self.info: StationInfo | None = None
        self._name = name
        self._client = client
        self._clock = clock
        self._next_poll = 0.0  # of the monotonic clock, in seconds
        self._wrong_id_logged = False

    def reset(self) -> None:
        """Drop the report: the station has no id, and such firmware sends no report."""
        self.info, self._next_poll = None, 0.0

    async def update(self, station_id: str) -> bool:
        """Fetch the report if it is due; return whether that was so and the station answered.

        `station_id` is the id that the readings came with.
        """
        now = self._clock.monotonic()
        if now < self._next_poll:
            return False
        self._next_poll = now + _INTERVAL_SECONDS
        try:
            info = await self._client.fetch_info()
        except StationError:
            return False  # the readings came, which is what matters
        self.info = self._with_id(station_id, info)
        if self.info is not None and self.info.warming_up:
            self._next_poll = now  # fetch it with each poll until the sensors are warm
        return True

    def _with_id(self, station_id: str, info: StationInfo | None) -> StationInfo | None:
        """Return `info`, None if it has another id than `station_id`; log when that changes.

        The id is a MAC address. If it were another device's, Home Assistant would make one device
        of the two.
        """
        wrong = info is not None and info.id != station_id
        if info is not None and wrong and not self._wrong_id_logged:
            LOGGER.warning(
                "%s: its report about itself has the id %s, its readings have %s; it is ignored",
                self._name,
                info.id,
                station_id,
            )
        elif self._wrong_id_logged and not wrong:
            LOGGER.info(
                "%s: its report about itself has the same id as its readings again", self._name
            )
        self._wrong_id_logged = wrong
        return None if wrong else info
