"""Addresses of stations, as people write them."""

import pytest

from custom_components.air_state.core.domain.errors import (
    AddressError,
)
from custom_components.air_state.core.station.address import StationAddress


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("192.168.1.20", "http://192.168.1.20/circumstances", "192.168.1.20"),
        ("192.168.1.20.", "http://192.168.1.20/circumstances", "192.168.1.20"),
        (" Air.Local ", "http://air.local/circumstances", "air.local"),
        ("air.local:8080", "http://air.local:8080/circumstances", "air.local:8080"),
        ("http://air.local:80/", "http://air.local/circumstances", "air.local"),
        ("HTTP://AIR.local/circumstances/", "http://air.local/circumstances", "air.local"),
        ("https://air.local", "https://air.local/circumstances", "https://air.local"),
        ("http://proxy/attic/", "http://proxy/attic/circumstances", "proxy/attic"),
        ("proxy/attic//circumstances/", "http://proxy/attic/circumstances", "proxy/attic"),
        ("[::1]:8080", "http://[::1]:8080/circumstances", "[::1]:8080"),
        ("fd00::1", "http://[fd00::1]/circumstances", "[fd00::1]"),
        ("_esp_1", "http://_esp_1/circumstances", "_esp_1"),
        ("łazienka.local", "http://xn--azienka-mjb.local/circumstances", "łazienka.local"),
    ],
)
def test_addresses(text: str, url: str, shown: str) -> None:
    address = StationAddress.parse(text)

    assert str(address.url) == url
    assert str(address) == shown
    assert StationAddress.parse(str(address)) == address


def test_where_a_station_reports_about_itself() -> None:
    assert str(StationAddress.parse("proxy/attic").info_url) == "http://proxy/attic/station"


def test_spellings_of_one_address_are_equal() -> None:
    spellings = ("air.local", "AIR.local:80", "http://air.local/", "air.local/circumstances")

    assert len({StationAddress.parse(text) for text in spellings}) == 1
    assert StationAddress.parse("air.local") != StationAddress.parse("air.local:81")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "http://",
        "ftp://air.local",
        "air local",
        "air.local:99999",
        "air.local:x",
        "air.local:0",
        "192.168.1.300",
        "192.168.001.20",
        "1.2.3",
        "a..b",
        "-a-?x=1",
        "air.local/?q=1",
        "air.local#x",
        "[::1",
        "x" * 300,
        "http://[fe80::zz]/",
        "ä" * 80,
        "a." * 100 + "!",
        "http://air.local/" + "x" * 2_000,
    ],
)
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        StationAddress.parse(text)
    assert caught.value.details["address"][:40] == (text.strip() or "-")[:40]


def test_a_password_in_an_address_is_refused_and_never_repeated() -> None:
    with pytest.raises(AddressError) as caught:
        StationAddress.parse("http://admin:hunter2@air.local")
    assert "hunter2" not in f"{caught.value!r} {caught.value}"
