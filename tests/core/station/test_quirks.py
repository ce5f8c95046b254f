"""What the first firmware sends that is no measurement, by its number in docs/payload.md."""

import pytest

from custom_components.air_state.core.domain.errors import (
    PayloadEmptyError,
    PayloadError,
)
from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason
from custom_components.air_state.core.station.payload import parse_payload
from tests.core.station.parsing import HUMIDITY, PRESSURE, T_BMP, T_DHT, T_DS, parse, refused
from tests.payloads import OLD_SKETCH, device, encode, payload

CO2 = ReadingKey("mq135", "co2")
FLT_MAX = "340282346638528859811704183484516925440.00"


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
