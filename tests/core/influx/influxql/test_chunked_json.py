"""InfluxQL's answers in chunks of any size, as each version sends them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxBrokenError,
    InfluxError,
    InfluxMalformedError,
    InfluxQueryError,
    InfluxSpanError,
)
from custom_components.air_state.core.influx.influxql import chunked_json as influxql_json
from custom_components.air_state.core.influx.influxql.chunked_json import SeriesRows, read_series


def rows(statement: int, *values: list[Any], **more: Any) -> str:  # noqa: ANN401 - JSON
    series = {"name": "m", "columns": ["time", "f"], "values": list(values), **more}
    return json.dumps(
        {"results": [{"statement_id": statement, "series": [series]}]}, separators=(",", ":")
    )


async def read(text: str, size: int) -> list[SeriesRows]:
    async def pieces() -> AsyncIterator[bytes]:
        data = text.encode()
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return [each async for each in read_series(pieces(), "http://x")]


TRICKY = '}{"results":[\n'
OBJECTS = [
    rows(0, [1, 2.5], [2, None], tags={"device": TRICKY}),
    rows(0, [3, TRICKY], partial=True),
    '{"results":[{"statement_id":1}]}',
    rows(2, [4, True]),
]


@pytest.mark.parametrize("size", [1, 7, 20, 10**6])
@pytest.mark.parametrize("between", ["\n", "\r\n", "", "\n\n"])
async def test_objects_with_and_without_newlines_between(between: str, size: int) -> None:
    found = await read(between.join(OBJECTS) + between, size)

    assert [each.statement for each in found] == [0, 0, 2]
    assert [each.rows for each in found] == [
        [[1, 2.5], [2, None]],
        [[3, TRICKY]],
        [[4, True]],
    ]
    assert found[0].tags == {"device": TRICKY}
    assert found[1].columns == ("time", "f")


async def test_an_empty_answer_has_no_series() -> None:
    assert await read("", 1) == []
    assert await read('{"results":[{"statement_id":0}]}\n', 100) == []


FILES = "datafusion error: External error: Query would scan 432 Parquet files, exceeding …"


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ('{"error":"no such thing"}', InfluxQueryError, "no such thing"),
        ('{"results":[{"statement_id":0,"error":"late"}]}', InfluxQueryError, "late"),
        (
            OBJECTS[0] + '\n{"results":[{"statement_id":0,"series":[],"error":"later"}]}',
            InfluxQueryError,
            "later",
        ),
        (json.dumps({"results": [{"error": FILES}]}), InfluxSpanError, FILES),
        (OBJECTS[0] + '\n{"results":[{"sta', InfluxBrokenError, None),
        ('{"something":"else"}', InfluxMalformedError, None),
        ("[1, 2]", InfluxMalformedError, None),
    ],
)
async def test_errors_anywhere_in_an_answer(
    text: str, kind: type[InfluxError], reason: str | None
) -> None:
    for size in (3, 10**6):
        with pytest.raises(kind) as caught:
            await read(text, size)
        assert caught.value.details.get("reason") == reason


async def test_an_object_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influxql_json, "_MAX_PENDING_BYTES", 1000)
    with pytest.raises(InfluxBrokenError):
        await read('{"results":[' + "1," * 5000, 100)
