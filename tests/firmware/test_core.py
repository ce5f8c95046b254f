"""The firmware's own unit tests, built by g++ with its sanitizers."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware.simulator import BUILT, built


def test_the_core() -> None:
    done = subprocess.run([built("core_tests")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed, _, failed = done.stdout.splitlines()[-1].partition(" passed, ")
    assert int(passed) > 90
    assert failed == "0 failed"


def test_the_core_takes_no_memory_from_the_heap_and_needs_no_exceptions() -> None:
    """Seen by what its object files call: none of it can happen on the board after its start."""
    built("core_tests")
    if (nm := shutil.which("nm")) is None:
        pytest.skip("needs nm, of binutils")
    objects = sorted(BUILT.glob("*.o"))
    sources = Path(__file__).parents[2].glob("firmware/lib/air_core/src/air/*.cpp")
    assert [each.stem for each in objects] == sorted(each.stem for each in sources)
    called = subprocess.run(
        [nm, "--undefined-only", "--demangle", *objects],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "pow" in called  # so that calls are listed at all
    unwanted = r"\b(operator new|malloc|calloc|realloc|strdup|__cxa_\w+|typeinfo|std::string)\b"
    assert re.findall(unwanted, called) == []
