"""Addresses of servers as people write them."""

import pytest

from custom_components.air_state.core.influx.errors import (
    InfluxAddressError,
)
from custom_components.air_state.core.influx.target import parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("influx.local", "http://influx.local:8086"),
        ("192.168.1.5:8087", "http://192.168.1.5:8087"),
        ("fd00::5", "http://[fd00::5]:8086"),
        ("[fd00::5]:9999", "http://[fd00::5]:9999"),
        ("http://[fd00::5]", "http://[fd00::5]:8086"),
        ("https://Influx.Example", "https://influx.example"),
        ("https://influx.example:443/", "https://influx.example"),
        ("http://influx.example:80", "http://influx.example:80"),
        ("http://ha.local:8086/influx//", "http://ha.local:8086/influx"),
        (" http://a0d7b954-influxdb:8086 ", "http://a0d7b954-influxdb:8086"),
    ],
)
def test_addresses_as_people_write_them(text: str, url: str) -> None:
    assert parse_url(text) == url
    assert parse_url(url) == url


@pytest.mark.parametrize("text", ["", "ftp://x", "http://", "a b", "http://me:pw@x", "x?db=air"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InfluxAddressError) as caught:
        parse_url(text)
    assert "pw" not in str(caught.value.details)
