"""The firmware's own unit tests, built by g++ with its sanitizers."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware.simulator import BUILT, built

FIRMWARE = Path(__file__).parents[2] / "firmware"


def test_the_core() -> None:
    done = subprocess.run([built("core_tests")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed, _, failed = done.stdout.splitlines()[-1].partition(" passed, ")
    assert int(passed) > 105
    assert failed == "0 failed"


def test_the_core_takes_no_memory_from_the_heap_and_needs_no_exceptions() -> None:
    """Seen by what its object files call: none of it can happen on the board after its start."""
    built("core_tests")
    if (nm := shutil.which("nm")) is None:
        pytest.skip("needs nm, of binutils")
    objects = sorted(BUILT.glob("*.o"))
    sources = FIRMWARE.glob("lib/air_core/src/air/*.cpp")
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


def test_the_bus_is_begun_once_with_its_own_patience() -> None:
    """Each further beginning sets it back to 150 ms, which a held bus takes at every byte.

    The usual library of the BMP180 does that; the display's does, unless it is told not to.
    """
    sources = {each.name: each.read_text() for each in (FIRMWARE / "src").glob("*.cpp")}
    begun = [name for name, text in sources.items() if "Wire.begin(" in text]
    assert begun == ["main.cpp"]
    assert sources["main.cpp"].count("Wire.begin(") == 1
    setup = sources["main.cpp"].partition("Wire.begin(")[2]
    assert "Wire.setClockStretchLimit(kLongestStretch)" in setup
    assert "panel_.begin(SSD1306_SWITCHCAPVCC, kAddress, true, false)" in sources["display.cpp"]
    assert "BMP085" not in (FIRMWARE / "platformio.ini").read_text()
