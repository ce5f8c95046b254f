"""What the demo tells the person at the terminal."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_EVERY = 8.0


def say(text: str) -> None:
    """Tell what happens."""
    print(f"==> {text}", file=sys.stderr, flush=True)


@asynccontextmanager
async def going_on(text: str, so_far: Callable[[], str] | None = None) -> AsyncIterator[None]:
    """Tell what is done within, and every few seconds for how long, and how much `so_far`."""
    say(text)
    telling = asyncio.create_task(_tell(text, so_far))
    try:
        yield
    finally:
        telling.cancel()


async def _tell(text: str, so_far: Callable[[], str] | None) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(_EVERY)
        amount = f", {so_far()}" if so_far is not None else ""
        print(f"    {time.monotonic() - began:.0f} s{amount}: {text}", file=sys.stderr, flush=True)
