"""An InfluxDB process on loopback with a folder of its own, which tests stop and kill."""

import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget

START_SECONDS = 60
STOP_SECONDS = 30
PLACE = "air"
type Points = dict[tuple[str, int], dict[str, float]]  # by series, time in ms


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RealServer(ABC):
    """An InfluxDB process that tests start, stop, freeze, and change behind the mirror's back."""

    kind: InfluxKind
    dialect: str

    def __init__(self, folder: Path, binary: str) -> None:
        self.folder = folder
        self._listen_at(free_port())
        self.version = version_of(binary)
        self._binary = binary
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that starts the server."""

    def start(self) -> None:
        self._launch()
        for _ in range(START_SECONDS * 20):
            try:
                self.ask("GET", "/ping")
            except OSError:
                if self.process is None or self.process.poll() is not None:
                    said = (self.folder / "log").read_text()[-2000:]
                    # Another process was quicker, in the moment after the port was found free.
                    assert "address already in use" in said, said
                    (self.folder / "log").write_text("")
                    self._listen_at(free_port())
                    self._launch()
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"{self._binary} does not answer")

    def _listen_at(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def _launch(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)

    def stop(self) -> None:
        """End the process as a service manager does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the process as the out-of-memory killer does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the process: it takes connections and answers none, as a machine without memory."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(which)

    def _end(self, by: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(by)
            self.process.wait(STOP_SECONDS)
            self.process = None

    def ask(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """Return the answer's body. Raises OSError, of which HTTPError is one."""
        query = f"?{urlencode(params)}" if params else ""
        request = Request(
            f"{self.url}{path}{query}", method=method, data=body, headers=headers or {}
        )
        with urlopen(request, timeout=90) as response:
            found: bytes = response.read()
            return found

    def set_up(self) -> None:
        """Create what a mirror needs."""
        self.create()

    @property
    @abstractmethod
    def target(self) -> InfluxTarget:
        """Return where a mirror writes to."""

    @abstractmethod
    def write(self, *lines: str, precision: str = "ms") -> None:
        """Write lines as another program would."""

    @abstractmethod
    def points(self) -> Points:
        """Return all points of the database or bucket."""

    @abstractmethod
    def drop(self) -> None:
        """Drop the database or bucket."""

    @abstractmethod
    def create(self, *, hours: int = 0) -> None:
        """Create the database or bucket with a retention, 0 for ever."""

    @abstractmethod
    def create_place(self, name: str) -> None:
        """Create another database or bucket, whatever its name."""

    @abstractmethod
    def drop_measurement(self) -> None:
        """Drop the mirror's measurement with the types of its fields."""


@cache
def version_of(binary: str) -> str:
    """Return the version of an influxd, empty if it does not tell."""
    output = subprocess.run([binary, "version"], capture_output=True, text=True, check=False)
    words = output.stdout.split()
    return words[1].removeprefix("v") if len(words) > 1 else ""
