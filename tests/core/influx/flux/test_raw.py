"""Raw queries in Flux to a server on loopback that answers by a script."""

import asyncio
import json

import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxQueryError,
)
from custom_components.air_state.core.influx.target import InfluxKind
from tests.core.influx.queries.raw_queries import (
    CSV,
    TOKEN,
    by_flux,
    query,
)
from tests.core.influx.scripted_server import ScriptedServer, answer


async def test_tables_of_flux(server: ScriptedServer) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query("from(bucket)"))

    assert [(each.result, each.key) for each in found.tables] == [
        ("mine", {"device": 'a "b"'}),
        ("mine", {"device": "c"}),
        ("other", {}),
    ]
    columns = [(each.name, each.type) for each in found.tables[0].columns]
    assert columns == [
        *(("_time", "time"), ("device", "string"), ("_value", "double"), ("count", "long")),
        *(("ok", "boolean"), ("took", "duration"), ("bytes", "unsignedLong")),
    ]
    assert found.tables[0].rows == [
        ["2026-07-01T14:00:00.123456789+02:00", 'a "b"', 1.5, 7, True, "1h", 2**64 - 1],
        ["2026-01-01T13:00:00+01:00", 'a "b"', None, None, False, None, None],
    ]
    assert found.tables[1].rows == [
        ["2026-01-01T13:00:00.5+01:00", "c", None, -1, None, None, None]
    ]
    assert (found.row_count, found.truncated) == (4, False)
    (request,) = server.requests
    assert request.line == "POST /api/v2/query?org=home HTTP/1.1"
    assert request.headers["authorization"] == f"Token {TOKEN}"
    assert request.headers["accept-encoding"] == "identity"
    body = json.loads(request.body)
    assert body["query"] == "from(bucket)"
    assert body["dialect"]["annotations"] == ["datatype", "group", "default"]
    assert "extern" not in body


@pytest.mark.parametrize(
    ("limit", "cells", "rows"), [(4, 99, 4), (3, 99, 3), (1, 99, 1), (99, 20, 2), (99, 99, 4)]
)
async def test_limits_cut_tables_of_flux_short(
    server: ScriptedServer, limit: int, cells: int, rows: int
) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    found = await by_flux(server, query(limit=limit, cells=cells))
    assert (found.row_count, found.truncated) == (rows, rows < 4)


async def test_parameters_for_1_8_are_assigned_after_the_imports(server: ScriptedServer) -> None:
    server.script = [answer(200, CSV, "text/csv")]
    text = 'package main // "x"\nimport s "strings"\n  import "date"\nfrom(bucket: b)'
    await by_flux(server, query(text, {"b": 'a"b'}), InfluxKind.V1_FLUX)

    assert json.loads(server.requests[0].body)["query"] == (
        'package main // "x"\nimport s "strings"\n  import "date"\n b = "a\\"b" from(bucket: b)'
    )


@pytest.mark.parametrize(
    ("text", "said", "shown"),
    [
        ('import "x" foo()', "type error 1:{}-1:{}: undefined", "type error 1:12-1:15: undefined"),
        ('import "x"\nfoo()', "loc 1:1-1:5: at 2:{}", "loc 1:1-1:5: at 2:1"),
        ('import "x"\n\nfoo()', "error 2:99 and 3:{}", "error 2:99 and 3:1"),
    ],
)
async def test_messages_of_1_8_have_the_columns_of_the_written_query(
    server: ScriptedServer, text: str, said: str, shown: str
) -> None:
    async def mistaken(writer: asyncio.StreamWriter) -> None:
        asked = json.loads(server.requests[-1].body)["query"]
        at = asked.rindex("foo") - (asked.rfind("\n", 0, asked.rindex("foo")) + 1) + 1
        reason = said.format(at, at + 3)
        await answer(500, json.dumps({"error": reason}))(writer)

    server.script = [mistaken]
    with pytest.raises(InfluxQueryError) as caught:
        await by_flux(server, query(text, {"v": "value"}), InfluxKind.V1_FLUX)
    assert caught.value.details["reason"] == shown
