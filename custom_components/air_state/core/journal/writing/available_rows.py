"""The rows that sinks can get: those of the journal, and those that its disk refuses to take."""

from collections.abc import Iterator, Sequence

from ...domain.errors import JournalError
from ...domain.models import JournalRows, ReadingKey, Snapshot
from ..storage.file import Journal


class AvailableRows:
    """The rows of a journal, followed by those that wait in memory."""

    def __init__(
        self,
        journal: Journal | None,
        waiting: Sequence[Snapshot],
        *,
        newest: int,
        problem: JournalError | None,
    ) -> None:
        """Combine both.

        `newest` is the time (UTC ms) of the journal's newest row. `journal` is None if it cannot
        be opened because of `problem`; then only rows after `newest` can be read.
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
        """Yield up to `limit` rows after `cursor` and before `stop` (UTC ms), oldest first.

        They come in portions. Raises JournalError.
        """
        left = limit
        if (journal := self._journal_with_rows_after(cursor)) is not None:
            bounds = {} if stop is None else {"stop": stop}
            for rows in journal.snapshots.rows_after(cursor, limit, **bounds):
                left -= len(rows.rows)
                yield rows
        waiting = [
            each for each in self._waiting_after(cursor) if stop is None or each.taken_at < stop
        ]
        if included := waiting[:left]:
            columns = () if journal is None else tuple(journal.snapshots.columns)
            yield _as_rows(included, columns)

    def count_after(self, cursor: int) -> int:
        """Return how many rows were taken after `cursor` (UTC ms). Raises JournalError."""
        journal = self._journal_with_rows_after(cursor)
        stored = 0 if journal is None else journal.snapshots.count_after(cursor)
        return stored + len(self._waiting_after(cursor))

    def _waiting_after(self, cursor: int) -> list[Snapshot]:
        return [each for each in self._waiting if each.taken_at > cursor]

    def _journal_with_rows_after(self, cursor: int) -> Journal | None:
        """Return the journal; None if it cannot be opened but has no rows after `cursor`.

        Raises JournalError if it cannot be opened and has such rows.
        """
        if self._problem is not None and cursor < self._newest:
            raise self._problem
        return self._journal


def _as_rows(snapshots: Sequence[Snapshot], columns: tuple[ReadingKey, ...]) -> JournalRows:
    """Return snapshots as rows with these columns, and further ones for new readings."""
    keys = tuple(dict.fromkeys([*columns, *(key for each in snapshots for key in each.readings)]))
    return JournalRows(
        keys=keys,
        rows=[(each.taken_at, *map(each.readings.get, keys)) for each in snapshots],
    )
