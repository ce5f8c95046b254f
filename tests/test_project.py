"""The project's own promises about itself."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from homeassistant.util.yaml import load_yaml_dict

CHECKOUT = Path(__file__).parents[1]
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_have_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    pinned = re.findall(r"^[\w.\[\]-]+==\S+.*\\$", text, re.MULTILINE)

    assert pinned
    assert len(pinned) == len(re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE))
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_the_lock_is_of_what_is_asked_for() -> None:
    asked = re.findall(
        r"^([\w.-]+)==([\w.]+)", (CHECKOUT / "requirements/dev.in").read_text(), re.MULTILINE
    )
    lock = (CHECKOUT / "requirements/dev.txt").read_text().lower()

    assert asked
    for name, version in asked:
        assert f"\n{name.lower().replace('_', '-')}=={version}" in f"\n{lock}"


def test_actions_are_pinned_by_sha() -> None:
    for workflow in (CHECKOUT / ".github/workflows").iterdir():
        for used in re.findall(r"uses: (\S+)", workflow.read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


def test_links_within_the_docs_lead_somewhere() -> None:
    for page in [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_quality_scale_is_whole() -> None:
    scale = load_yaml_dict(str(CHECKOUT / "custom_components/air_state/quality_scale.yaml"))[
        "rules"
    ]

    assert len(scale) == 54
    for rule, status in scale.items():
        if isinstance(status, dict):
            assert status["status"] in {"done", "exempt", "todo"}, rule
            assert status["comment"], rule
        else:
            assert status == "done", rule


def test_scripts_are_executable_and_parse() -> None:
    scripts = [
        path
        for path in [*(CHECKOUT / "scripts").iterdir(), CHECKOUT / ".ci/run"]
        if path.is_file() and not path.suffix
    ]
    assert {"demo", "test", "lint", "setup"} <= {path.name for path in scripts}
    for script in scripts:
        assert script.stat().st_mode & 0o111, script
        subprocess.run(["/bin/bash", "-n", str(script)], check=True)


def test_hacs_asks_for_the_home_assistant_that_is_tested() -> None:
    hacs = json.loads((CHECKOUT / "hacs.json").read_text())
    lock = (CHECKOUT / "requirements/dev.txt").read_text()

    minimum = ".".join(hacs["homeassistant"].split(".")[:2])
    assert f"\nhomeassistant=={minimum}." in lock
