"""Annotated CSV in chunks of any size gives the same rows as the whole read by Python's csv."""

import asyncio
import csv
import io
import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import Block
from custom_components.air_state.core.influx.errors import InfluxBrokenError, InfluxQueryError
from custom_components.air_state.core.influx.flux import annotated_csv
from custom_components.air_state.core.influx.flux.annotated_csv import read_records
from custom_components.air_state.core.influx.flux.rows import _RowReader, read_rows

FIELDS = ("co2", "temperature")
HEAD = (
    "#datatype,string,long,dateTime:RFC3339,double,double\r\n"
    "#group,false,false,false,false,false\r\n"
    "#default,_result,,,,\r\n"
    ",result,table,_time,co2,temperature\r\n"
)
ERROR = (
    "\r\n#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n"
    ',"out of ""memory"", sorry",897\r\n'
)

type Row = tuple[int, float | None, float | None]


def stamp(second: int, fraction: str = "") -> str:
    moment = datetime(2026, 1, 1, 23, 59, 50, tzinfo=UTC) + timedelta(seconds=second)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def body(*rows: str) -> bytes:
    return (HEAD + "".join(f",,0,{row}\r\n" for row in rows) + "\r\n").encode()


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(0)


async def rows_of(data: bytes, size: int = 10**9, fields: Sequence[str] = FIELDS) -> list[Row]:
    found: list[Row] = []
    async for block in read_rows(pieces(data, size), fields, "http://x"):
        assert block.times
        found += zip(block.times, *block.columns, strict=True)
    return found


def reference(data: bytes, fields: Sequence[str] = FIELDS) -> list[Row]:
    """Return the rows as Python's csv reads them, cell by cell."""
    found: list[Row] = []
    header: list[str] = []
    for record in csv.reader(io.StringIO(data.decode(), newline="")):
        if not record or record[0].startswith("#"):
            header = []
        elif not header:
            header = record
        else:
            cells = dict(zip(header, record, strict=True))
            text, _, fraction = cells["_time"].rstrip("Z").partition(".")
            whole = int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000
            values = [float(cells[each]) if cells.get(each) else math.nan for each in fields]
            co2, temperature = (each if math.isfinite(each) else None for each in values)
            found.append((whole + int(fraction.ljust(3, "0")[:3] or 0), co2, temperature))
    return found


ODD = {
    "plain": body(*(f"{stamp(n)},{400 + n}.25,{n}" for n in range(40))),
    "fractions": body(
        *(
            f"{stamp(n, fraction)},1,2"
            for n, fraction in enumerate((".1", ".123", ".123456789", ""))
        )
    ),
    "holes": body(f"{stamp(0)},,", f"{stamp(1)},1,", f"{stamp(2)},,2", f"{stamp(3)},,"),
    "no rows": HEAD.encode() + b"\r\n",
    "nothing": b"\r\n",
    "not finite": body(f"{stamp(0)},NaN,1", f"{stamp(1)},+Inf,2", f"{stamp(2)},-Inf,3"),
    "numbers": body(
        f"{stamp(0)},-0.5,100000000000000000000", f"{stamp(1)},0.0000001,12345678901234567"
    ),
    "quotes": body(f'{stamp(0)},"1.5",2', f"{stamp(1)},3,4"),
    "a second table": body(f"{stamp(0)},1,2").rstrip()
    + b"\r\n"
    + f",,1,{stamp(1)},3,4\r\n,,1,{stamp(2)},5,6\r\n\r\n".encode(),
    "a second head": body(f"{stamp(0)},1,2")
    + (
        "#datatype,string,long,double,dateTime:RFC3339\r\n#group,false,false,false,false\r\n"
        f"#default,_result,,,\r\n,result,table,co2,_time\r\n,,1,7,{stamp(9)}\r\n\r\n"
    ).encode(),
    "a named result": body(f"{stamp(0)},1,2").replace(b",,0,", b",mine,0,"),
    "time last, as 1.8 has it": (
        f",result,table,co2,temperature,_time\r\n,,0,1,2,{stamp(0)}\r\n,,0,,4,{stamp(1)}\r\n\r\n"
    ).encode(),
    "a column besides": (
        ",result,table,_time,co2,note,temperature\r\n"
        f',,0,{stamp(0)},1,"a:b,\n\r\nc",2\r\n,,0,{stamp(1)},3,12:30,4\r\n\r\n'
    ).encode(),
}


@pytest.mark.parametrize("size", [1, 7, 64, 10**6])
@pytest.mark.parametrize("name", ODD)
async def test_the_same_as_read_by_csv(name: str, size: int) -> None:
    assert await rows_of(ODD[name], size) == reference(ODD[name])


cells = st.none() | st.floats(-1e20, 1e20) | st.integers(-(10**15), 10**15)
moments = st.integers(0, 4_000_000_000_000)


def written(cell: float | None) -> str:
    return "" if cell is None else f"{cell:f}".rstrip("0").rstrip(".")


@given(st.lists(st.tuples(moments, cells, cells), max_size=60), st.integers(1, 3000))
async def test_any_rows_in_chunks_of_any_size(
    rows: list[tuple[int, float | None, float | None]], size: int
) -> None:
    lines = [
        f"{datetime.fromtimestamp(moment // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{moment % 1000:03}Z,"
        f"{written(one)},{written(other)}"
        for moment, one, other in sorted(rows, key=lambda row: row[0])
    ]
    data = body(*lines)

    assert await rows_of(data, size) == reference(data)


async def test_fields_by_the_names_of_flux_itself() -> None:
    data = (
        ",result,table,_time,error,reference,result,table\r\n"
        f",,0,{stamp(0)},1,2,3,4\r\n,,0,{stamp(1)},5,,7,8\r\n\r\n"
    ).encode()
    for size in (1, 10**6):
        found = await rows_of(data, size, ("table", "error"))
        assert [row[1:] for row in found] == [(4.0, 1.0), (8.0, 5.0)]


async def test_a_field_without_values_is_empty() -> None:
    data = body(*(f"{stamp(n)},1,2" for n in range(9)))
    found = await rows_of(data, 100, ("temperature", "none"))
    assert {row[1:] for row in found} == {(2.0, None)}


async def test_numbers_go_by_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> Block:
        raise AssertionError

    data = body(*(f"{stamp(n)},{n},{n}.5" for n in range(20)), *(f"{stamp(20)},,5",))
    head, rest = data[: len(HEAD)], data[len(HEAD) :]
    monkeypatch.setattr(_RowReader, "_parse_batch", slow)

    async def chunks() -> AsyncIterator[bytes]:
        yield head
        yield rest[: rest.index(stamp(10).encode()) - 4]  # up to midnight
        yield rest[rest.index(stamp(10).encode()) - 4 : -2]
        yield rest[-2:]

    found = [block async for block in read_rows(chunks(), FIELDS, "http://x")]
    assert [len(block.times) for block in found] == [10, 11]
    assert list(found[0].columns[1]) == [n + 0.5 for n in range(10)]


@pytest.mark.parametrize("size", [1, 50, 10**6])
async def test_an_error_within_an_answer_is_raised(size: int) -> None:
    data = body(f"{stamp(0)},1,2") + ERROR.encode()
    with pytest.raises(InfluxQueryError) as caught:
        await rows_of(data, size)
    assert caught.value.details == {"reason": 'out of "memory", sorry'}

    with pytest.raises(InfluxQueryError):
        await rows_of(ERROR.encode(), size)


async def test_other_tasks_run_in_between() -> None:
    data = body(*(f"{stamp(n)},{n},{n}.5" for n in range(20_000)))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def at_once() -> AsyncIterator[bytes]:
        yield data

    counting = asyncio.create_task(count())
    rows = [len(block.times) async for block in read_rows(at_once(), FIELDS, "http://x")]
    counting.cancel()
    assert sum(rows) == 20_000
    assert turns >= len(data) // annotated_csv.BATCH_BYTES
    assert max(rows) < 3_000


async def test_each_line_of_a_text_is_searched_once() -> None:
    """This took minutes when each line was counted from the beginning."""
    lines = "line\n" * 20_000
    data = f',result,table,_value\r\n,,0,"{lines}"\r\n,,0,"b"\r\n\r\n'.encode()
    for size in (10_000, 10**6):
        portions = [each async for each in read_records(pieces(data, size), "http://x")]
        cells = [record[3] for _, records, _ in portions for record in records]
        assert cells == [lines, "b"]


@pytest.mark.parametrize("in_quotes", [False, True])
@given(data=st.text('a"\n', max_size=12))
def test_where_the_last_record_ends(in_quotes: bool, data: str) -> None:  # noqa: FBT001 - a case
    new = data.encode()
    ends = [
        place + 1
        for place, byte in enumerate(new)
        if byte == 10 and in_quotes == bool(new[place + 1 :].count(b'"') % 2)
    ]
    assert annotated_csv._end_of_records(new, in_quotes=in_quotes) == max(ends, default=0)


async def test_a_text_that_is_too_long_is_an_error() -> None:
    data = f",result,table,_value\r\n,,0,{'x' * 200_000}\r\n\r\n".encode()
    with pytest.raises(InfluxQueryError) as caught:
        [each async for each in read_records(pieces(data, 65_536), "http://x")]
    assert "larger than field limit" in caught.value.details["reason"]


async def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotated_csv, "_MAX_PENDING_BYTES", 1000)
    with pytest.raises(InfluxBrokenError):
        await rows_of(b'"' + b"x" * 5000, 100)


async def test_headers_have_types_groups_and_defaults() -> None:
    data = (
        b"#datatype,string,long,string,double\r\n#group,false,false,true,false\r\n"
        b'#default,mine,,"de,f",\r\n,result,table,device,_value\r\n,,0,,5\r\n,,0,"a\r\nb",\r\n\r\n'
    )
    for size in (1, 1000):
        portions = [each async for each in read_records(pieces(data, size), "http://x")]
        head = portions[0][0]
        assert head.datatypes[1:] == ("string", "long", "string", "double")
        assert head.grouped == (False, False, False, True, False)
        records = [record for _, found, _ in portions for record in found]
        assert [head.cell(each, "device") for each in records] == ["de,f", "a\r\nb"]
        assert [head.cell(each, "result") for each in records] == ["mine", "mine"]
        assert [head.cell(each, "nope") for each in records] == ["", ""]
