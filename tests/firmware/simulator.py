"""The firmware's simulator in a process, and its commands."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

BUILT = Path(__file__).parents[2] / ".dev/firmware"


def built(name: str) -> str:
    """Return the path of a program that scripts/firmware builds, or skip the test without it."""
    path = BUILT / name
    if not path.exists():
        pytest.skip("the firmware is not built: scripts/firmware does that")
    return str(path)


class Simulator:
    """A station's own firmware on loopback, whose clock a test moves."""

    def __init__(self, *options: str) -> None:
        self._command = [built("air_sim"), "--speed", "0", *options]

    def __enter__(self) -> Self:
        """Switch it on."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = f"127.0.0.1:{self._said()}"
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Switch it off."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(10) == 0, "a sanitizer has found something"

    def tell(self, *commands: str) -> None:
        assert self._process.stdin is not None
        for command in commands:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
            assert self._said() == "ok", command

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
