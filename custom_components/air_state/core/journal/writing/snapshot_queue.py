"""Snapshots that wait in memory to be written, and the rows of a journal together with them.

A snapshot gets the time of its row here, before it is written: where the disk refuses it, it may be
sent to a sink from memory, and has to be the same row when it is written later.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...domain.errors import JournalError
from ...domain.models import JournalRows, ReadingKey, Snapshot
from ...domain.times import MAX_TIME
from ..storage.file import Journal


class SnapshotQueue:
    """A queue that the event loop puts into, and the journal's thread takes from."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._put: deque[Snapshot] = deque()  # the loop appends at the right
        self._stamped: deque[Snapshot] = deque()  # the thread's own
        self.clock_said = 0  # when the newest was taken, whatever its row's time (UTC ms)

    def __len__(self) -> int:
        """Return how many snapshots wait."""
        return len(self._stamped) + len(self._put)

    def add(self, snapshot: Snapshot) -> None:
        """Take a snapshot; in the event loop."""
        self._put.append(snapshot)

    # From here on: in the thread.

    def stamp(self, after: int) -> Sequence[Snapshot]:
        """Return all that wait, the oldest first, each with the time (UTC ms) that its row has.

        Times grow strictly, and those given now are later than `after`. A clock that is earlier
        counts on from the row before, and so does one that is beyond what databases can hold.
        """
        last = max(after, self._stamped[-1].taken_at) if self._stamped else after
        while self._put:
            snapshot = self._put[0]
            self.clock_said = snapshot.taken_at
            taken_at = snapshot.taken_at if snapshot.taken_at <= MAX_TIME else 0
            last = max(taken_at, last + 1)
            stamped = snapshot if taken_at == last else replace(snapshot, taken_at=last)
            self._stamped.append(stamped)  # first, so that it is never in neither
            self._put.popleft()
        return list(self._stamped)

    def drain(self) -> Sequence[Snapshot]:
        """Return all that wait, the oldest first, as they are."""
        return [*self._stamped, *self._put]

    def take(self, count: int) -> None:
        """Let go of the oldest."""
        for _ in range(count):
            (self._stamped or self._put).popleft()


class AvailableRows:
    """The rows of a journal, and after them those that wait in memory."""

    def __init__(
        self,
        journal: Journal | None,
        waiting: Sequence[Snapshot],
        *,
        newest: int,
        problem: JournalError | None,
    ) -> None:
        """Combine both.

        Without a journal, since it cannot be opened because of `problem`, only what is after its
        `newest` row can be had.
        """
        self._journal = journal
        self._waiting = waiting
        self._newest = newest
        self._problem = problem

    @property
    def newest(self) -> int:
        """Return when the newest row was taken (UTC ms), 0 if there is none."""
        return max([self._newest, *(each.taken_at for each in self._waiting[-1:])])

    def after(self, cursor: int, limit: int, *, stop: int | None = None) -> Iterator[JournalRows]:
        """Yield up to `limit` rows after `cursor` and before `stop` (UTC ms), the oldest first.

        They come in portions. Raises JournalError.
        """
        left = limit
        if (journal := self._readable(cursor)) is not None:
            until = {} if stop is None else {"stop": stop}
            for rows in journal.rows_after(cursor, limit, **until):
                left -= len(rows.rows)
                yield rows
        waiting = [each for each in self._after(cursor) if stop is None or each.taken_at < stop]
        if kept := waiting[:left]:
            yield _rows(kept, tuple(journal.columns) if journal is not None else ())

    def count_after(self, cursor: int) -> int:
        """Return how many rows were taken after `cursor` (UTC ms). Raises JournalError."""
        journal = self._readable(cursor)
        stored = 0 if journal is None else journal.count_after(cursor)
        return stored + len(self._after(cursor))

    def _after(self, cursor: int) -> list[Snapshot]:
        return [each for each in self._waiting if each.taken_at > cursor]

    def _readable(self, cursor: int) -> Journal | None:
        """Return the journal, None if it cannot be opened but has nothing after `cursor`."""
        if self._problem is not None and cursor < self._newest:
            raise self._problem
        return self._journal


def _rows(snapshots: Sequence[Snapshot], columns: tuple[ReadingKey, ...]) -> JournalRows:
    """Return snapshots as rows of a journal that has these columns, and gets those that are new."""
    keys = tuple(dict.fromkeys([*columns, *(key for each in snapshots for key in each.readings)]))
    return JournalRows(
        keys=keys,
        rows=[(each.taken_at, *map(each.readings.get, keys)) for each in snapshots],
    )
