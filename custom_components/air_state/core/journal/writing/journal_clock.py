"""The time that the age of rows is measured against: a wall clock that jumps is not trusted.

A machine without a battery may start with any time, and one start with a clock 30 days ahead must
not empty the journal. So the journal has a clock of its own. It runs with the system's monotonic
clock and follows the wall clock, but not where that is ahead by more than polling explains. Old
rows then stay until the wall clock is set right, until the user accepts it, or until polling went
on for as many days as the journal keeps rows. After a real month without power, old rows therefore
leave a while later than they could.
"""

from dataclasses import dataclass

from ...domain.ports import Clock
from ..storage.counters import ClockState

DAY = 86_400_000  # ms
# The clock is read every hour. After a much longer step every clock has jumped, even the monotonic
# one, as when the machine was suspended.
_MAX_STEP = 3 * 3_600_000  # ms
_MAX_LEAD = DAY  # enough for a night without power, and for the slowest polling
_MAX_LEAD_DIVISOR = 10  # of the days kept: a wrong clock deletes a tenth of the rows at most


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """The wall clock jumped ahead and is not trusted, so `rows` too old by it are kept.

    It jumped from `last` (UTC ms) to a time that is `lead` ms later than explained.
    """

    rows: int
    last: int
    lead: int


class JournalClock:
    """A time (UTC ms) that follows a clock, but none of its jumps; for the journal's thread."""

    def __init__(self, clock: Clock) -> None:
        """Follow `clock`, which is trusted until `start`."""
        self._clock = clock
        self._trusted: int | None = None
        self._trusted_at = 0.0  # monotonic
        self._doubted_since: int | None = None

    @property
    def state(self) -> ClockState:
        """Return what has to be stored with the rows, so that the next start continues from it."""
        return ClockState(trusted=self._trusted, doubted_since=self._doubted_since)

    def start(self, state: ClockState) -> None:
        """Continue from a stored state."""
        self._trusted, self._doubted_since = state.trusted, state.doubted_since
        self._trusted_at = self._clock.monotonic()

    def now(self, days: int) -> int:
        """Return the time to measure age against, where rows are kept for so many days."""
        wall = self._clock.now()
        self.advance()
        trusted = wall if self._trusted is None else self._trusted
        if wall - trusted <= min(_MAX_LEAD, days * DAY // _MAX_LEAD_DIVISOR):
            trusted, self._doubted_since = max(trusted, wall), None
        elif self._doubted_since is None:
            self._doubted_since = trusted
        elif trusted - self._doubted_since >= days * DAY:
            trusted, self._doubted_since = wall, None
        self._trusted = trusted
        return min(trusted, wall)

    def advance(self) -> None:
        """Advance the trusted time by what the monotonic clock measured since."""
        at = self._clock.monotonic()
        if self._trusted is not None:
            self._trusted += min(int((at - self._trusted_at) * 1000), _MAX_STEP)
        self._trusted_at = at

    def accept_wall_clock(self) -> None:
        """Trust the wall clock, since the user says that it is right."""
        self._trusted, self._doubted_since = self._clock.now(), None
        self._trusted_at = self._clock.monotonic()

    def jump(self, rows: int) -> ClockJump | None:
        """Return the jump because of which so many rows are kept; None without doubt or rows."""
        if self._doubted_since is None or self._trusted is None or not rows:
            return None
        lead = self._clock.now() - self._trusted
        return ClockJump(rows=rows, last=self._doubted_since, lead=lead)
