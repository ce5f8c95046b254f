"""The firmware's own unit tests, built by scripts/firmware with the compiler's sanitizers."""

import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.firmware.simulator import BUILT, built

FIRMWARE = Path(__file__).parents[2] / "firmware"


def test_the_core() -> None:
    done = subprocess.run([built("core_tests")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed, _, failed = done.stdout.splitlines()[-1].partition(" passed, ")
    assert int(passed) > 105
    assert failed == "0 failed"


def test_the_core_takes_no_memory_from_the_heap_and_needs_no_exceptions() -> None:
    """Its object files call nothing that allocates or throws."""
    built("core_tests")
    objects = sorted(BUILT.glob("*.o"))
    sources = FIRMWARE.glob("lib/air_core/src/air/*/*.cpp")
    assert [each.stem for each in objects] == sorted(each.stem for each in sources)
    called = {name for each in objects for name in undefined_symbols(each.read_bytes())}
    assert any(name.startswith("pow") for name in called)  # proves that calls are found
    # As C++ writes names into object files: new, exceptions, type information, std::string.
    unwanted = r"_Zn[wa]|malloc|calloc|realloc|strdup|__cxa_|_ZTI|_ZNK?S.*(Ss|basic_string)"
    assert [name for name in called if re.match(unwanted, name)] == []


def undefined_symbols(data: bytes) -> Iterator[str]:
    """Yield the names that an ELF object file of 64 bits needs from others."""
    assert data[:6] == b"\x7fELF\x02\x01"
    (sections_at,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    # Of each section: type, offset, length, and the section that it refers to.
    sections = [
        struct.unpack_from("<4xI16xQQI", data, sections_at + size * index) for index in range(count)
    ]
    for kind, offset, length, names in sections:
        if kind == 2:  # a table of symbols
            for at in range(offset, offset + length, 24):
                name, where = struct.unpack_from("<I2xH", data, at)
                if name and where == 0:
                    start = sections[names][1] + name
                    yield data[start : data.index(0, start)].decode()


def test_the_i2c_bus_is_begun_once_with_its_own_timeout() -> None:
    """Beginning again resets the limit to 150 ms, which a bus that is held takes for every byte.

    The usual library of the BMP180 does that, and so does the display's unless told otherwise.
    """
    sources = {each.name: each.read_text() for each in (FIRMWARE / "src").glob("*.cpp")}
    begun = [name for name, text in sources.items() if "Wire.begin(" in text]
    assert begun == ["main.cpp"]
    assert sources["main.cpp"].count("Wire.begin(") == 1
    setup = sources["main.cpp"].partition("Wire.begin(")[2]
    assert "Wire.setClockStretchLimit(kMaxClockStretch)" in setup
    assert "panel_.begin(SSD1306_SWITCHCAPVCC, kAddress, true, false)" in sources["display.cpp"]
    assert "BMP085" not in (FIRMWARE / "platformio.ini").read_text()
