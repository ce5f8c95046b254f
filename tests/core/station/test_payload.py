"""What becomes of everything that stations send.

The numbers in the quirk tests are those of docs/payload.md.
"""

import json
import random
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import (
    PayloadEmptyError,
    PayloadError,
    PayloadNotJsonError,
    PayloadPageError,
    PayloadShapeError,
    PayloadTooLargeError,
)
from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason, Snapshot
from custom_components.air_state.core.domain.parameters import convert, unit_factor
from custom_components.air_state.core.station.payload import MAX_BYTES, parse_payload
from tests.payloads import OLD_SKETCH, device, encode, payload

T_BMP = ReadingKey("bmp180", "temperature")
T_DHT = ReadingKey("dht22", "temperature")
T_DS = ReadingKey("ds18b20", "temperature")
HUMIDITY = ReadingKey("dht22", "humidity")
PRESSURE = ReadingKey("bmp180", "pressure")
CO2 = ReadingKey("mq135", "co2")
FLT_MAX = "340282346638528859811704183484516925440.00"


def parse(data: bytes) -> Snapshot:
    return parse_payload(data, 1_700_000_000_000)


def refused(snapshot: Snapshot) -> dict[ReadingKey, RefusalReason]:
    return {refusal.key: refusal.reason for refusal in snapshot.refused}


def test_reads_all_readings_of_the_old_sketch() -> None:
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


# Quirks of the old sketch, by their number in docs/payload.md.


def test_quirk_1_the_first_seconds_after_a_start_hold_nothing() -> None:
    empty: dict[str, dict[str, object]] = {
        sensor: dict.fromkeys(parameters, "") for sensor, parameters in OLD_SKETCH.items()
    }
    empty["ds18b20"]["temperature"] = "0.00"

    with pytest.raises(PayloadEmptyError, match=r"mq135.co .empty."):
        parse(encode({"nodemcu": empty}))

    # The zero looks valid even when some sensors have begun to answer.
    half = parse(payload(mq135={"co": ""}, ds18b20={"temperature": "0.00"}))
    assert refused(half)[T_DS] is RefusalReason.STARTING
    # Without the empty text beside it, it is a cold day.
    assert parse(payload(ds18b20={"temperature": "0.00"})).readings[T_DS] == 0.0


def test_quirk_2_cut_off_answers_are_no_answers() -> None:
    whole = payload()

    for length in range(len(whole)):
        with pytest.raises(PayloadError):
            parse(whole[:length])


@pytest.mark.parametrize("pressure", ["12.00", "250000.00", "-3.00", "2147483647", "1101"])
def test_quirk_3_a_lost_bmp180_sends_absurd_numbers(pressure: str) -> None:
    snapshot = parse(payload(bmp180={"pressure": pressure, "temperature": "128.10"}))

    assert refused(snapshot) == {
        T_BMP: RefusalReason.OUT_OF_RANGE,
        PRESSURE: RefusalReason.OUT_OF_RANGE,
    }


def test_quirk_4_altitude_is_constant_and_kept_as_sent() -> None:
    assert parse(payload()).readings[ReadingKey("bmp180", "altitude")] == 149.75


@pytest.mark.parametrize("present", range(9))
@pytest.mark.parametrize("room", [15.0, 21.0, 27.0])
def test_quirk_5_an_average_with_absent_probes_is_missing(present: int, room: float) -> None:
    average = (present * room - 127 * (8 - present)) / 8
    snapshot = parse(
        payload(
            ds18b20={"temperature": f"{average:.2f}"},
            bmp180={"temperature": f"{room + 0.8:.2f}"},
            dht22={"temperature": f"{room - 0.4:.2f}"},
        )
    )

    if present == 8:
        assert snapshot.readings[T_DS] == pytest.approx(room)
    else:
        expected = RefusalReason.OUT_OF_RANGE if average < -55 else RefusalReason.PROBE_AVERAGED
        assert refused(snapshot) == {T_DS: expected}


def test_quirk_5_does_not_concern_other_firmware() -> None:
    sensors = device(ds18b20={"temperature": "2.50"})
    del sensors["mq135"]

    assert parse(encode({"nodemcu": sensors})).readings[T_DS] == 2.5  # a probe outdoors
    alone = {sensor: dict.fromkeys(names, "nan") for sensor, names in OLD_SKETCH.items()}
    alone["ds18b20"] = {"temperature": "2.50"}
    assert parse(encode({"nodemcu": alone})).readings == {T_DS: 2.5}  # nothing to compare with


@pytest.mark.parametrize(
    ("sent", "reason"), [("-127.00", RefusalReason.OUT_OF_RANGE), ("85.00", RefusalReason.POWER_ON)]
)
def test_quirk_5_single_probes_give_their_fault_values(sent: str, reason: RefusalReason) -> None:
    assert refused(parse(payload(ds18b20={"temperature": sent}))) == {T_DS: reason}
    named = parse(encode({"n": {"DS18B20_attic": {"temperature": sent}, "s": {"p": 1}}}))
    assert refused(named) == {ReadingKey("DS18B20_attic", "temperature"): reason}


def test_quirk_7_a_dead_dht22_line_is_missing_but_frozen_values_pass() -> None:
    zeros = parse(payload(dht22={"temperature": "0.00", "humidity": "0.00"}))
    assert refused(zeros) == {
        T_DHT: RefusalReason.FAULT_PATTERN,
        HUMIDITY: RefusalReason.FAULT_PATTERN,
    }
    other = parse(encode({"n": {"AM2302": {"Temperature": 0, "RH": 0, "errors": 0}}}))
    assert refused(other).keys() == {ReadingKey("AM2302", name) for name in ("Temperature", "RH")}
    # Nothing tells a frozen value from a steady one.
    assert parse(payload()).readings[T_DHT] == parse(payload()).readings[T_DHT] == 21.2
    assert parse(payload(dht22={"temperature": "0.00"})).readings[T_DHT] == 0.0


def test_quirk_8_the_first_reading_after_calibration_is_a_value_like_any_other() -> None:
    first = {
        "co": "3.91",
        "co2": "402.83",
        "nh4": "4.30",
        "alcohol": "1.31",
        "toulen": "0.54",
        "aceton": "0.46",
    }

    assert parse(payload(mq135=dict(first))).readings[CO2] == 402.83


def test_quirk_9_and_10_gases_that_say_little_are_kept_as_sent() -> None:
    gases = {"co2": "402.10", "co": "3.00", "nh4": "3.52"}
    readings = parse(payload(mq135=dict(gases))).readings

    assert {name: readings[ReadingKey("mq135", name)] for name in gases} == {
        "co2": 402.1,
        "co": 3.0,
        "nh4": 3.52,
    }


def test_quirk_14_text_without_units_or_identity_is_enough() -> None:
    snapshot = parse(b'{"nodemcu": {"dht22": {"humidity": "45.10"}}}')

    assert (snapshot.device, snapshot.readings) == ("nodemcu", {HUMIDITY: 45.1})


def test_quirk_16_and_17_repeated_and_mixed_rounds_are_kept() -> None:
    first, again = parse(payload()), parse_payload(payload(), 1_700_000_001_000)
    assert again.readings == first.readings
    assert again.taken_at == first.taken_at + 1000
    # Half of this answer is of the round before: nothing shows it.
    assert not parse(payload(mq135={"co": "9.99"})).refused


ZEROS: dict[str, object] = dict.fromkeys(OLD_SKETCH["mq135"], "0.00")


def test_quirk_11_a_failed_mq135_is_missing() -> None:
    for fault in ("nan", "inf", FLT_MAX):
        snapshot = parse(payload(mq135=dict.fromkeys(ZEROS, fault)))
        assert {key.sensor for key in refused(snapshot)} == {"mq135"}
        assert len(snapshot.readings) == 7

    dead = parse(payload(mq135={**ZEROS, "co2": "400.00"}))
    assert set(refused(dead).values()) == {RefusalReason.FAULT_PATTERN}
    others = {name: "0.00" for name in ZEROS if name != "co2"}
    shouting = parse(
        encode({"x": {"mq135": {**others, "CO2": "400.00"}, "dht22": {"humidity": 45}}})
    )
    assert set(refused(shouting).values()) == {RefusalReason.FAULT_PATTERN}
    assert len(refused(dead)) == 6
    # One gas that is there makes it a measurement.
    assert not parse(payload(mq135={**ZEROS, "co2": "400.00", "co": "0.01"})).refused


def test_quirk_13_minus_zero_is_zero() -> None:
    value = parse(payload(dht22={"temperature": "-0.00"})).readings[T_DHT]

    assert str(value) == "0.0"


def test_quirk_15_keys_stay_as_sent() -> None:
    names = {key.parameter for key in parse(payload()).readings}

    assert {"aceton", "toulen", "nh4", "seaLevelPressure"} <= names


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


# Properties.


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_payload_errors(data: bytes) -> None:
    with suppress(PayloadError):
        parse(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=70), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(max_size=70), json_values, max_size=4))
def test_arbitrary_json_raises_nothing_but_payload_errors(value: dict[str, object]) -> None:
    try:
        snapshot = parse(encode(value))
    except PayloadError:
        return
    assert snapshot.readings
    assert all(str(key).isprintable() for key in snapshot.readings)


@given(st.binary(max_size=8), st.integers(min_value=0), st.integers(min_value=0))
def test_damaged_payloads_raise_nothing_but_payload_errors(
    garbage: bytes, start: int, length: int
) -> None:
    data = payload()
    at = start % len(data)
    with suppress(PayloadError):
        parse(data[:at] + garbage + data[at + length % 20 :])


names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
sensors = st.dictionaries(
    names,
    st.dictionaries(names, st.floats(-1e6, 1e6) | st.just("nan"), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(sensors, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(
    sent: dict[str, dict[str, object]], chance: random.Random
) -> None:
    def shuffled[T](values: dict[str, T]) -> dict[str, T]:
        items = list(values.items())
        chance.shuffle(items)
        return dict(items)

    first = {"home": sent, "other": {"s": {"p": 1}}, "meta": {"fw": "1"}, "up": 5}
    second = shuffled({**first, "home": shuffled({s: shuffled(p) for s, p in sent.items()})})
    try:
        expected = parse_payload(encode(first), 0, device="home")
    except PayloadEmptyError:
        with pytest.raises(PayloadEmptyError):
            parse_payload(encode(second), 0, device="home")
        return
    found = parse_payload(encode(second), 0, device="home")
    assert found.device == expected.device == "home"
    assert found.readings == expected.readings
    assert refused(found) == refused(expected)
    assert json.loads(encode(first)) == json.loads(encode(second))
