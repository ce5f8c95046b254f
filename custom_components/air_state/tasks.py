"""Background tasks: one that fails is logged and started again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from traceback import extract_tb

from .const import LOGGER
from .core.mirror.backoff import Backoff

_RECOVERED_SECONDS = 60.0  # without a failure, after which a task counts as recovered


async def keep_running(
    what: str,
    run: Callable[[], Awaitable[object]],
    *,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Call `run` until it returns or this task is cancelled; call it again whenever it raises.

    The log gets one line when the task `what` fails, and one when it has run for a minute without
    failing. It names only the kind and place of an error, since the text may contain secrets.
    `jitter` is that of `Backoff`, which says how long the pauses between attempts are.
    """
    backoff = Backoff(jitter)
    failing = False
    loop = asyncio.get_running_loop()

    def recovered() -> None:
        nonlocal failing
        failing = False
        backoff.succeeded()
        LOGGER.info("The %s is well again", what)

    while True:
        timer = loop.call_later(_RECOVERED_SECONDS, recovered) if failing else None
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the task has to go on
            if not failing:
                LOGGER.error("The %s failed and is started again: %s", what, _kind_and_place(error))
            failing = True
        else:
            return
        finally:
            if timer is not None:
                timer.cancel()
        await asyncio.sleep(backoff.failed())


def _kind_and_place(error: Exception) -> str:
    """Return the error's class and where it was raised, such as ``ValueError in mirror.py:12``."""
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(last.filename).name}:{last.lineno}"
