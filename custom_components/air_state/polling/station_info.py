"""What the station says of itself, asked for now and then."""

from ..const import LOGGER
from ..core.domain.errors import StationError
from ..core.domain.ports import Clock
from ..core.station.client import StationClient
from ..core.station.info import StationInfo

_INTERVAL_SECONDS = 60.0


class StationInfoPoller:
    """Asks a station about itself at most once a minute.

    `info` is what it said last. It is None for firmware that says nothing, and while the station
    gives itself another id than its readings have.
    """

    def __init__(self, name: str, client: StationClient, clock: Clock) -> None:
        """Ask through `client`; `name` is the station's in log lines."""
        self.info: StationInfo | None = None
        self._name = name
        self._client = client
        self._clock = clock
        self._next_poll = 0.0  # of the monotonic clock, in seconds
        self._wrong_id_logged = False

    def reset(self) -> None:
        """Drop what the station said: its firmware has no id, so it says nothing."""
        self.info, self._next_poll = None, 0.0

    async def update(self, station_id: str) -> bool:
        """Ask the station if it is time; return whether it was asked and answered.

        `station_id` is the id that its readings came with.
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
            self._next_poll = now  # ask with each poll until the sensors are warm
        return True

    def _with_id(self, station_id: str, info: StationInfo | None) -> StationInfo | None:
        """Return `info`, None if it is about a station of another id; log when that changes.

        The id is a MAC address. With another's, Home Assistant would make one device of the
        station and something else on the network.
        """
        wrong = info is not None and info.id != station_id
        if info is not None and wrong and not self._wrong_id_logged:
            LOGGER.warning(
                "%s: it calls itself %s and its readings those of %s: what it tells is passed over",
                self._name,
                info.id,
                station_id,
            )
        elif self._wrong_id_logged and not wrong:
            LOGGER.info("%s: it calls itself as its readings do again", self._name)
        self._wrong_id_logged = wrong
        return None if wrong else info
