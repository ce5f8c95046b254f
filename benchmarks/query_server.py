"""The server of `benchmarks.query`: it sends InfluxDB's answers from memory."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from math import ceil

from aiohttp import web

from benchmarks.harness import serve

FIELDS = (
    *("aceton", "alcohol", "altitude", "co", "co2", "humidity", "nh4"),
    *("pressure", "seaLevelPressure", "temperature", "toulen"),
)
SMALL, LARGE = 25_818, 284_000
START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
_RANGE = re.compile(r"range\(start: ([^,]+), stop: ([^)]+)\)")


def generate_values(rows: int) -> Iterator[list[str]]:
    """Yield the values of each row as text: numbers that drift, the same in each run."""
    chance = random.Random(2)
    values = [chance.uniform(1, 1000) for _ in FIELDS]
    for _ in range(rows):
        values = [value * (1 + chance.uniform(-0.0005, 0.0005)) for value in values]
        yield [f"{value:.2f}".rstrip("0").rstrip(".") for value in values]


def _stamp(number: int) -> str:
    return f"{START + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"


class _Answers:
    """The answers to queries for `rows` rows, made before the first query."""

    def __init__(self, rows: int) -> None:
        numbers = list(generate_values(rows))
        self._rows = [
            f",,0,{_stamp(number)},{','.join(values)}\r\n" for number, values in enumerate(numbers)
        ]
        self._long = "".join(self._long_lines(numbers)) if rows <= SMALL else ""

    def _header(self, columns: str, types: str) -> str:
        count = types.count(",")
        return (
            f"#datatype,string,long,{types}\r\n#group,false,false{',false' * (count + 1)}\r\n"
            f"#default,_result,{',' * (count + 1)}\r\n,result,table,{columns}\r\n"
        )

    def _long_lines(self, numbers: list[list[str]]) -> Iterator[str]:
        yield self._header(
            "_start,_stop,_time,_value,_field,_measurement,device",
            "dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string",
        )
        bounds = f"{_stamp(0)},{_stamp(len(numbers))}"
        for table, field in enumerate(FIELDS):
            for number, values in enumerate(numbers):
                yield (
                    f",,{table},{bounds},{_stamp(number)},{values[table]},{field}"
                    ",sensor_data,nodemcu\r\n"
                )

    def of(self, query: str) -> Iterator[bytes]:
        """Yield the answer to a query: pivoted rows if it pivots, else a row for each value."""
        if "pivot" not in query:
            yield self._long.encode()
            return
        first, last = 0, len(self._rows)
        if found := _RANGE.search(query):
            first, last = (
                min(max(ceil((datetime.fromisoformat(text) - START).total_seconds()), 0), last)
                for text in found.groups()
            )
        yield self._header(
            f"_time,{','.join(FIELDS)}", "dateTime:RFC3339" + ",double" * 11
        ).encode()
        for some in batched(self._rows[first:last], 500, strict=False):
            yield "".join(some).encode()


async def serve_answers(rows: int) -> None:
    """Serve a history of `rows` rows on loopback until the process is ended."""
    answers = _Answers(rows)

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        response = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await response.prepare(request)
        for piece in answers.of(asked["query"]):
            await response.write(piece)
        await response.write(b"\r\n")
        return response

    application = web.Application()
    application.router.add_post("/api/v2/query", answer)
    await serve(application)
