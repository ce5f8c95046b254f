"""The open file of a journal: opened when it is needed, and again when it was replaced."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...domain.errors import JournalError
from ...domain.ports import Clock
from ..recovery.rebuild import JournalLoss, open_journal
from ..storage.file import Journal

_SHARING_SECONDS = 60.0  # between attempts to let others read, each of which checks the file


class JournalHandle:
    """Holds the open journal, if it is open; for the journal's thread.

    The event loop may read `loss`: what the journal had lost when it was opened, None if nothing.
    """

    def __init__(self, path: Path, clock: Clock, on_open: Callable[[Journal], None]) -> None:
        """Hold the journal at `path`; `on_open` is called each time it was opened."""
        self._path = path
        self._clock = clock
        self._on_open = on_open
        self._next_sharing = 0.0
        self.journal: Journal | None = None
        self.loss: JournalLoss | None = None

    def require(self) -> Journal:
        """Return the open journal; open it if it is closed, or its file was replaced.

        A damaged file is set aside and a new one created. Raises JournalError.
        """
        if self.journal is None or not self.journal.is_in_place():
            self.close()
            self.journal, loss = open_journal(self._path, self._clock.now())
            self.loss = loss or self.loss
            self._on_open(self.journal)
        return self.journal

    def reopen(self) -> None:
        """Open the file again, which checks all of it. Raises JournalError."""
        self.close()
        self.require()

    def share(self) -> None:
        """Reopen a file that only this process can read, so that others can. Raises JournalError.

        This is tried once a minute.
        """
        now = self._clock.monotonic()
        if self.journal is not None and self.journal.exclusive and now >= self._next_sharing:
            self._next_sharing = now + _SHARING_SECONDS
            self.reopen()

    def close(self) -> None:
        """Close the file if it is open."""
        if self.journal is not None:
            with suppress(JournalError):
                self.journal.close()
            self.journal = None
