"""Background tasks of ours: none dies without a word, and each is started again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from traceback import extract_tb

from .const import LOGGER
from .core.mirror.backoff import Backoff

_WELL_SECONDS = 60.0  # after which a task that was started again counts as healed


async def keep_running(
    what: str,
    run: Callable[[], Awaitable[object]],
    *,
    chance: Callable[[], float] = random.random,
) -> None:
    """Run until `run` returns by itself or this task is cancelled; start it again if it fails.

    `what` is the task's name in the log: one line when it fails, one when it has been well for a
    minute, though it may have failed more often in between. An error is told by its kind and place
    alone, since its text may hold secrets.
    """
    backoff = Backoff(chance)
    failing = False

    def healed() -> None:
        nonlocal failing
        failing = False
        backoff.succeeded()
        LOGGER.info("The %s is well again", what)

    while True:
        timer = asyncio.get_running_loop().call_later(_WELL_SECONDS, healed) if failing else None
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the task has to go on
            if not failing:
                LOGGER.error("The %s failed and is started again: %s", what, _place(error))
            failing = True
        else:
            return
        finally:
            if timer is not None:
                timer.cancel()
        await asyncio.sleep(backoff.failed())


def _place(error: Exception) -> str:
    """Return an error's kind and where it was raised."""
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(last.filename).name}:{last.lineno}"
