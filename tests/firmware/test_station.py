"""The integration's station client with the firmware's simulator."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import (
    PayloadEmptyError,
    StationBrokenError,
    StationError,
    StationRefusedError,
    StationStatusError,
)
from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason, Snapshot
from custom_components.air_state.core.station.address import StationAddress
from custom_components.air_state.core.station.client import StationClient
from tests.firmware.simulator import Simulator

FIVE_MINUTES = "advance 300000"
KEYS = {
    *(ReadingKey("mq135", name) for name in ("co", "co2", "alcohol", "nh4", "aceton", "toulen")),
    *(
        ReadingKey("bmp180", name)
        for name in ("temperature", "pressure", "seaLevelPressure", "altitude")
    ),
    ReadingKey("ds18b20", "temperature"),
    ReadingKey("dht22", "temperature"),
    ReadingKey("dht22", "humidity"),
}


@pytest.fixture
def new(socket_enabled: None) -> Iterator[Simulator]:
    """Return the present firmware, which has just been switched on."""
    with Simulator() as made:
        yield made


@pytest.fixture
def old(socket_enabled: None) -> Iterator[Simulator]:
    """Return the first firmware, which has just been switched on."""
    with Simulator("--old") as made:
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def fetch(session: aiohttp.ClientSession, simulator: Simulator) -> Snapshot:
    address = StationAddress.parse(simulator.address)
    return await StationClient(session, address, SystemClock()).fetch(device="nodemcu")


async def test_all_readings_of_either_firmware(
    session: aiohttp.ClientSession, new: Simulator, old: Simulator
) -> None:
    for simulator in (new, old):
        simulator.tell("probes 8", FIVE_MINUTES)
        found = await fetch(session, simulator)
        assert found.device == "nodemcu"
        assert found.readings.keys() == KEYS
        assert found.refused == ()
        assert 20 < found.readings[ReadingKey("dht22", "temperature")] < 22


async def test_either_firmware_sends_pressure_in_hpa(
    session: aiohttp.ClientSession, new: Simulator, old: Simulator
) -> None:
    """As the first one always did: what collects from both goes on in the same series."""
    for simulator in (new, old):
        simulator.tell("air 20 40 998.42 1", FIVE_MINUTES)
        async with session.get(f"http://{simulator.address}/circumstances") as answer:
            sent = json.loads(await answer.text())["nodemcu"]["bmp180"]
        assert sent["pressure"] == "998.42"
        assert float(sent["seaLevelPressure"]) == pytest.approx(998.42 * 1.018, abs=0.2)


async def test_neither_has_readings_at_first(
    session: aiohttp.ClientSession, new: Simulator, old: Simulator
) -> None:
    for simulator in (new, old):
        with pytest.raises(PayloadEmptyError):
            await fetch(session, simulator)


@pytest.mark.parametrize(
    ("command", "sensor"),
    [
        ("bmp180 off", "bmp180"),
        ("dht22 off", "dht22"),
        ("dht22 zeros", "dht22"),
        ("mq135 0", "mq135"),
        ("mq135 1023", "mq135"),
        ("probes 0", "ds18b20"),
        ("probe 1 off", "ds18b20"),
        ("probe 1 85", "ds18b20"),
        ("probe 1 -127", "ds18b20"),
    ],
)
async def test_a_sensor_that_fails_is_missing_and_comes_back(
    session: aiohttp.ClientSession, new: Simulator, command: str, sensor: str
) -> None:
    new.tell("probes 1", FIVE_MINUTES, command, "advance 60000")
    found = await fetch(session, new)
    gone = {key for key in KEYS if key.sensor == sensor}
    assert found.readings.keys() == KEYS - gone
    assert {each.key for each in found.refused} == gone
    assert {each.reason for each in found.refused} == {RefusalReason.NOT_FINITE}

    new.tell("bmp180 on", "dht22 on", "mq135 on", "probes 1", "probe 1 on", "advance 120000")
    assert (await fetch(session, new)).readings.keys() == KEYS


async def test_few_probes_do_not_falsify_the_mean(
    session: aiohttp.ClientSession, new: Simulator, old: Simulator
) -> None:
    """The first firmware averages -127 for each that is absent; the present one leaves them out."""
    for simulator in (new, old):
        simulator.tell("probes 7", FIVE_MINUTES)
    key = ReadingKey("ds18b20", "temperature")
    assert 20 < (await fetch(session, new)).readings[key] < 24
    refused = {each.key: each.reason for each in (await fetch(session, old)).refused}
    assert refused == {key: RefusalReason.PROBE_AVERAGED}


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("refuse", StationRefusedError),
        ("truncate", StationBrokenError),
        ("error", StationStatusError),
    ],
)
async def test_answers_that_are_none(
    session: aiohttp.ClientSession, new: Simulator, how: str, error: type[StationError]
) -> None:
    new.tell(FIVE_MINUTES, f"answer {how}")
    with pytest.raises(error):
        await fetch(session, new)
    new.tell("answer ok")
    assert (await fetch(session, new)).readings.keys() == KEYS


async def test_what_the_station_says_of_itself(socket_enabled: None) -> None:
    with Simulator("--password", "se:cret", "--id", "5ecf7f0000aa") as simulator:
        url = f"http://{simulator.address}"
        simulator.tell("probes 2", FIVE_MINUTES, "probe 2 off", "advance 60000")
        login = aiohttp.encode_basic_auth("air", "se:cret")
        wrong = aiohttp.encode_basic_auth("air", "wrong")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/station") as answer:
                said = json.loads(await answer.text())
            assert (said["id"], said["uptime"], said["rssi"]) == ("5ecf7f0000aa", 360, -58)
            assert said["sensors"]["mq135"]["calibration"] == "provisional"
            assert said["sensors"]["ds18b20"]["probes"]["280200000000005a"] is None
            for headers, status in (({}, 401), ({"Authorization": wrong}, 401)):
                async with session.post(f"{url}/calibrate", headers=headers) as answer:
                    assert answer.status == status
                    assert answer.headers["WWW-Authenticate"].startswith("Basic")
            for page in ("calibrate", "restart"):
                headers = {"Authorization": login}
                async with session.post(f"{url}/{page}", headers=headers) as answer:
                    assert answer.status == 200
            async with session.get(f"{url}/station") as answer:
                said = json.loads(await answer.text())
            assert (said["uptime"], said["reset"]) == (0, "Software/System restart")
            async with session.get(f"{url}/nothing") as answer:
                assert answer.status == 404
                assert json.loads(await answer.text())["error"]


async def test_a_calibration_outlives_a_restart(socket_enabled: None, tmp_path: object) -> None:
    storage = f"{tmp_path}/flash"
    with Simulator("--storage", storage) as simulator:
        simulator.tell(FIVE_MINUTES)
    with Simulator("--storage", storage) as simulator:
        simulator.tell("advance 10000")
        async with aiohttp.ClientSession() as session:
            found = await fetch(session, simulator)
    assert found.readings[ReadingKey("mq135", "co2")] == pytest.approx(402.8, abs=0.5)


async def test_an_outdoor_probe_near_freezing_is_no_average(
    session: aiohttp.ClientSession, new: Simulator, old: Simulator
) -> None:
    """Seven probes at 21 °C and an absent one make 2.5 °C in the first firmware."""
    key = ReadingKey("ds18b20", "temperature")
    for simulator in (new, old):
        simulator.tell("probes 1", "probe 1 2.5", FIVE_MINUTES)
    assert (await fetch(session, new)).readings[key] == 2.5
    old.tell("probes 8", *(f"probe {number} 2.5" for number in range(1, 9)), "advance 10000")
    refused = {each.key: each.reason for each in (await fetch(session, old)).refused}
    assert refused == {key: RefusalReason.PROBE_AVERAGED}


async def test_the_page_to_set_it_up(socket_enabled: None) -> None:
    """As a browser has it in the station's own WLAN."""
    with Simulator("--portal") as simulator:
        url = f"http://{simulator.address}"
        wrong = {"network": "Home", "secret": "short", "altitude": "220", "password": "new one"}
        right = wrong | {"secret": "long enough"}
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/generate_204", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, f"{url}/")
            async with session.get(f"{url}/generate_204") as answer:
                page = await answer.text()
                assert answer.content_type == "text/html"
            assert '<option value="Next door">' in page
            async with session.post(f"{url}/save", data=wrong) as answer:
                page = await answer.text()
            assert "8 to 63 letters" in page
            assert 'value="220"' in page
            assert 'value="new one"' in page  # nothing has to be typed again
            async with session.post(f"{url}/save", data=right) as answer:
                assert "now joins <b>Home</b>" in await answer.text()
            login = {"Authorization": aiohttp.encode_basic_auth("air", "new one")}
            async with session.post(f"{url}/restart", headers=login) as answer:
                assert answer.status == 200
            async with session.get(f"{url}/station") as answer:
                assert json.loads(await answer.text())["altitude"] == 220


async def test_a_request_may_come_in_pieces(socket_enabled: None) -> None:
    with Simulator() as simulator:
        host, _, port = simulator.address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for byte in b"GET /station HTTP/1.1\r\nHost: x\r\n\r\n":
            writer.write(bytes((byte,)))
            await writer.drain()
        assert (await reader.readline()).endswith(b"200 OK\r\n")
        writer.close()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /calibrate HTTP/1.1\r\nContent-Length: -1\r\n\r\n")
        assert (await reader.readline()).endswith(b"400 Bad Request\r\n")
        writer.close()
