"""The scripts: a compiler wherever they run, nothing left half made, and a word while they work.

They run for real, in a checkout of their own; uv and the compilers are stand-ins that write down
what they are asked to do.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from homeassistant.util.yaml import load_yaml_dict

CHECKOUT = Path(__file__).parents[1]
COMPILERS = re.compile(r"cc|c\+\+|g\+\+|gcc|clang|(.*-)?(gcc|g\+\+|clang|cc|c\+\+)(-\d.*)?")

# What a compiler is asked for, it makes: a program that does nothing, well.
COMPILER = """\
#!/usr/bin/env bash
[[ $1 == --version ]] && echo "{version}" && exit
echo "{name} $*" >>"{asked}"
if [[ -e "{asked}.broken" && "$* " == *"$(cat "{asked}.broken")"* ]]; then
  echo "this does not compile" >&2
  exit 1
fi
while [[ $1 != -o ]]; do shift; done
printf '#!/bin/sh\\n' >"$2"
chmod +x "$2"
"""
UV = """\
#!/usr/bin/env bash
[[ $1 == cache ]] && echo "{folder}/cache" && exit
echo "uv $*" >>"{asked}"
while [[ $1 != --target ]]; do shift; done
mkdir -p "$2/ziglang"
cp "{folder}/zig" "$2/ziglang/zig"
"""


class Machine:
    """A checkout, and the programs that it finds: those of this machine, without compilers."""

    def __init__(self, folder: Path, others: Path) -> None:
        self.checkout = folder / "checkout"
        self.asked = folder / "asked"
        self.tools = folder / "bin"
        for part in ("scripts", "requirements", "firmware"):
            shutil.copytree(CHECKOUT / part, self.checkout / part)
        self.tools.mkdir()
        self._path = f"{self.tools}:{others}"
        self._put(folder / "zig", COMPILER.format(version="zig", name="zig", asked=self.asked))
        own = self.checkout / ".dev/bootstrap/bin"
        own.mkdir(parents=True)
        self._put(own / "uv", UV.format(folder=folder, asked=self.asked))

    def _put(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def has(self, version: str) -> None:
        """Install a compiler of that version."""
        for name in ("cc", "c++"):
            text = COMPILER.format(version=version, name=name, asked=self.asked)
            self._put(self.tools / name, text)

    def has_tools(self) -> None:
        """Install what scripts run in the environment: programs that write down their arguments."""
        folder = self.checkout / ".dev/venv/bin"
        folder.mkdir(parents=True)
        for name in ("ruff", "mypy", "lint-imports", "python"):
            self._put(folder / name, f'#!/bin/sh\necho "{name} $*" >>"{self.asked}"\n')
        (folder.parent / "stamp").touch()
        self._put(self.checkout / "scripts/setup", f'#!/bin/sh\necho setup >>"{self.asked}"\n')

    def has_mutmut(self, text: str) -> None:
        """Install a mutmut, and a part of the code that it can work on."""
        folder = self.checkout / ".dev/mutants"
        (folder / "bin").mkdir(parents=True)
        self._put(folder / "bin/mutmut", text)
        shutil.copy(self.checkout / "requirements/mutants.txt", folder / "lock")
        shutil.copy(CHECKOUT / "pyproject.toml", self.checkout)
        (self.checkout / "custom_components/air_state/core/mirror").mkdir(parents=True)

    def breaks(self, on: str = "") -> None:
        """Let compilers fail from now on: always, or if they are asked for that."""
        self.asked.with_name("asked.broken").write_text(on)

    def mended(self) -> None:
        self.asked.with_name("asked.broken").unlink()

    def hurries(self) -> None:
        """Let every pause be a short one."""
        (self.tools / "pause").symlink_to(str(shutil.which("sleep")))
        self._put(self.tools / "sleep", "#!/bin/sh\nexec pause 0.1\n")

    def runs(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout."""
        return subprocess.run(
            command,
            cwd=self.checkout,
            env={"PATH": self._path, "HOME": str(self.checkout)},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """Return what uv and compilers were asked for since this was last called."""
        text = self.asked.read_text() if self.asked.exists() else ""
        self.asked.unlink(missing_ok=True)
        return text.splitlines()


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of all programs of this machine but compilers."""
    folder = tmp_path_factory.mktemp("others")
    for place in ("/usr/bin", "/bin"):
        for tool in Path(place).iterdir():
            if not COMPILERS.fullmatch(tool.name) and not (folder / tool.name).is_symlink():
                (folder / tool.name).symlink_to(tool)
    return folder


@pytest.fixture
def machine(tmp_path: Path, others: Path) -> Machine:
    return Machine(tmp_path, others)


def test_where_there_is_no_compiler_zigs_is_fetched_once(machine: Machine) -> None:
    assert machine.runs("scripts/compiler", "which").stdout == "none\n"

    own = str(machine.checkout / ".dev/compiler/bin/c++")
    assert machine.runs("scripts/compiler").stdout == f"{own}\n"
    (fetched,) = machine.calls()
    assert "--require-hashes" in fetched
    assert fetched.endswith("--requirement requirements/compiler.txt")

    assert machine.runs("scripts/compiler").stdout == f"{own}\n"
    assert machine.calls() == []


def test_a_fetch_that_was_broken_off_is_made_again(machine: Machine) -> None:
    machine.runs("scripts/compiler")
    (machine.checkout / ".dev/compiler/stamp").unlink()
    machine.calls()

    machine.runs("scripts/compiler")
    assert len(machine.calls()) == 1


def test_zig_is_spared_what_its_linker_does_not_know(machine: Machine) -> None:
    compiler = machine.runs("scripts/compiler").stdout.strip()
    machine.calls()

    machine.runs(compiler, "-shared", "-Wl,-Bsymbolic-functions", "-Wl,-z,relro", "-o", "a.so")
    assert machine.calls() == ["zig c++ -mcpu=baseline -shared -Wl,-z,relro -o a.so"]


def test_a_compiler_that_does_not_work_is_none(machine: Machine) -> None:
    machine.has("g++ 12")
    assert machine.runs("scripts/compiler").stdout == f"{machine.tools}/c++\n"

    machine.breaks()
    own = machine.checkout / ".dev/compiler/bin/c++"
    assert machine.runs("scripts/compiler").stdout == f"{own}\n"


def test_the_firmware_is_built_once_for_each_compiler(machine: Machine) -> None:
    assert machine.runs("scripts/firmware").returncode == 0
    assert all("-Werror" not in call for call in machine.calls())
    assert (machine.checkout / ".dev/firmware/air_sim").exists()

    machine.runs("scripts/firmware")
    assert machine.calls() == []

    machine.has("g++ 12")
    machine.runs("scripts/firmware")
    built = machine.calls()
    assert sum("-fsanitize=address,undefined" in call and "-Werror" in call for call in built) > 3

    machine.has("g++ 14")
    machine.runs("scripts/firmware")
    assert len(machine.calls()) == len(built)


def test_firmware_that_does_not_compile_says_so_and_is_built_again(machine: Machine) -> None:
    machine.has("g++ 12")
    machine.runs("scripts/firmware")
    machine.has("g++ 14")
    machine.breaks(on=" -c ")

    failed = machine.runs("scripts/firmware")
    assert failed.returncode != 0
    assert "this does not compile" in failed.stderr

    machine.mended()
    machine.calls()
    assert machine.runs("scripts/firmware").returncode == 0
    assert machine.calls()


def test_what_takes_long_shows_that_it_goes_on(machine: Machine) -> None:
    """The command ends once it has been told of twice, with what it has written."""
    machine.hurries()
    shown = machine.runs(
        "bash",
        "-c",
        """source scripts/env.sh && mkdir made && during "making it" made -- bash -c '
            head -c 3000000 /dev/zero >made/file
            until (($(grep -c "MB: making it" told) > 1)); do sleep 1; done' 2> >(tee told >&2)""",
    )
    first, *later = shown.stderr.splitlines()
    assert first == "==> making it"
    assert len(later) > 1
    assert all(re.fullmatch(r" {4}\d+ s, \d+ MB: making it", line) for line in later)
    assert ", 3 MB" in later[-1]


def test_what_fails_says_why_and_what_works_is_quiet(machine: Machine) -> None:
    script = 'source scripts/env.sh; during "trying" -- bash -c "echo this is why; exit 3"'
    failed = machine.runs("bash", "-c", script)
    assert failed.returncode == 3
    assert failed.stderr.splitlines() == ["==> trying", "this is why"]

    worked = machine.runs("bash", "-c", script.replace("exit 3", "exit 0"))
    assert worked.returncode == 0
    assert worked.stderr.splitlines() == ["==> trying"]


@pytest.mark.slow
def test_a_run_of_tests_says_what_was_skipped_and_how_far_it_is(tmp_path: Path) -> None:
    text = (CHECKOUT / "tests/conftest.py").read_text()
    (tmp_path / "conftest.py").write_text(
        text.replace("_QUIET_SECONDS = 8.0", "_QUIET_SECONDS = 0")
    )
    (tmp_path / "test_it.py").write_text(
        "import pathlib, pytest, time\n"
        "@pytest.mark.parametrize('number', range(3))\n"
        "def test_skipped(number):\n"
        "    pytest.skip('needs what is not here')\n"
        "def test_slow():\n"
        "    told = pathlib.Path('told')\n"
        "    while 'test_slow for' not in told.read_text(): time.sleep(0.01)\n"
    )
    with (tmp_path / "told").open("w") as told:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path],
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            cwd=tmp_path,
            stdout=told,
            check=False,
        )
    said = (tmp_path / "told").read_text()
    assert done.returncode == 0, said
    assert "    3 needs what is not here" in said
    assert re.search(r"\d+ s, 3 of 4 tests; test_it.py::test_slow for \d+ s", said)


def hook() -> list[str]:
    """Return the command that runs before each commit, without the files that are committed."""
    (repo,) = load_yaml_dict(str(CHECKOUT / ".pre-commit-config.yaml"))["repos"]
    assert repo["repo"] == "local"
    (only,) = repo["hooks"]
    assert only["language"] == "unsupported_script"
    return str(only["entry"]).split()


def test_the_hook_runs_the_same_tools_as_lint(machine: Machine) -> None:
    machine.has_tools()
    assert machine.runs("scripts/lint").returncode == 0
    setup, *everything = machine.calls()
    assert setup == "setup"

    assert machine.runs(*hook(), "tests/one.py", "two.py").returncode == 0
    changed = machine.calls()
    assert [call.removesuffix(" tests/one.py two.py") for call in changed] == everything
    assert [call.split()[0] for call in changed if "two.py" in call] == ["ruff", "ruff"]


def test_lint_mends_what_can_be_mended(machine: Machine) -> None:
    machine.has_tools()
    machine.runs("scripts/lint")
    checked = machine.calls()

    machine.runs("scripts/lint", "--fix")
    mended = machine.calls()
    assert [call.split()[:2] for call in mended] == [call.split()[:2] for call in checked]
    assert any("--fix" in call for call in mended)
    assert any("--check" in call for call in checked)
    assert not any("--check" in call for call in mended)


def test_the_hook_sets_nothing_up(machine: Machine) -> None:
    machine.has_tools()
    (machine.checkout / ".dev/venv/stamp").unlink()

    failed = machine.runs(*hook(), "one.py")
    assert failed.returncode == 1
    assert failed.stderr == "==> cannot check before the tools are installed: run scripts/setup\n"
    assert machine.calls() == []


def test_the_fast_run_says_what_it_leaves_out(machine: Machine) -> None:
    machine.has_tools()
    run = machine.runs("scripts/test", "--fast")
    for left_out in ("tests/core", "marked as slow", "disks", "coverage", "10 examples"):
        assert left_out in run.stderr
    setup, everything = machine.calls()
    assert setup == "setup"
    assert "testpaths=tests/core" in everything
    for path in re.findall(r"--ignore (\S+)", everything):
        assert (CHECKOUT / path).exists()

    machine.runs("scripts/test", "--fast", "tests/core/mirror", "-k", "disk")
    assert machine.calls()[1] == f"{everything} tests/core/mirror -k disk"


MUTMUT = """\
#!/bin/sh
case $1 in
run) printf '\\rRunning stats\\r1/4 tried\\r'; cat pyproject.toml >told ;;
results) printf '    a: killed\\n    b: survived\\n    c: timeout\\n    d: not checked\\n' ;;
show) echo "this is $2" ;;
esac
"""


def test_mutants_are_tried_of_one_part_and_survivors_shown(machine: Machine) -> None:
    machine.has_tools()
    machine.has_mutmut(MUTMUT)
    run = machine.runs("scripts/mutants", "core/mirror")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "this is b",
        "     1 killed",
        "     1 not checked",
        "     1 survived",
        "     1 timeout",
        "  66.7 % of 3 were noticed",
    ]
    told = (machine.checkout / ".dev/cache/mutants/core.mirror/told").read_text()
    only = tomllib.loads(told)["tool"]["mutmut"]["only_mutate"]
    assert only == ["custom_components/air_state/core/mirror/*"]


@pytest.mark.parametrize("arguments", [[], ["core/cellar"], ["core/mirror", "core/journal"]])
def test_a_part_that_is_not_there_has_no_mutants(machine: Machine, arguments: list[str]) -> None:
    machine.has_tools()
    run = machine.runs("scripts/mutants", *arguments)
    assert run.returncode == 2
    assert "scripts/mutants core/mirror" in run.stderr
    assert machine.calls() == []
