"""The folders of the firmware's core, and which of them may include which."""

import re
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
CORE = FIRMWARE / "lib/air_core/src/air"
# Each may include those after it: firmware/README.md says what is in them.
LAYERS = ("network", "documents", "sensing", "chips", "common")
INCLUDE = re.compile(r'^#include ["<]air/([^">]+)[">]', re.MULTILINE)
MAX_FILES = 10  # in a folder; a header and its source count as one
MAX_LINES = 400


def test_the_core_has_these_folders_only() -> None:
    assert {path.name for path in CORE.iterdir()} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_includes_only_those_below_it(layer: str) -> None:
    allowed = LAYERS[LAYERS.index(layer) :]
    wrong = {
        f"{path.name} includes {included}"
        for path in (CORE / layer).iterdir()
        for included in INCLUDE.findall(path.read_text())
        if included.partition("/")[0] not in allowed
    }
    assert wrong == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_stays_small(layer: str) -> None:
    assert len({path.stem for path in (CORE / layer).iterdir()}) <= MAX_FILES


def test_the_core_is_included_by_whole_paths() -> None:
    """Any other include is of the C++ library, so that no board's header gets in."""
    includes = re.compile(r'^#include (?!"air/)(.+)', re.MULTILINE)
    others = {each for path in CORE.rglob("*.*") for each in includes.findall(path.read_text())}
    assert [each for each in others if not re.fullmatch(r"<[a-z]+>", each)] == []


def test_unit_tests_lie_in_the_folder_of_what_they_test() -> None:
    tests = FIRMWARE / "test/test_core"
    for path in tests.glob("*/*.cpp"):
        folder = path.parent.name
        assert folder in LAYERS
        included = {each.partition("/")[0] for each in INCLUDE.findall(path.read_text())}
        assert all(LAYERS.index(each) >= LAYERS.index(folder) for each in included), path


def test_files_stay_short() -> None:
    long = {
        path.name
        for part in ("lib", "sim", "src", "test")
        for path in (FIRMWARE / part).rglob("*")
        if path.suffix in {".h", ".cpp"} and len(path.read_text().splitlines()) > MAX_LINES
    }
    assert long == set()
