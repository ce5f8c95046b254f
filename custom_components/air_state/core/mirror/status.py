"""How a mirror is doing, for entities, repair issues and diagnostics."""

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.errors import AirStateError


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorStatus:
    """The state of a mirror.

    - `problem`: why it waits, None while it works.
    - `reached`: whether the sink has stored anything since the start.
    - `refused`: how many lines the sink refuses while it stores none; they are kept.
    - `backlog`: how many rows of the journal the sink does not have yet.
    - `mirrored_to`: time (UTC ms) of the newest row that the sink has, None before the first.
    - `dead_letters`: how many lines are put aside, since the sink refuses them for good.
    - `refusal`: why the last of the dead letters was refused, as the sink puts it.
    - `emptied`: how often rows that the sink had were found to be gone.
    """

    problem: AirStateError | None = None
    reached: bool = False
    refused: int = 0
    backlog: int = 0
    mirrored_to: int | None = None
    dead_letters: int = 0
    refusal: str = ""
    emptied: int = 0


class StatusReporter:
    """Holds the current status and reports each change."""

    def __init__(self, on_change: Callable[[MirrorStatus], None]) -> None:
        """Call `on_change` in the event loop with every new status."""
        self.current = MirrorStatus()
        self._on_change = on_change

    def report(self, status: MirrorStatus) -> None:
        """Make `status` the current one."""
        if status != self.current:
            self.current = status
            self._on_change(status)
