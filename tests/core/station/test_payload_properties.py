"""What is true of any payload: errors are PayloadErrors, and the order of keys has no meaning."""

import json
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import (
    PayloadEmptyError,
    PayloadError,
)
from custom_components.air_state.core.station.payload import parse_payload
from tests.core.station.parsing import parse, refused
from tests.payloads import encode, payload


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
