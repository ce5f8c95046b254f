"""For all tests: no deadlines, a word when none has ended for long, and why some were skipped."""

import asyncio
import os
import ssl
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings

# Machines are noisy: how long an example takes says nothing about it.
settings.register_profile("air_state", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("air_state")
# What scripts/test --fast tries of each random test.
settings.register_profile("fast", settings.get_profile("air_state"), max_examples=10)
# What scripts/mutants does: the same examples for each mutant, and no search for simpler ones.
settings.register_profile(
    "mutants",
    settings.get_profile("fast"),
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)

_QUIET_SECONDS = 8.0


@pytest.fixture(autouse=True, scope="session")
def leave_out_stacks_and_certificates() -> Generator[None]:
    """Leave out what took half of the time of many tests, and what none of them looks at.

    Home Assistant's plugin puts event loops into debug mode. The checks that come with it stay, as
    of calls from other threads; that each future notes the stack it was made on does not. Nor does
    each client read the machine's certificates.
    """
    with (
        patch.object(asyncio.BaseEventLoop, "get_debug", new=lambda _: False),
        patch.object(ssl.SSLContext, "load_default_certs"),
    ):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with slow tests, so that no process is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class Progress:
    """Says how far the tests are whenever none has ended for some seconds."""

    def __init__(self, terminal: int) -> None:
        """Write to that file descriptor, which pytest does not capture."""
        self._terminal = terminal
        self._began = self._heard = time.monotonic()
        self._running: dict[str, float] = {}
        self._total = self._done = self._failed = 0
        self._doing = "starting"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def pytest_sessionstart(self) -> None:
        self._thread.start()

    def pytest_unconfigure(self) -> None:
        self._over.set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = self._total or len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._doing = ""
        self._running[nodeid] = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed += report.failed
        if report.when == "teardown":
            self._done += 1
            self._heard = time.monotonic()
            self._running.pop(report.nodeid, None)

    def pytest_sessionfinish(self) -> None:
        self._doing = "ending"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        reasons = Counter(
            report.longrepr[2].removeprefix("Skipped: ")
            for report in terminalreporter.getreports("skipped")
            if isinstance(report.longrepr, tuple)
        )
        if reasons:
            terminalreporter.section("what was skipped, and why")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count:5} {reason}")

    def _watch(self) -> None:
        while not self._over.wait(1):
            now = time.monotonic()
            if now - self._heard >= _QUIET_SECONDS:
                self._heard = now
                os.write(self._terminal, f"\n{self.line(now)}\n".encode())

    def line(self, now: float) -> str:
        """Return how far the tests are: how many, for how long, and which ones run."""
        running = sorted(self._running.items(), key=lambda each: each[1])
        return "; ".join(
            [
                f"    {now - self._began:.0f} s, {self._done} of {self._total} tests"
                + (f", {self._failed} failed" if self._failed else ""),
                *([self._doing] if self._doing else []),
                *(f"{name} for {now - since:.0f} s" for name, since in running[:2]),
            ]
        )


def pytest_configure(config: pytest.Config) -> None:
    """Watch where it is written, which with pytest-xdist is not where tests run."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is not None and not hasattr(config, "workerinput"):
        with capture.global_and_fixture_disabled():
            terminal = os.dup(1)
        config.pluginmanager.register(Progress(terminal), "air-state-progress")
