"""The firmware's own unit tests, built by g++ with its sanitizers."""

import subprocess

from tests.firmware.simulator import built


def test_the_core() -> None:
    done = subprocess.run([built("core_tests")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed, _, failed = done.stdout.splitlines()[-1].partition(" passed, ")
    assert int(passed) > 40
    assert failed == "0 failed"
