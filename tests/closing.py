"""Ends servers of tests while clients still come."""

import asyncio

from aiohttp import web


async def close(runner: web.AppRunner) -> None:
    """Take no further connection, then close.

    One that is taken while the server closes is an error to asyncio.
    """
    loop = asyncio.get_running_loop()
    for site in runner.sites:
        if isinstance(server := getattr(site, "_server", None), asyncio.Server):
            for listening in server.sockets:
                loop.remove_reader(listening.fileno())
    for _ in range(3):
        await asyncio.sleep(0)
    await runner.cleanup()
