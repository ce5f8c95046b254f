"""JSON that is not quite JSON: what it means where that is certain, and where it is wrong."""

import json
import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import PayloadNotJsonError
from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason, Snapshot
from custom_components.air_state.core.station.lenient_json import read_json
from custom_components.air_state.core.station.payload import MAX_BYTES, parse_payload

KEY = ReadingKey("s", "p")
OTHER = ReadingKey("s", "q")


def parse(data: bytes) -> Snapshot:
    return parse_payload(data, 0)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        *(
            (word, RefusalReason.NOT_FINITE)
            for word in ("nan", "NaN", "NAN", "-nan", "inf", "+inf")
        ),
        *(
            (word, RefusalReason.NOT_FINITE)
            for word in ("-inf", "Infinity", "-Infinity", "INF", "ovf")
        ),
        ("1e999", RefusalReason.NOT_FINITE),
        ("1" * 400, RefusalReason.NOT_FINITE),
        ("1" * 60_000, RefusalReason.NOT_A_NUMBER),
        ("", RefusalReason.EMPTY),
        (" \n ", RefusalReason.EMPTY),
        ("null", RefusalReason.NULL),
    ],
)
def test_what_is_no_value_is_one_reading_that_is_missing(sent: str, reason: RefusalReason) -> None:
    for before, after in (("", ""), (" ", "\t"), ("\r\n  ", "\n")):
        value = before + sent + after
        for text in (
            f'{{"n": {{"s": {{"p":{value}, "q": 20.5}}}}}}',
            f'{{"n": {{"s": {{"q": 20.5, "p":{value}}}}}}}',
        ):
            snapshot = parse(text.encode())
            assert snapshot.readings == {OTHER: 20.5}
            assert [(each.key, each.reason) for each in snapshot.refused] == [(KEY, reason)]


@pytest.mark.parametrize(
    ("sent", "value"), [("+5", 5), (".5", 0.5), ("5.", 5), ("-.5e1", -5), ("007", 7)]
)
def test_numbers_in_a_form_that_json_does_not_know(sent: str, value: float) -> None:
    assert parse(f'{{"n": {{"s": {{"p": {sent}}}}}}}'.encode()).readings == {KEY: value}


def test_text_stays_what_it_is() -> None:
    text = (
        r'{"n": {"s": {"p": nan, "q": 1}}, "a": ": nan, :,", "b": "\\", "c": "\":}", "\":,": "inf"}'
    )

    found = read_json(text.encode())
    assert found == json.loads(text.replace('nan, "q', '"nan", "q'))


def test_an_empty_value_is_no_sign_that_the_station_is_starting() -> None:
    readings = parse(b'{"n": {"ds18b20": {"temperature": 0.0}, "dht22": {"humidity": }}}').readings
    assert readings == {ReadingKey("ds18b20", "temperature"): 0.0}


def test_whole_numbers_beside_what_was_repaired_stay_whole() -> None:
    digits = "123456789012345678"
    found = read_json(f"[nan, {digits}, {digits}9]".encode())
    assert isinstance(found, list)
    assert found == ["nan", int(digits), float(f"{digits}9")]
    assert [type(each) for each in found] == [str, int, float]


def test_lists_beside_the_readings_cost_nothing() -> None:
    data = b'{"n": {"s": {"p": 1}}, "errors": [nan, 1,-inf ,nan], "uptime": 300}'

    assert parse(data).readings == {KEY: 1.0}
    said = read_json(data)
    assert isinstance(said, dict)
    assert (said["errors"], said["uptime"]) == (["nan", 1, "-inf", "nan"], 300)


@pytest.mark.parametrize(
    "text",
    [
        b"\xb0C",  # the degree sign, as Latin-1 has it
        b"\xc3",  # a letter that was cut in half
        b"\xff\xfe\x80",
        b"\xed\xa0\x80",  # a surrogate by itself
        rb"\ud800",
        b"line\nbreak\tand \x01",
    ],
)
def test_a_damaged_text_beside_the_readings_costs_nothing(text: bytes) -> None:
    data = b'{"n": {"s": {"p": "20.5"}, "unit": "' + text + b'"}, "note": "' + text + b'"}'
    assert parse(data).readings == {KEY: 20.5}


def test_names_that_are_not_utf_8_stay_apart() -> None:
    readings = parse(b'{"n": {"K\xfcche": {"p": 1}, "K\xf6che": {"p": 2}}}').readings
    assert readings == {ReadingKey("Küche", "p"): 1.0, ReadingKey("Köche", "p"): 2.0}


@pytest.mark.parametrize(
    ("text", "place", "excerpt"),
    [
        ('{"n": {"s": {"p": 12.3 C}}}', 24, '"n": {"s": {"p": 12.3 →C}}}'),
        ('{"n": {"s": {"p": nan, "q": inf, "r": ?}}}', 39, 'nan, "q": inf, "r": →?}}}'),
        ('{"n": {"s": {"p":, "q":, "r": ?}}}', 31, '{"p":, "q":, "r": →?}}}'),
        ('{"n": {"s": {"p": 5', 20, '{"n": {"s": {"p": 5→'),
        ('{"n": {"s": {"p": nan', 22, 'n": {"s": {"p": nan→'),
        ('{"n": {"s": {"p": warm}}}', 19, '{"n": {"s": {"p": →warm}}}'),
        ('{"n": {"s": {nan: 5}}}', 14, '{"n": {"s": {→nan: 5}}}'),
        ('{"n": {"s": {"p": 5,, "q": 6}}}', 21, '{"n": {"s": {"p": 5,→, "q": 6}}}'),
        ('{"n": {"s": {"p": 5, nan: 6}}}', 22, '"n": {"s": {"p": 5, →nan: 6}}}'),
        ("", 1, "→"),
        ("{}\n{}", 4, "{} →{}"),
        ('{"\x07": ?}', 7, '{" ": →?}'),
    ],
)
def test_an_error_shows_its_place(text: str, place: int, excerpt: str) -> None:
    with pytest.raises(PayloadNotJsonError) as caught:
        read_json(text.encode())
    details = caught.value.details
    assert details["place"] == str(place)
    before, _, after = details["excerpt"].partition("→")
    assert excerpt.endswith(f"{before[-10:]}→{after}"), details
    shown = text.replace("\n", " ").replace("\x07", " ")
    assert before == shown[max(0, place - 21) : place - 1]
    assert after == shown[place - 1 : place + 19]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_json_beside_what_was_repaired_is_read_as_it_is(value: object) -> None:
    text = json.dumps([value, "x"], ensure_ascii=False)[:-1] + ", nan]"
    assert read_json(text.encode()) == [
        json.loads(json.dumps(value)),
        "x",
        "nan",
    ]


type TraceFunction = Callable[[FrameType, str, object], TraceFunction]


def steps(work: Callable[[], object]) -> int:
    """Return how many lines of Python some work takes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return note

    sys.settrace(note)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize(
    "piece", [b",", b":", b"[", b'{"a":', b'"a":,', b'"', b"\\", b"nan,", b":nan}", b"\xff"]
)
def test_the_largest_answers_take_steps_in_proportion(piece: bytes) -> None:
    def read(size: int) -> Callable[[], object]:
        def work() -> object:
            try:
                return parse(b"[" + piece * (size // len(piece)))
            except PayloadNotJsonError as error:
                return error

        return work

    small, large = steps(read(MAX_BYTES // 8)), steps(read(MAX_BYTES - 1))
    assert large <= 9 * small + 100
