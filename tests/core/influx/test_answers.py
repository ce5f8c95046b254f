"""What answers to writes mean: a table of them, which a mirror gets through as well."""

import asyncio
import datetime as dt
from email.utils import format_datetime
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.influx.errors import (
    InfluxAwayError,
    InfluxRefusalError,
)
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.influx.scripted_server import Play, ScriptedServer, answer, hang, raw, reset, taken
from tests.core.influx.sinks import (
    BODY,
    PAGE,
    impatient,
    kind,
    refused,
    sink,
)
from tests.core.journal.snapshots import snapshot

__all__ = ["impatient", "kind", "sink"]


@pytest.mark.parametrize("play", [taken(), taken(200), taken(201, '{"a": 1}')])
async def test_2xx_is_stored(server: ScriptedServer, sink: Sink, play: Play) -> None:
    server.script = [play]
    await sink.write(BODY)


ANSWERS = {
    "429": (answer(429, "slow down"), "influx_busy"),
    "500": (answer(500, '{"error": "timeout"}'), "influx_busy"),
    "502": (answer(502, PAGE, "text/html"), "influx_busy"),
    "503": (answer(503), "influx_busy"),
    "504": (answer(504), "influx_busy"),
    "408": (answer(408), "influx_busy"),
    "401": (answer(401, '{"code":"unauthorized","message":"x"}'), "influx_credentials"),
    "401 page": (answer(401, PAGE, "text/html"), "influx_credentials"),
    "403": (answer(403, '{"error":"me may not"}'), "influx_write_forbidden"),
    "404 database": (answer(404, '{"error":"database not found"}'), "influx_no_database"),
    "404 bucket": (answer(404, '{"message":"bucket \\"air\\" not found"}'), "influx_no_bucket"),
    "404 organisation": (
        answer(404, '{"message":"organization name \\"home\\" not found"}'),
        "influx_no_organisation",
    ),
    "404 page": (answer(404, PAGE, "text/html"), "influx_foreign"),
    "404 text": (answer(404, "404 page not found", "text/plain"), "influx_foreign"),
    "500 policy": (answer(500, '{"error":"retention policy not found: x"}'), "influx_no_policy"),
    "413": (answer(413, PAGE, "text/html"), "influx_too_large"),
    "400": (answer(400, '{"error":"unable to parse"}'), "influx_refused"),
    "422": (answer(422, '{"message":"partial write: dropped=1"}'), "influx_refused"),
    "400 page": (answer(400, PAGE, "text/html"), "influx_foreign"),
    "captive portal": (answer(200, PAGE, "text/html"), "influx_foreign"),
    "captive portal, unlabelled": (answer(200, "\n" + PAGE, "text/plain"), "influx_foreign"),
    "204 of nobody": (answer(204), "influx_foreign"),
    "202 of a router": (answer(202), "influx_foreign"),
    "200 of a web server": (answer(200, "OK", "text/plain"), "influx_foreign"),
    "200 of an API": (answer(200, '{"ok": true}'), "influx_foreign"),
    "204 of VictoriaMetrics": (answer(204, X_Influxdb_Version="1.8.0"), "influx_foreign"),
    "redirect": (answer(302, Location="https://login.example/"), "influx_foreign"),
    "405": (answer(405), "influx_foreign"),
    "reset": (reset, "influx_broken_off"),
    "closed": (raw(), "influx_broken_off"),
    "half a head": (raw(b"HTTP/1.1 20"), "influx_broken_off"),
    "half a body": (
        raw(b'HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{"err'),
        "influx_broken_off",
    ),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "influx_broken_off"),
    "silence": (hang, "influx_timeout"),
    "a byte now and then": (
        raw(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99, pause=0.05),
        "influx_timeout",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_every_other_answer_has_its_error(
    server: ScriptedServer, sink: Sink, case: str
) -> None:
    play, code = ANSWERS[case]
    server.script = [play]
    error = await refused(sink)
    assert error.code == code
    assert len(server.requests) == 1  # redirects are not followed
    # The next request succeeds: nothing of the last answer is left on the connection.
    server.script = []
    await sink.write(BODY)


async def test_endless_answers_are_cut_off(server: ScriptedServer, sink: Sink) -> None:
    endless = b"HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\n"
    server.script = [raw(endless, *[b"x" * 65_536] * 64)]
    error = await refused(sink)
    assert error.code == "influx_refused"
    assert len(str(error)) < 500
    await sink.write(BODY)


async def test_the_server_may_say_when_to_come_back(server: ScriptedServer, sink: Sink) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    asked = {"120": 120, format_datetime(soon, usegmt=True): 90, "whenever": None, "-5": None}
    for text, seconds in asked.items():
        server.script = [answer(503, Retry_After=text)]
        error = await refused(sink)
        assert isinstance(error, InfluxAwayError)
        assert error.retry_after == (None if seconds is None else pytest.approx(seconds, abs=3))


async def test_a_page_is_named_by_its_title(server: ScriptedServer, sink: Sink) -> None:
    for page, name in {
        "<html><head><title> Home Assistant </title></head>": "Home Assistant",
        PAGE: "a web page",
    }.items():
        server.script = [answer(404, page, "text/html")]
        assert (await refused(sink)).details["start"] == name


async def test_the_page_of_a_proxy_is_named_by_its_title(
    server: ScriptedServer, sink: Sink
) -> None:
    page = "<html><head><title>502 Bad\n&quot;Gateway&quot;</title></head><body>nginx</body></html>"
    server.script = [answer(502, page, "text/html")]
    error = await refused(sink)
    assert (error.code, error.details["reason"]) == ("influx_busy", '502 Bad "Gateway"')


async def test_a_refusal_says_why_and_how_many(server: ScriptedServer, sink: Sink) -> None:
    text = 'partial write: field type conflict: input field "f" is float dropped=2'
    server.script = [answer(400, f'{{"error":"{text}"}}'.replace('"f"', '\\"f\\"'))]
    error = await refused(sink)
    assert isinstance(error, InfluxRefusalError)
    assert (error.reason, error.dropped, error.beyond_retention) == (text, 2, False)


async def test_a_mirror_gets_everything_through_all_of_it(
    server: ScriptedServer, sink: Sink, tmp_path: Path
) -> None:
    """All rows are stored in the end, as by a server without faults."""
    # Answers that refuse lines are left out: they would become dead letters.
    away = [play for play, code in ANSWERS.values() if code != "influx_refused"]
    server.script = [play for play in away if play is not hang]
    journal = JournalWriter(
        tmp_path / "station.db",
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )
    mirror = Mirror(
        Outbox(journal, "influx", LineEncoder(LineFormat(device="x"))),
        sink,
        clock=SystemClock(),
        on_change=lambda _: None,
        jitter=lambda: 0.0,
    )
    for number in range(50):
        journal.add(snapshot(number))
    await journal.flush()
    task = asyncio.create_task(mirror.run())
    async with asyncio.timeout(20):
        while mirror.status.backlog or mirror.status.mirrored_to is None:
            await asyncio.sleep(0.01)
    assert mirror.status.problem is None
    assert mirror.status.dead_letters == 0
    whole = server.requests[-1].body
    assert [line.split(b" ")[-1] for line in whole.split(b"\n")][-1] == str(
        snapshot(49).taken_at
    ).encode()
    await mirror.close(1)
    await journal.close()
    await task
