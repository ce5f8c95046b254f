"""Runs the demo."""

import argparse
import asyncio
import fcntl
import shutil
import signal
import sys

from .check import check
from .demo import CHECKOUT, NAMES, PASSWORD, USER, Demo, Wishes
from .home_assistant import HomeAssistantError
from .progress import say

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _wishes(arguments: list[str]) -> Wishes:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A simulated station and a real Home Assistant that shows it.",
    )
    parser.add_argument(
        "--check", action="store_true", help="ask the actions, print the answers, stop again"
    )
    parser.add_argument("--days", type=int, default=8, help="days of past (8)")
    parser.add_argument("--stations", type=int, default=1, help="number of stations (1)")
    parser.add_argument("--interval", type=int, default=10, help="seconds between polls (10)")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left")
    asked = parser.parse_args(arguments)
    for name, value, most in (
        ("--days", asked.days, 365),
        ("--stations", asked.stations, len(NAMES)),
        ("--interval", asked.interval, 3600),
    ):
        if not 1 <= value <= most:
            parser.error(f"{name} takes a number from 1 to {most}")
    return Wishes(**vars(asked))


async def _show(demo: Demo) -> int:
    """Run until Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    switching: set[asyncio.Task[None]] = set()

    def switch() -> None:
        task = loop.create_task(demo.switch())
        switching.add(task)
        task.add_done_callback(switching.discard)

    def enter() -> None:
        sys.stdin.readline()
        switch()

    async with demo.running():
        # Until here, a signal breaks off the start by an exception.
        for number in ENDING:
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, switch)
        if sys.stdin.isatty():
            loop.add_reader(sys.stdin, enter)
        print(
            f"\n  Home Assistant   {demo.home.url}/demo-air\n"
            f"  user, password   {USER}, {PASSWORD}\n"
            f"  actions          {demo.home.url}/config/tools/action\n"
            f"  log              {demo.home.log.relative_to(CHECKOUT)}\n"
            + "".join(
                f"  station          http://127.0.0.1:{each.port}/circumstances\n"
                for each in demo.stations
            )
            + (f"  InfluxDB         http://{demo.influxdb.address}\n" if demo.influxdb else "")
            + "\n  Now and then its DHT22 fails for some minutes: humidity is unknown then.\n"
            "  Enter takes the station off the network, and back; Ctrl-C stops it all.\n",
            flush=True,
        )
        ended = asyncio.create_task(demo.home.ended())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, stopped):
            task.cancel()
        if not stop.is_set():
            say(f"Home Assistant ended by itself; see {demo.home.log}")
            return 1
        say("stopping")
    return 0


def main() -> int:
    """Run the demo and return the exit status."""
    wishes = _wishes(sys.argv[1:])
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)  # each as cleanly as Ctrl-C
    folder = CHECKOUT / ".dev" / ("demo-check" if wishes.check else "demo")
    lock = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another demo of this checkout is running")
        return 1
    if wishes.fresh or wishes.check:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        demo = Demo(wishes, folder)
        return asyncio.run(check(demo) if wishes.check else _show(demo))
    except (HomeAssistantError, OSError) as error:  # TimeoutError is an OSError
        say(f"failed: {str(error) or 'that took too long'}; see the log in .dev")
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
