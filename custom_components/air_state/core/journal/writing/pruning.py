"""Pruning: which rows are too old by the journal's clock, or too many for its size."""

from contextlib import suppress
from dataclasses import replace

from ...domain.errors import JournalError, JournalUnavailableError
from ...domain.ports import Clock
from ..storage.file import Journal, PruneResult
from .journal_clock import DAY, ClockJump, JournalClock


class Pruner:
    """Deletes old rows of the journal, and keeps its clock; for the journal's thread.

    The event loop may read `clock_jump`: why old rows are kept, None if they are not.
    """

    def __init__(self, clock: Clock) -> None:
        """Measure age by a clock that follows `clock`."""
        self._clock = clock
        self._journal_clock = JournalClock(clock)
        self.clock_jump: ClockJump | None = None

    def opened(self, journal: Journal) -> None:
        """Continue from the clock's state in the journal, if this is the first file opened.

        Without a stored state, the newest row's time is trusted. Raises JournalError.
        """
        if self._journal_clock.state.trusted is None:
            state = journal.counters.clock_state()
            trusted = state.trusted or journal.newest or None
            self._journal_clock.start(replace(state, trusted=trusted))
        self._save_clock(journal)

    def closing(self, journal: Journal) -> None:
        """Store the clock's state before the journal is closed, if that is possible."""
        self._journal_clock.advance()
        with suppress(JournalError):
            self._save_clock(journal)

    def accept_wall_clock(self, journal: Journal) -> None:
        """Measure age by the wall clock from now on. Raises JournalError."""
        self._journal_clock.accept_wall_clock()
        self._save_clock(journal)

    def prune(self, journal: Journal, *, days: int, max_bytes: int) -> PruneResult:
        """Delete one portion of the rows over the limits. Raises JournalError."""
        now = self._journal_clock.now(days)
        self._save_clock(journal)
        result = journal.prune(before=now - days * DAY, max_bytes=max_bytes)
        if self._journal_clock.state.doubted_since is None:
            self.clock_jump = None
        elif self.clock_jump is None:  # a later count would be reported as a change
            too_old = journal.snapshots.count_before(self._clock.now() - days * DAY)
            self.clock_jump = self._journal_clock.jump(too_old)
        return result

    def _save_clock(self, journal: Journal) -> None:
        """Store the clock's state, if the disk allows it; a slightly early one does no harm."""
        with suppress(JournalUnavailableError):
            journal.counters.save_clock_state(self._journal_clock.state)
