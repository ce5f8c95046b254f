"""Dead letters for tests."""

from custom_components.air_state.core.domain.models import DeadLetter
from tests.core.journal.snapshots import T0


def letter(number: int, line: str = "") -> DeadLetter:
    taken_at = T0 + number * 1000
    return DeadLetter(
        taken_at=taken_at, line=line or f"m f=1 {taken_at}", reason="too blue", refused_at=T0
    )
