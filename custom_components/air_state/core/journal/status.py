"""What a journal tells of itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..domain.errors import JournalError
from .recovery.rebuild import DamageReport
from .writing.journal_clock import ClockJump


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How a journal is doing.

    - `problem`: why it cannot be written at the moment.
    - `damage`: what was damaged or missing when it was opened.
    - `dropped_snapshots`: how many snapshots were never written, since memory could not hold them
      or SQLite refuses their rows.
    - `deleted_unmirrored`: how many rows and dead letters were ever deleted to make room before
      every sink had them.
    - `clock_behind_until`: the time (UTC ms) that the clock has to reach again after it was set
      back by more than a minute.
    - `clock_jump`: why old rows are kept after the clock jumped ahead.
    """

    problem: JournalError | None = None
    damage: DamageReport | None = None
    dropped_snapshots: int = 0
    deleted_unmirrored: int = 0
    clock_behind_until: int | None = None
    clock_jump: ClockJump | None = None

    def differs_from(self, other: JournalStatus) -> bool:
        """Return whether the two differ; errors with the same text are the same problem."""
        return replace(self, problem=None) != replace(other, problem=None) or str(
            self.problem
        ) != str(other.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalInfo:
    """Figures about a journal for diagnostics; `size` in bytes, `newest` in UTC ms."""

    size: int
    newest: int
    readings: int
    deleted_unmirrored: int


class StatusPublisher:
    """Keeps a journal's status, and passes the first one and every change to a listener."""

    def __init__(
        self, on_change: Callable[[JournalStatus], None], on_error: Callable[[Exception], None]
    ) -> None:
        """Call `on_change` with statuses; an error that it raises goes to `on_error`."""
        self._on_change = on_change
        self._on_error = on_error
        self._published: JournalStatus | None = None
        self.status = JournalStatus()

    def publish(self, status: JournalStatus) -> None:
        """Set the status, and pass it on if it differs from the last."""
        self.status = status
        if self._published is None or status.differs_from(self._published):
            self._published = status
            try:
                self._on_change(status)
            except Exception as error:  # noqa: BLE001 - a listener must not stop the writing
                self._on_error(error)
