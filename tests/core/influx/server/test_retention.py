"""Retention as text, and the requests for it to InfluxDB 3, which no live test has."""

import json

import aiohttp
import pytest

from custom_components.air_state.core.domain.errors import RetentionError, RetentionShorterError
from custom_components.air_state.core.influx.errors import (
    InfluxBucketError,
    InfluxClosedError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxPolicyError,
)
from custom_components.air_state.core.influx.server import retention
from custom_components.air_state.core.influx.server.retention import (
    Retention,
    RetentionClient,
    format_retention,
    parse_retention,
    require_confirmed,
)
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from tests.core.influx.scripted_server import ScriptedServer, answer

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("12h", 43_200, "12h"),
        ("24h", DAY, "1d"),
        (" 30d ", 30 * DAY, "30d"),
        ("52w", 364 * DAY, "364d"),
        ("5y", 1825 * DAY, "1825d"),
        ("forever", 0, "forever"),
        ("Forever", 0, "forever"),
    ],
)
def test_words(text: str, seconds: int, words: str) -> None:
    assert parse_retention(text) == seconds
    assert format_retention(seconds) == words


@pytest.mark.parametrize(
    "text",
    ["", "0d", "5", "5 days", "-1d", "1mo", "30m", "1e3d", "9999999d", "291y", "585y", "999999w"],
)
def test_what_is_no_retention(text: str) -> None:
    with pytest.raises(RetentionError):
        parse_retention(text)


def test_what_deletes_has_to_be_confirmed() -> None:
    month = Retention(place="air", seconds=30 * DAY)
    for before, seconds in (
        (month, 0),
        (month, 31 * DAY),
        (month, 30 * DAY),
        (Retention(place="air", seconds=0), 0),
    ):
        require_confirmed(before, seconds, confirmed=False)
    for before in (month, Retention(place="air", seconds=0)):
        require_confirmed(before, DAY, confirmed=True)
        with pytest.raises(RetentionShorterError) as caught:
            require_confirmed(before, DAY, confirmed=False)
        assert caught.value.details == {"place": "air", "before": str(before), "after": "1d"}


def target(
    server: ScriptedServer, kind: InfluxKind, organisation: str = "", policy: str = ""
) -> InfluxTarget:
    return InfluxTarget(
        url=server.url,
        kind=kind,
        place="air",
        organisation=organisation,
        policy=policy,
        token="s3cret",
    )


def policies(*rows: list[object], columns: str = "name duration default") -> str:
    series = {"columns": columns.split(), "values": list(rows)}
    return json.dumps({"results": [{"statement_id": 0, "series": [series]}]})


async def test_of_3x(server: ScriptedServer) -> None:
    """The answers are taken from the sources of 3.9."""
    before, after = policies(["air", "0s", True]), policies(["air", "720h0m0s", True])
    server.script = [answer(200, text) for text in (before, before, "", after)]
    async with aiohttp.ClientSession() as session:
        client = RetentionClient(session, target(server, InfluxKind.V3))
        assert (await client.get()).seconds == 0
        assert (await client.set(30 * DAY)).seconds == 30 * DAY
        server.script = [answer(200, text) for text in (after, "", before)]
        assert (await client.set(0)).seconds == 0

    written = [each for each in server.requests if "PUT" in each.line]
    assert {each.line for each in written} == {"PUT /api/v3/configure/database HTTP/1.1"}
    assert [json.loads(each.body) for each in written] == [
        {"db": "air", "retention_period": "30d"},
        {"db": "air"},
    ]
    assert {each.headers["authorization"] for each in server.requests} == {"Bearer s3cret"}


@pytest.mark.parametrize(
    ("kind", "more", "text", "error"),
    [
        (InfluxKind.V1, {}, policies(), InfluxDatabaseError),
        (InfluxKind.V1, {"policy": "p"}, policies(["q", "1h0m0s", True]), InfluxPolicyError),
        (InfluxKind.V2, {"organisation": "home"}, '{"buckets":[]}', InfluxBucketError),
        (InfluxKind.V2, {"organisation": "home"}, "so?", InfluxBucketError),
    ],
)
async def test_a_place_that_is_not_there(
    server: ScriptedServer,
    kind: InfluxKind,
    more: dict[str, str],
    text: str,
    error: type[InfluxError],
) -> None:
    server.script = [answer(200, text)]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(error):
            await RetentionClient(session, target(server, kind, **more)).get()


async def test_an_organisation_may_be_an_id(server: ScriptedServer) -> None:
    bucket = {"id": "1", "retentionRules": []}
    server.script = [answer(200, json.dumps({"buckets": [bucket]}))] * 2
    async with aiohttp.ClientSession() as session:
        for organisation in ("home", "00000000000000aa"):
            own = target(server, InfluxKind.V2, organisation=organisation)
            assert (await RetentionClient(session, own).get()).seconds == 0
    assert [each.line.split()[1] for each in server.requests] == [
        "/api/v2/buckets?name=air&org=home",
        "/api/v2/buckets?name=air&orgID=00000000000000aa",
    ]


async def test_refusals(server: ScriptedServer) -> None:
    server.script = [answer(401, "{}")]
    async with aiohttp.ClientSession() as session:
        client = RetentionClient(session, target(server, InfluxKind.V2, organisation="home"))
        with pytest.raises(InfluxCredentialsError):
            await client.get()
        await server.__aexit__()
        with pytest.raises(InfluxClosedError) as caught:
            await client.get()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("before", "shard", "seconds", "wanted"),
    [
        (0, 7 * DAY, 30 * DAY, 0),  # shards of a week fit into a month
        (0, 7 * DAY, DAY, 3600),
        (0, 7 * DAY, 3 * DAY, DAY),
        (DAY, 3600, 3 * DAY, DAY),
        (DAY, 3600, 0, 7 * DAY),
        (DAY, 3600, 12 * 3600, 0),
        (365 * DAY, 7 * DAY, 0, 0),
        (365 * DAY, 0, DAY, 0),  # the server does not tell
    ],
)
def test_shards_follow_the_retention(before: int, shard: int, seconds: int, wanted: int) -> None:
    own = Retention(place="air", seconds=before, shard_seconds=shard)
    assert retention._new_shard_seconds(own, seconds) == wanted
