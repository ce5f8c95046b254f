"""At most so many questions of a station at once; the rest wait their turn.

A turn is for asking, not for passing on: whoever takes an answer slowly does not hold one. So the
rows of a slice are taken into memory before they are passed on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from ...domain.models import Block, StoredSeries
from .protocols import InfluxReader
from .selection import Fold, Held, Newest, Selection, Stretch
from .silence import Silence

MOST_AT_ONCE = 2

type Turns = asyncio.Semaphore


def turns() -> Turns:
    """Return the turns of one station."""
    return asyncio.Semaphore(MOST_AT_ONCE)


class PatientReader:
    """An InfluxReader that waits its turn, and notes in `silence` whether there is an answer."""

    def __init__(self, reader: InfluxReader, own: Turns, silence: Silence | None = None) -> None:
        """Ask `reader` in its turn."""
        self._reader = reader
        self._turns = own
        self._silence = silence or Silence()

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait for a turn. Raises InfluxTimeoutError if those before waited in vain."""
        check = self._silence.watch()
        async with self._turns:
            check()
            with self._silence.noticing():
                yield

    async def rows(
        self, selection: Selection, stretch: Stretch, fold: Fold | None
    ) -> AsyncGenerator[Block]:
        """Yield rows when all of them are there."""
        async with (
            self._turn(),
            aclosing(self._reader.rows(selection, stretch, fold)) as blocks,
        ):
            found, left = deque[Block](), stretch.limit
            async for block in blocks:
                found.append(block if left is None else block.part(0, left))
                left = None if left is None else left - len(found[-1].times)
                if left == 0:
                    break  # a server that does not keep to it must not fill the memory
        while found:
            yield found.popleft()  # each is let go when it is passed on

    async def first(self, selection: Selection, stretch: Stretch) -> int | None:
        """Return the first time that any of the fields has a value at."""
        async with self._turn():
            return await self._reader.first(selection, stretch)

    async def held(self, device: str, stretch: Stretch) -> Held:
        """Return what there is of a station."""
        async with self._turn():
            return await self._reader.held(device, stretch)

    async def newest(self, selection: Selection, stretch: Stretch) -> list[Newest]:
        """Return the newest value of each field, and of each sensor."""
        async with self._turn():
            return await self._reader.newest(selection, stretch)

    async def series(self, stretch: Stretch) -> list[StoredSeries]:
        """Return every series of every station."""
        async with self._turn():
            return await self._reader.series(stretch)
