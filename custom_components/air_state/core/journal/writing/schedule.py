"""When the journal is committed, synced to the disk and pruned.

A commit of its own writes 4.5 kB for a row of 110 B, and flash wears out. So snapshots are
committed at once when the last commit is five seconds ago, else in a group.
"""

from ...domain.ports import Clock

GROUP_SECONDS = 5.0  # between commits that are synced
EAGER_SECONDS = 1.0  # between commits without a sync, while somebody waits for rows
RETRY_SECONDS = 30.0  # after a failure
PRUNE_SECONDS = 3_600.0
DOUBT_SECONDS = 60.0  # between prunings while the wall clock is doubted; it may be set right


class CommitSchedule:
    """The next times to commit, sync and prune, in monotonic seconds."""

    def __init__(self, clock: Clock) -> None:
        """Let everything be due at once."""
        self._clock = clock
        self._next_commit = 0.0  # without a sync
        self._next_sync = 0.0
        self.next_prune = 0.0

    @property
    def max_idle_seconds(self) -> float:
        """Return after how long there is something to do even if no snapshot comes."""
        return PRUNE_SECONDS

    def seconds_to_commit(self, *, eager: bool) -> float:
        """Return how long to wait for the next commit; 0 or less if it is due.

        An `eager` one does not wait until a sync is due.
        """
        due = min(self._next_commit, self._next_sync) if eager else self._next_sync
        return due - self._clock.monotonic()

    def is_sync_due(self) -> bool:
        """Return whether the next commit is to be synced."""
        return self._clock.monotonic() >= self._next_sync

    def committed(self, *, synced: bool, succeeded: bool) -> None:
        """Plan the next commit after one, or after a failure of one."""
        now = self._clock.monotonic()
        self._next_commit = now + (EAGER_SECONDS if succeeded else RETRY_SECONDS)
        if synced:
            self._next_sync = now + (GROUP_SECONDS if succeeded else RETRY_SECONDS)

    def is_prune_due(self) -> bool:
        """Return whether old rows are to be deleted after this commit."""
        return self._clock.monotonic() >= self.next_prune

    def prune_soon(self) -> None:
        """Let pruning be due after the next commit."""
        self.next_prune = 0.0

    def pruned(self, *, doubted: bool) -> None:
        """Plan the next pruning after the last portion; sooner while the clock is `doubted`."""
        self.next_prune = self._clock.monotonic() + (DOUBT_SECONDS if doubted else PRUNE_SECONDS)
