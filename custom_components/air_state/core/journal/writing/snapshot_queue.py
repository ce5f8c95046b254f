"""Snapshots that wait in memory to be written.

A snapshot gets the time of its row here, before it is written. Where the disk refuses it, a sink
may get it from memory, and it has to be the same row when it is written later.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from ...domain.models import Snapshot
from ...domain.times import MAX_INFLUXDB_TIME


class SnapshotQueue:
    """A queue that the event loop adds to, and that the journal's thread removes from."""

    def __init__(self) -> None:
        """Start empty."""
        self._added: deque[Snapshot] = deque()  # the event loop appends at the right
        self._stamped: deque[Snapshot] = deque()  # only the thread has it
        self.latest_clock_time = 0  # of the newest snapshot, before it got its row's time (UTC ms)

    def __len__(self) -> int:
        """Return how many snapshots wait."""
        return len(self._stamped) + len(self._added)

    def add(self, snapshot: Snapshot) -> None:
        """Add a snapshot; call this in the event loop."""
        self._added.append(snapshot)

    # Everything below is for the journal's thread.

    def stamp(self, after: int) -> Sequence[Snapshot]:
        """Return all that wait, oldest first, each with the time (UTC ms) of its row.

        Times increase strictly, and those given now are later than `after`. Where the clock was
        set back, or is beyond what databases can store, the time is 1 ms after the row before.
        """
        last = max(after, self._stamped[-1].taken_at) if self._stamped else after
        while self._added:
            snapshot = self._added[0]
            self.latest_clock_time = snapshot.taken_at
            taken_at = snapshot.taken_at if snapshot.taken_at <= MAX_INFLUXDB_TIME else 0
            last = max(taken_at, last + 1)
            stamped = snapshot if taken_at == last else replace(snapshot, taken_at=last)
            self._stamped.append(stamped)  # first, so that no snapshot is ever in neither
            self._added.popleft()
        return list(self._stamped)

    def waiting(self) -> Sequence[Snapshot]:
        """Return all that wait, oldest first; those without a row's time have the clock's."""
        return [*self._stamped, *self._added]

    def remove_oldest(self, count: int) -> None:
        """Remove that many snapshots."""
        for _ in range(count):
            (self._stamped or self._added).popleft()
