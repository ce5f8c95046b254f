"""What stations say of themselves, and what only looks like it."""

from typing import Any

import orjson
import pytest

from custom_components.air_state.core.station.info import StationInfo, parse_station_info

RECEIVED = 1_800_000_000_000
INFO: dict[str, Any] = {
    "id": "5ecf7f0000aa",
    "model": "air-state-nodemcu",
    "fw": "1.0.0",
    "uptime": 300,
    "rssi": -58,
    "sensors": {
        "mq135": {"state": "well", "warming_up": True, "calibration": "provisional"},
        "mq7": {"calibration": "stored", "correction": "held"},
        "mq2": {"calibration": 1, "correction": "missing"},
        "bmp180": {"state": "well"},
        "pms5003": {"warming_up": False},
    },
}


def parse(said: object) -> StationInfo | None:
    return parse_station_info(orjson.dumps(said), RECEIVED)


def test_all_that_it_says() -> None:
    found = parse(INFO)
    assert found == StationInfo(
        id="5ecf7f0000aa",
        firmware="1.0.0",
        started=RECEIVED - 300_000,
        signal=-58,
        warming_up=frozenset({"mq135"}),
        provisional=frozenset({"mq135"}),
        held=frozenset({"mq7"}),
        uncorrected=frozenset({"mq2"}),
    )
    assert found.caveats("mq135") == {"warming_up": True, "calibration": "provisional"}
    assert found.caveats("mq7") == {"correction": "held"}
    assert found.caveats("mq2") == {"correction": "missing"}
    assert found.caveats("bmp180") == {}
    assert found.mac == "5e:cf:7f:00:00:aa"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "5ECF7F0000AA"},
        {"id": "5ecf7f"},
        {"id": 5},
        {"fw": None},
        {"uptime": "300"},
        {"uptime": -1},
        {"uptime": 10**12},  # since long before there were clocks that count so
        {"uptime": None},
        {"uptime": 1.5},
    ],
)
def test_what_no_station_says(change: dict[str, object]) -> None:
    assert parse(INFO | change) is None


@pytest.mark.parametrize("uptime", [0, 300, RECEIVED // 1000])
def test_when_it_was_switched_on(uptime: int) -> None:
    found = parse(INFO | {"uptime": uptime})
    assert found is not None
    assert found.started == RECEIVED - uptime * 1000


def test_a_report_that_is_not_quite_json() -> None:
    found = parse_station_info(orjson.dumps(INFO).replace(b"-58", b"nan"), RECEIVED)
    assert found is not None
    assert (found.started, found.signal) == (RECEIVED - 300_000, None)


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b"null", b'{"id": "5ecf7f0000aa"}'])
def test_what_is_no_answer_of_a_station(data: bytes) -> None:
    assert parse_station_info(data, RECEIVED) is None


@pytest.mark.parametrize("said", [-1, -127])
def test_the_strongest_and_the_weakest_signal(said: int) -> None:
    found = parse(INFO | {"rssi": said})
    assert found is not None
    assert found.signal == said


@pytest.mark.parametrize("said", [None, "strong", 0, 31, -128, -58.5])
def test_a_signal_that_cannot_be_is_none(said: object) -> None:
    found = parse(INFO | {"rssi": said})
    assert found is not None
    assert found.signal is None


@pytest.mark.parametrize("sensors", [None, [], "mq135", {"mq135": True}, {"mq135": {}}])
def test_sensors_that_say_nothing_of_warming_up(sensors: object) -> None:
    found = parse(INFO | {"sensors": sensors})
    assert found is not None
    assert found.warming_up == frozenset()


def test_a_version_is_shown_on_one_line() -> None:
    found = parse(INFO | {"fw": "1.0\n\x00é" + "x" * 100})
    assert found is not None
    assert found.firmware == "1.0é" + "x" * 58
