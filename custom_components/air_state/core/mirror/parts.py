"""The objects that a mirror's sender and resender share."""

import asyncio
from dataclasses import dataclass

from ..domain.ports import Clock, Sink
from .dead_letters import DeadLetters
from .outbox import Outbox
from .status import StatusReporter


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorParts:
    """From where to where a mirror copies; who holds `lock` delivers lines and moves the cursor."""

    outbox: Outbox
    sink: Sink
    dead_letters: DeadLetters
    status: StatusReporter
    clock: Clock
    lock: asyncio.Lock
