"""The open file of a journal: opened when it is needed, and again when it was replaced."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...domain.errors import JournalError
from ...domain.ports import Clock
from ..recovery.rebuild import DamageReport, open_journal
from ..storage.file import Journal

_REOPEN_SECONDS = 60.0  # between attempts to let others read, each of which checks the file


class JournalHandle:
    """Holds the open journal, if it is open; for the journal's thread.

    The event loop may read `damage`: what was damaged or missing when the journal was opened, None
    if nothing.
    """

    def __init__(self, path: Path, clock: Clock, on_open: Callable[[Journal], None]) -> None:
        """Hold the journal at `path`; `on_open` is called each time it was opened."""
        self._path = path
        self._clock = clock
        self._on_open = on_open
        self._next_reopening = 0.0
        self.journal: Journal | None = None
        self.damage: DamageReport | None = None

    def require(self) -> Journal:
        """Return the open journal; open it if it is closed, or its file was replaced.

        `open_journal` sets a damaged file aside and creates a new one. Raises JournalError.
        """
        if self.journal is None or not self.journal.is_in_place():
            self.close()
            self.journal, damage = open_journal(self._path, self._clock.now())
            self.damage = damage or self.damage
            self._on_open(self.journal)
        return self.journal

    def reopen(self) -> None:
        """Open the file again, which checks all of it. Raises JournalError."""
        self.close()
        self.require()

    def reopen_for_readers(self) -> None:
        """Reopen a file that only this process can read, so that others can. Raises JournalError.

        This is tried once a minute.
        """
        now = self._clock.monotonic()
        if self.journal is not None and self.journal.exclusive and now >= self._next_reopening:
            self._next_reopening = now + _REOPEN_SECONDS
            self.reopen()

    def close(self) -> None:
        """Close the file if it is open."""
        if self.journal is not None:
            with suppress(JournalError):
                self.journal.close()
            self.journal = None
