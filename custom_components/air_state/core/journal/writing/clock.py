"""Which time the age of rows is measured against: one that rows and polling explain.

A machine without a battery may start with any time, and one start with a clock 30 days ahead must
not empty the journal. So there is a time of the journal's own. It goes on with the system's
monotonic clock and follows the wall clock, but not when that is ahead by more than polling
explains. Then rows wait: until the clock is put right, until somebody says that it is right, or
until polling has gone on for as long as the journal keeps rows. After a real month off the old rows
so leave a while later than they could.
"""

from dataclasses import dataclass

from ...domain.ports import Clock

DAY = 86_400_000  # ms
# The journal looks every hour: a step that is much longer is a jump of every clock that there is,
# as of a machine that was asleep.
_MAX_STEP = 3 * 3_600_000  # ms
_MAX_LEAD = DAY  # a night without power, and the slowest polling


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """Why rows wait: by the wall clock so many `rows` are too old, but it is not believed.

    It went on from `last` (UTC ms) to a time that is `lead` ms too late.
    """

    rows: int
    last: int
    lead: int


class JournalClock:
    """The time that rows are measured against, in UTC ms; for the journal's thread alone."""

    def __init__(self, clock: Clock) -> None:
        """Follow `clock`; what it says is believed until `start`."""
        self._clock = clock
        self._believed: int | None = None
        self._at = 0.0
        self.doubted_from: int | None = None  # the time believed when the doubt began

    @property
    def believed(self) -> int | None:
        """Return the time that was believed last, to be kept with the rows."""
        return self._believed

    def start(self, believed: int | None, doubted_from: int | None) -> None:
        """Go on from what was kept, or from the newest row; from nothing if there is neither."""
        self._believed, self.doubted_from = believed, doubted_from
        self._at = self._clock.monotonic()

    def now(self, days: int) -> int:
        """Return the time to measure age against, where rows are kept for so many days."""
        wall = self._clock.now()
        self.go_on()
        believed = wall if self._believed is None else self._believed
        # No more than a tenth of what is kept can leave by a lead that is believed.
        if wall - believed <= min(_MAX_LEAD, days * DAY // 10):
            believed, self.doubted_from = max(believed, wall), None
        elif self.doubted_from is None:
            self.doubted_from = believed
        elif believed - self.doubted_from >= days * DAY:
            believed, self.doubted_from = wall, None
        self._believed = believed
        return min(believed, wall)

    def go_on(self) -> None:
        """Let the time that is believed go on by what has passed since."""
        at = self._clock.monotonic()
        if self._believed is not None:
            self._believed += min(int((at - self._at) * 1000), _MAX_STEP)
        self._at = at

    def trust(self) -> None:
        """Believe the wall clock: somebody says that it is right."""
        self._believed, self.doubted_from = self._clock.now(), None
        self._at = self._clock.monotonic()

    def doubt(self, rows: int) -> ClockJump | None:
        """Return the doubt, None if there is none or no rows have to wait because of it."""
        if self.doubted_from is None or self._believed is None or not rows:
            return None
        return ClockJump(rows=rows, last=self.doubted_from, lead=self._clock.now() - self._believed)
