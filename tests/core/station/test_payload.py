"""Which readings a payload has, and why a value or a payload is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import (
    PayloadEmptyError,
    PayloadNotJsonError,
    PayloadPageError,
    PayloadShapeError,
    PayloadTooLargeError,
)
from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason
from custom_components.air_state.core.domain.parameters import convert, unit_factor
from custom_components.air_state.core.station.payload import MAX_BYTES, parse_payload
from tests.core.station.parsing import HUMIDITY, PRESSURE, T_DHT, parse, refused
from tests.payloads import OLD_SKETCH, device, encode, payload


def test_reads_all_readings_of_the_first_firmware() -> None:
    snapshot = parse(payload())

    assert snapshot.device == "nodemcu"
    assert snapshot.taken_at == 1_700_000_000_000
    assert len(snapshot.readings) == 13
    assert snapshot.readings[T_DHT] == 21.2
    assert snapshot.readings[ReadingKey("bmp180", "seaLevelPressure")] == 1013.03
    assert snapshot.readings[ReadingKey("mq135", "aceton")] == 0.41
    assert snapshot.refused == ()


def test_numbers_and_text_are_the_same() -> None:
    as_numbers = {
        sensor: {name: float(str(value)) for name, value in parameters.items()}
        for sensor, parameters in OLD_SKETCH.items()
    }

    assert parse(encode({"nodemcu": as_numbers})).readings == parse(payload()).readings


def test_metadata_beside_the_device_is_passed_over() -> None:
    data = encode({"fw": "2.0", "station": {"id": "aa", "up": 3}, "nodemcu": device()})

    assert parse(data) == parse(payload())


def test_any_names_work() -> None:
    snapshot = parse(encode({"Balkon": {"sds011": {"pm2.5 µg": 7}, "x y": {"Ж": "-3e1"}}}))

    assert snapshot.device == "Balkon"
    assert snapshot.readings == {
        ReadingKey("sds011", "pm2.5 µg"): 7.0,
        ReadingKey("x y", "Ж"): -30.0,
    }


def test_the_known_device_counts_wherever_it_stands() -> None:
    data = encode({"other": {"s": {"p": 1}}, "nodemcu": {"s": {"p": 2}}})

    assert parse_payload(data, 0).device == "other"
    assert parse_payload(data, 0, device="nodemcu").readings == {ReadingKey("s", "p"): 2.0}
    assert parse_payload(data, 0, device="gone").device == "other"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("", RefusalReason.EMPTY),
        ("  ", RefusalReason.EMPTY),
        (None, RefusalReason.NULL),
        ("nan", RefusalReason.NOT_FINITE),
        ("-inf", RefusalReason.NOT_FINITE),
        ("INF", RefusalReason.NOT_FINITE),
        ("ovf", RefusalReason.NOT_FINITE),
        ("1e999", RefusalReason.NOT_FINITE),
        ("warm", RefusalReason.NOT_A_NUMBER),
        ("1_000", RefusalReason.NOT_A_NUMBER),
        ("٣", RefusalReason.NOT_A_NUMBER),
        ("0x10", RefusalReason.NOT_A_NUMBER),
        (True, RefusalReason.NOT_A_NUMBER),
        ([21], RefusalReason.NOT_A_NUMBER),
        ("1" * 60_000 + " C", RefusalReason.NOT_A_NUMBER),
        ("1" * 400, RefusalReason.NOT_FINITE),
        ("0" * 401, RefusalReason.NOT_A_NUMBER),
        ({"value": 21}, RefusalReason.NOT_A_NUMBER),
        ("80.01", RefusalReason.OUT_OF_RANGE),
        ("-40.01", RefusalReason.OUT_OF_RANGE),
    ],
)
def test_what_is_no_reading_is_missing(sent: object, reason: RefusalReason) -> None:
    snapshot = parse(payload(dht22={"temperature": sent}))

    assert refused(snapshot) == {T_DHT: reason}
    assert T_DHT not in snapshot.readings
    assert len(snapshot.readings) == 12


@pytest.mark.parametrize(
    ("sent", "value"),
    [("80", 80.0), (" 21.5 ", 21.5), ("+.5", 0.5), ("2e1", 20.0), (-40, -40.0), ("5.", 5.0)],
)
def test_spellings_of_numbers(sent: object, value: float) -> None:
    assert parse(payload(dht22={"temperature": sent})).readings[T_DHT] == value


def test_what_was_sent_is_kept_short_and_printable() -> None:
    snapshot = parse(payload(dht22={"temperature": "x\n" + "y" * 50, "humidity": {"a": "b" * 99}}))

    texts = {refusal.key: refusal.sent for refusal in snapshot.refused}
    assert texts[T_DHT] == "x\N{REPLACEMENT CHARACTER}" + "y" * 37 + "…"
    assert len(texts[HUMIDITY]) == 40


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("998.42", 998.42),  # as the first firmware sends it
        ("300", 300),
        ("1100", 1100),
        ("102440", 1024.4),  # times 0.01 it would be 1024.4 and a little
        ("102440.00", 1024.4),
        ("99512.34", 995.1234),
        (99842, 998.42),
        (30_000, 300),
        (110_000.0, 1100),
        ("9.9842e4", 998.42),
    ],
)
def test_pressure_is_in_hectopascal_however_it_was_sent(sent: object, kept: float) -> None:
    sensor = {"pressure": sent, "seaLevelPressure": sent}
    readings = parse(payload(bmp180=sensor)).readings

    assert readings[PRESSURE] == kept
    assert readings[ReadingKey("bmp180", "seaLevelPressure")] == kept


@given(st.integers(3_000_000, 11_000_000))
def test_a_pressure_in_pascal_has_the_decimals_that_were_sent(hundredths: int) -> None:
    sent = f"{hundredths // 100}.{hundredths % 100:02}"
    kept = parse(payload(bmp180={"pressure": sent})).readings[PRESSURE]

    assert f"{kept:.4f}" == f"{Decimal(sent) / 100:.4f}"
    assert len(repr(kept)) <= len("1234.5678")
    assert convert(kept, unit_factor("pressure", "Pa")) == float(sent)


def test_units_that_values_can_be_converted_to() -> None:
    assert unit_factor("pressure", "hPa") == unit_factor("humidity", "%") == 1
    assert unit_factor("seaLevelPressure", "Pa") == 100
    assert convert(convert(1024.43, 100), 1 / unit_factor("pressure", "Pa")) == 1024.43
    for parameter, unit in (("pressure", "psi"), ("temperature", "Pa"), ("glow", "Pa")):
        with pytest.raises(ValueError, match=unit):
            unit_factor(parameter, unit)


# Bounds.


def test_too_many_bytes() -> None:
    with pytest.raises(PayloadTooLargeError, match="64 KiB"):
        parse(payload() + b" " * MAX_BYTES)


def test_too_many_readings() -> None:
    many = {f"s{n}": {f"p{m}": 1 for m in range(20)} for n in range(10)}
    assert len(parse(encode({"n": many})).readings) == 200

    with pytest.raises(PayloadTooLargeError, match="200 readings"):
        parse(encode({"n": {**many, "one": {"more": 1}}}))


def test_the_longest_name_and_the_largest_payload() -> None:
    name = "x" * 64
    data = encode({name: {name: {name: 1}}}).ljust(MAX_BYTES)

    assert parse(data).readings == {ReadingKey(name, name): 1.0}


def test_an_error_shows_three_refused_values() -> None:
    with pytest.raises(PayloadEmptyError) as caught:
        parse(encode({"n": {"s": {"a": None, "b": "", "c": "x", "d": "nan"}}}))
    assert caught.value.details["refused"] == "s.a (null), s.b (empty), s.c (not a number)"
    with pytest.raises(PayloadEmptyError, match="refused: -"):
        parse(encode({"n": {"s": {}}}))


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "\u202e", "\x00"])
def test_names_that_are_none(name: str) -> None:
    snapshot = parse(encode({"n": {"s": {name: 1, "p": 2}, name: {"q": 3}}}))

    assert snapshot.readings == {ReadingKey("s", "p"): 2.0}
    assert [refusal.reason for refusal in snapshot.refused] == [RefusalReason.BAD_NAME] * 2
    assert all(str(refusal.key).isprintable() for refusal in snapshot.refused)
    with pytest.raises(PayloadShapeError):
        parse(encode({name: {"s": {"p": 1}}}))


def test_what_is_no_sensor_is_refused_by_itself() -> None:
    snapshot = parse(encode({"n": {"s": {"p": 2}, "uptime": 7}}))

    assert snapshot.readings == {ReadingKey("s", "p"): 2.0}
    assert refused(snapshot) == {ReadingKey("uptime", ""): RefusalReason.NOT_AN_OBJECT}


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"", 1), (b"{", 2), (b"\xff\xfe", 1), (b"nan", 1), (b"[" * 20_000, 1026), (b'{"a":nan]', 9)],
)
def test_not_json(data: bytes, place: int) -> None:
    with pytest.raises(PayloadNotJsonError, match=f"place: {place}, "):
        parse(data)


def test_a_web_page_is_called_so() -> None:
    page = b"\r\n<!DOCTYPE html><html><head><TITLE lang=de>\n FRITZ!Box  7590</title>"
    with pytest.raises(PayloadPageError, match=r"title: FRITZ!Box 7590$"):
        parse(page)
    with pytest.raises(PayloadPageError, match="title: -"):
        parse(b"<html>" + b"<title" * 10_000)


@pytest.mark.parametrize(
    "value",
    [
        [],
        1,
        "text",
        {"a": float("nan")},
        None,
        {},
        {"n": 1},
        {"n": {}},
        {"n": {"temperature": 21}},
        [{"n": {"s": {}}}],
    ],
)
def test_json_of_something_else(value: object) -> None:
    with pytest.raises(PayloadShapeError):
        parse(encode(value))


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse(b"\xef\xbb\xbf" + payload()) == parse(payload())
