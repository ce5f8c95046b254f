"""The demo: what it does where a port of its last run is taken, and what its check notices."""

import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from scripts.demo_parts.demo import Demo, Wishes
from scripts.demo_parts.frontend import check_frontend
from scripts.demo_parts.home_assistant import HomeAssistant, HomeAssistantError

WISHES = Wishes(check=False, days=1, stations=1, interval=10, fresh=False)


@pytest.fixture
def taken(socket_enabled: None) -> Iterator[int]:
    """Return a port that another program has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def free() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


def remember(folder: Path, *, station: int, influxdb: int | None) -> None:
    stations = [{"number": 0, "name": "Living room", "port": station, "entry_id": "1"}]
    held = {"stations": stations, "influxdb_port": influxdb}
    (folder / "stations.json").write_bytes(orjson.dumps(held))


def test_a_station_whose_port_is_taken(tmp_path: Path, taken: int) -> None:
    remember(tmp_path, station=taken, influxdb=None)
    with pytest.raises(HomeAssistantError) as raised:
        Demo(WISHES, tmp_path)
    for word in (f"port {taken} of 127.0.0.1", "“Living room”", "--fresh", "end the program"):
        assert word in str(raised.value)


def test_an_influxdb_whose_port_is_taken(tmp_path: Path, taken: int) -> None:
    remember(tmp_path, station=free(), influxdb=taken)
    with pytest.raises(HomeAssistantError, match=rf"port {taken} .* looks for InfluxDB, is taken"):
        Demo(WISHES, tmp_path)


def test_ports_of_the_last_run_are_taken_again(tmp_path: Path, socket_enabled: None) -> None:
    port = free()
    remember(tmp_path, station=free(), influxdb=port)
    demo = Demo(WISHES, tmp_path)
    if demo.influxdb is None:
        pytest.skip("needs InfluxDB 1.6: Debian's package influxdb, which scripts/influxdb fetches")
    assert demo.influxdb.address == f"127.0.0.1:{port}"


def test_the_examples_folders_are_there_and_may_be_written(
    tmp_path: Path, socket_enabled: None
) -> None:
    home = HomeAssistant(tmp_path / "a folder", tmp_path, free(), "Europe/Warsaw")
    home.prepare()
    assert (tmp_path / "a folder/media/air").is_dir()
    assert (tmp_path / "a folder/www").is_dir()
    written = (tmp_path / "a folder/configuration.yaml").read_text()
    assert f'allowlist_external_dirs:\n    - "{tmp_path}/a folder/media"' in written


class Home(HomeAssistant):
    """A Home Assistant whose frontend gets all it asks for, but what a test takes from it."""

    def __init__(self) -> None:
        self.broken = ""
        self.answers: dict[str, Any] = {
            "get_services": {"air_state": {"get_history": {}}},
            "get_panels": {"demo-air": {}},
            "frontend/get_translations": {"resources": {"component.air_state.title": "Air State"}},
            "lovelace/config": {"views": [{"cards": [{"entity": "sensor.attic_co2"}]}]},
            "get_states": [{"entity_id": "sensor.attic_co2"}],
        }
        self.scripts = {"/frontend_latest/core.1.js": "x", "/frontend_latest/app.2.js": "y"}

    async def page(self, path: str) -> str:
        return self.scripts.get(path, f"<html>{' '.join(self.scripts)}</html>")

    async def commands(self, asked: Iterable[tuple[str, Mapping[str, object]]]) -> list[Any]:
        return [
            {"success": False, "error": {"code": "unknown_error"}}
            if kind == self.broken
            else {"success": True, "result": self.answers.get(kind, {})}
            for kind, _ in asked
        ]


async def test_a_frontend_that_gets_what_it_asks_for() -> None:
    await check_frontend(Home())


@pytest.mark.parametrize(
    "question",
    ["get_services", "get_panels", "frontend/get_translations", "lovelace/config", "manifest/list"],
)
async def test_a_question_that_fails_is_named(question: str) -> None:
    home = Home()
    home.broken = question
    with pytest.raises(HomeAssistantError, match=f"{question}.*unknown_error"):
        await check_frontend(home)


@pytest.mark.parametrize(
    ("question", "answer", "lacking"),
    [
        ("get_services", {"light": {}}, "air_state.get_history"),
        ("get_panels", {"lovelace": {}}, "the panel demo-air"),
        ("frontend/get_translations", {"resources": {}}, "Air State's translations"),
        ("lovelace/config", {"views": []}, "cards with entities"),
        ("get_states", [], "sensor.attic_co2"),
    ],
)
async def test_an_answer_without_what_is_shown_is_named(
    question: str, answer: object, lacking: str
) -> None:
    home = Home()
    home.answers[question] = answer
    with pytest.raises(HomeAssistantError, match=re.escape(lacking)):
        await check_frontend(home)


async def test_a_main_script_that_is_not_there_is_named() -> None:
    home = Home()
    home.scripts["/frontend_latest/app.2.js"] = " "
    with pytest.raises(HomeAssistantError, match=r"app\.2\.js is empty"):
        await check_frontend(home)
    del home.scripts["/frontend_latest/app.2.js"]
    with pytest.raises(HomeAssistantError, match=r"not all of \['app', 'core'\]"):
        await check_frontend(home)
