"""Exports into folders that other users of the machine may write to."""

import os
from pathlib import Path
from typing import IO

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.actions import atomic_file
from custom_components.air_state.actions.atomic_file import AtomicFile
from custom_components.air_state.core.domain.errors import (
    FileError,
    FileExistsAlreadyError,
    FileForbiddenError,
    FileNameError,
)
from tests.ha.actions.test_export import folder
from tests.ha.history import act, filled

__all__ = ["filled", "folder"]

SECRET = "token: 123"


@pytest.fixture
def secrets(hass: HomeAssistant) -> Path:
    """Return a file that no export may touch."""
    made = Path(hass.config.path("secrets.yaml"))
    made.write_text(SECRET)
    return made


@pytest.mark.parametrize("overwrite", [False, True])
async def test_a_link_at_an_old_temporary_name_is_not_followed(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    secrets: Path,
    overwrite: bool,  # noqa: FBT001 - a case
) -> None:
    (folder / ".co2.csv.unfinished").symlink_to(secrets)
    await act(hass, "export_history", filled, path="www/co2.csv", overwrite=overwrite)
    assert secrets.read_text() == SECRET
    assert (folder / "co2.csv").read_text().startswith("time,")


async def test_a_link_at_the_very_name_is_not_followed(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    secrets: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even if somebody guesses the temporary name, nothing is opened that exists already."""
    monkeypatch.setattr(atomic_file, "token_hex", lambda _: "guessed")
    (folder / ".co2.csv.guessed.unfinished").symlink_to(secrets)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "export_history", filled, path="www/co2.csv")
    assert caught.value.translation_key == "file_unwritable"
    assert secrets.read_text() == SECRET
    assert (folder / ".co2.csv.guessed.unfinished").is_symlink()  # it is not ours to remove


async def test_a_link_in_the_files_place(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path, secrets: Path
) -> None:
    (folder / "out.csv").symlink_to(secrets)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_history", filled, path="www/out.csv", overwrite=True)
    assert caught.value.translation_key == "file_not_allowed"
    theirs = folder / "theirs"
    theirs.write_text("theirs")
    for target in (theirs, folder / "nowhere"):
        path = folder / f"{target.name}.csv"
        path.symlink_to(target)
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, "export_history", filled, path=str(path))
        assert caught.value.translation_key == "file_exists"
        await act(hass, "export_history", filled, path=str(path), overwrite=True)
        assert not path.is_symlink()
        assert path.read_text().startswith("time,")
    assert (secrets.read_text(), theirs.read_text()) == (SECRET, "theirs")
    assert not (folder / "nowhere").exists()


async def test_a_missing_folder_says_what_to_do(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_history", filled, path="www/none/co2.csv")
    assert caught.value.translation_key == "file_folder_missing"
    assert f"there is no folder {folder}/none. Create it first" in str(caught.value)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder, without starting Home Assistant."""
    made = tmp_path / "own"
    made.mkdir()
    return made


def written(file: IO[str]) -> None:
    file.write("mine")


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ("file", FileExistsAlreadyError),
        ("link", FileExistsAlreadyError),
        ("folder", FileNameError),
    ],
)
def test_who_comes_first_meanwhile_keeps_the_name(
    own: Path, other: str, kind: type[FileError], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own / "co2.csv"
    file = (atomic := AtomicFile(path)).open(overwrite=False)
    written(file)

    def come() -> None:
        match other:
            case "file":
                path.write_text("theirs")
            case "link":
                path.symlink_to(own / "theirs")
            case "folder":
                path.mkdir()

    if kind is FileNameError:
        come()
    else:  # after the last check
        monkeypatch.setattr(AtomicFile, "_require_free", lambda *_, **__: come())
    with pytest.raises(kind):
        atomic.commit(file, overwrite=False)
    atomic.abort()
    assert [each.name for each in own.iterdir()] == ["co2.csv"]
    if other == "file":
        assert path.read_text() == "theirs"


def test_a_file_system_without_links(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    file = (atomic := AtomicFile(own / "co2.csv")).open(overwrite=False)
    written(file)
    assert atomic.commit(file, overwrite=False) == 4
    assert [(each.name, each.read_text()) for each in own.iterdir()] == [("co2.csv", "mine")]


def test_a_folder_that_was_swapped(own: Path) -> None:
    """The file goes to the folder that was allowed, even if another has its path now."""
    (own / "www").mkdir()
    (own / "other").mkdir()
    file = (atomic := AtomicFile(own / "www/co2.csv")).open(overwrite=True)
    written(file)
    (own / "www").rename(own / "moved")
    (own / "www").symlink_to(own / "other")
    atomic.commit(file, overwrite=True)
    assert list((own / "other").iterdir()) == []
    assert (own / "moved/co2.csv").read_text() == "mine"

    with pytest.raises(OSError, match="directory"):
        AtomicFile(own / "www/co2.csv").open(overwrite=True)
    (own / "other/deep").mkdir()
    with pytest.raises(FileForbiddenError):
        AtomicFile(own / "www/deep/co2.csv").open(overwrite=True)
