"""Exports of a history into a file."""

import asyncio
import threading
from pathlib import Path
from typing import IO, Any

import pytest
from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.air_state.actions import export
from custom_components.air_state.actions.atomic_file import AtomicFile
from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain.models import Block
from custom_components.air_state.core.history.request import HistoryRequest
from custom_components.air_state.core.history.stream import HistoryStream
from custom_components.air_state.translate import escape_markdown
from tests.ha.history import WARSAW, act, filled

__all__ = ["filled"]

FOREVER = "2020-01-01"


@pytest.fixture
async def folder(hass: HomeAssistant) -> Path:
    """Return a folder that Home Assistant may write to."""
    made = Path(hass.config.path("www"))
    await hass.async_add_executor_job(made.mkdir)
    hass.config.allowlist_external_dirs = {str(made)}
    return made


def shown(hass: HomeAssistant) -> list[tuple[str, str]]:
    found = hass.data["persistent_notification"]
    return [(str(each["title"]), str(each["message"])) for each in found.values()]


async def test_a_file_holds_what_the_action_answers(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path
) -> None:
    asked: dict[str, Any] = {"start": "-30h", "window": "1h", "parameters": ["co2"]}
    text = (await act(hass, "get_history", filled, format="csv", **asked))["csv"]

    answer = await act(hass, "export_history", filled, path="www/co2.csv", **asked)
    path = folder / "co2.csv"
    assert answer == {
        "station": "Attic",
        "source": "journal",
        "problem": None,
        "path": str(path),
        "rows": 30,
        "bytes": len(text.encode()),
    }
    assert path.read_text() == text
    assert [each.name for each in folder.iterdir()] == ["co2.csv"]
    assert shown(hass) == [
        (
            "Export of Attic",
            f"{escape_markdown(str(path))} is written: 30 rows, {len(text):,} bytes.",
        )
    ]


async def test_it_may_be_called_without_an_answer(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path
) -> None:
    data = {"config_entry_id": filled.entry_id, "path": str(folder / "a.CSV"), "start": FOREVER}
    await hass.services.async_call(DOMAIN, "export_history", data, blocking=True)
    assert len((folder / "a.CSV").read_text().splitlines()) == 97


async def test_progress_is_told_in_one_notification(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(export, "_BUFFER_CHARACTERS", 10)
    monkeypatch.setattr("custom_components.air_state.actions.tables.BLOCK_CELLS", 72)
    told: list[str] = []
    create = persistent_notification.async_create

    def spy(hass: HomeAssistant, message: str, **more: str) -> None:
        told.append(message)
        create(hass, message, **more)

    monkeypatch.setattr(persistent_notification, "async_create", spy)
    await act(hass, "export_history", filled, path="www/co2.csv", start="-2d")
    assert [text.split(" rows")[0] for text in told[:-1]] == ["24", "48", "72", "96"]
    assert "49% of the time range" in told[1]
    assert told[-1].startswith(f"{escape_markdown(f'{folder}/co2.csv')} is written: 96 rows")
    assert len(shown(hass)) == 1


@pytest.mark.parametrize(
    ("path", "key", "message"),
    [
        ("", None, None),
        ("www/co2.txt", "file_name_invalid", "ends in .csv"),
        ("www/.csv", "file_name_invalid", "ends in .csv"),
        ("www/.co2.csv", "file_name_invalid", "ends in .csv"),
        ("www/a\nb.csv", "file_name_invalid", "ends in .csv"),
        ("www/" + "x" * 300 + ".csv", "file_name_invalid", "ends in .csv"),
        ("www/folder.csv", "file_name_invalid", "ends in .csv"),
        ("co2.csv", "file_not_allowed", "allowlist_external_dirs"),
        ("/etc/co2.csv", "file_not_allowed", "/www"),
        ("www/../co2.csv", "file_not_allowed", "/www"),
        ("none/co2.csv", "file_not_allowed", "/www"),
        ("www/link/co2.csv", "file_not_allowed", "/www"),
    ],
)
async def test_places_that_are_no_places(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    path: str,
    key: str | None,
    message: str,
) -> None:
    (folder / "folder.csv").mkdir()
    (folder / "link").symlink_to("/tmp")  # noqa: S108 - any place outside
    if key is None:
        with pytest.raises(Exception, match="length"):
            await act(hass, "export_history", filled, path=path)
        return
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_history", filled, path=path)
    assert caught.value.translation_key == key
    assert message in str(caught.value)
    assert sorted(each.name for each in folder.iterdir()) == ["folder.csv", "link"]


async def test_nothing_is_overwritten_unasked(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path
) -> None:
    path = folder / "co2.csv"
    path.write_text("mine")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_history", filled, path=str(path))
    assert caught.value.translation_key == "file_exists"
    assert path.read_text() == "mine"
    await act(hass, "export_history", filled, path=str(path), overwrite=True)
    assert path.read_text().startswith("time,")


async def test_mistakes_in_the_question_leave_no_file(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path
) -> None:
    with pytest.raises(ServiceValidationError):
        await act(hass, "export_history", filled, path="www/a.csv", start="soon")
    assert list(folder.iterdir()) == []


class Broken(HistoryStream):
    """A stream that raises `error` after five rows."""

    error: BaseException

    async def blocks(self) -> Any:  # noqa: ANN401 - of the class above
        async for block in super().blocks():
            yield Block(times=block.times[:5], columns=tuple(c[:5] for c in block.columns))
            raise self.error


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    monkeypatch.setattr("custom_components.air_state.core.history.history.HistoryStream", Broken)
    return Broken


async def test_a_broken_export_leaves_nothing(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path, breaks: type[Broken]
) -> None:
    (folder / "co2.csv").write_text("old")
    breaks.error = OSError(28, "No space left on device")
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "export_history", filled, path="www/co2.csv", overwrite=True)
    assert caught.value.translation_key == "file_unwritable"
    assert "No space left on device" in str(caught.value)
    assert [(each.name, each.read_text()) for each in folder.iterdir()] == [("co2.csv", "old")]
    assert "was not written: " in shown(hass)[0][1]


async def test_a_cancelled_export_leaves_nothing(
    hass: HomeAssistant, filled: MockConfigEntry, folder: Path, breaks: type[Broken]
) -> None:
    breaks.error = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await act(hass, "export_history", filled, path="www/co2.csv")
    assert list(folder.iterdir()) == []


async def test_an_export_cancelled_at_its_very_end_is_whole_or_not_there(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cancelled export waits for the thread that gives the file its name."""
    committing, may_commit = threading.Event(), threading.Event()
    commit = AtomicFile.commit

    def slow(own: AtomicFile, file: IO[str], *, overwrite: bool) -> int:
        committing.set()
        may_commit.wait(10)
        return commit(own, file, overwrite=overwrite)

    monkeypatch.setattr(AtomicFile, "commit", slow)
    stream = await filled.runtime_data.history.open(HistoryRequest(), now=dt_util.now())
    exporting = export.Export(hass, folder / "co2.csv", "Attic", WARSAW)
    task = asyncio.create_task(exporting.run(stream, overwrite=False))
    await hass.async_add_executor_job(committing.wait, 10)
    task.cancel()
    for _ in range(10):  # the clock stands: no sleep would end
        await asyncio.sleep(0)
    assert not task.done()
    may_commit.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.name for each in folder.iterdir()] == ["co2.csv"]
    assert len((folder / "co2.csv").read_text().splitlines()) == 49


async def test_one_export_writes_a_file_at_a_time(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    class Slow(HistoryStream):
        async def blocks(self) -> Any:  # noqa: ANN401 - of the class above
            begun.set()
            await may_end.wait()
            async for block in super().blocks():
                yield block

    monkeypatch.setattr("custom_components.air_state.core.history.history.HistoryStream", Slow)
    (folder / f".co2.csv.{'0' * 16}.unfinished").write_text("left by one that was killed")
    first = hass.async_create_task(act(hass, "export_history", filled, path="www/co2.csv"))
    await begun.wait()
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_history", filled, path="www/../www/co2.csv", overwrite=True)
    assert caught.value.translation_key == "file_busy"
    may_end.set()
    assert (await first)["rows"] == 48
    assert [each.name for each in folder.iterdir()] == ["co2.csv"]
    assert "left by" not in (folder / "co2.csv").read_text()


async def test_only_for_administrators(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    folder: Path,
    hass_read_only_user: MockUser,
) -> None:
    for action, data in (
        ("export_history", {"path": "www/co2.csv"}),
        ("query_flux", {"query": "x"}),
        ("query_influxql", {"query": "x"}),
        ("set_retention", {"retention": "1d"}),
        ("replay", {"start": "-1h"}),
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                {"config_entry_id": filled.entry_id, **data},
                blocking=True,
                return_response=True,
                context=Context(user_id=hass_read_only_user.id),
            )
    answer = await hass.services.async_call(
        DOMAIN,
        "get_history",
        {"config_entry_id": filled.entry_id},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_read_only_user.id),
    )
    assert answer is not None
