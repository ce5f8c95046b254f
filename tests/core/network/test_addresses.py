"""Whatever is stored as an address reads back as itself, of stations and of InfluxDB."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.errors import AddressError
from custom_components.air_state.core.influx.errors import InfluxAddressError
from custom_components.air_state.core.influx.target import parse_url
from custom_components.air_state.core.station.address import StationAddress

_LABEL = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,8}[a-z0-9])?", fullmatch=True)
_IPV6 = st.ip_addresses(v=6).map(lambda address: f"[{address}]")
_HOSTS = st.one_of(
    st.lists(_LABEL, min_size=1, max_size=3).map(".".join),
    st.ip_addresses(v=4).map(str),
    _IPV6,
    _IPV6.map(lambda text: text.replace("]", "%eth0]")),
    st.sampled_from(["größe.local", "łazienka", "Air.Local.", "xn--gre-8la.de"]),
)
_PORTS = st.one_of(
    st.just(""), st.sampled_from([":80", ":443", ":8086", ":8181"]), st.integers(1, 65_535)
).map(lambda port: f":{port}" if isinstance(port, int) else port)
_PATHS = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "circumstances", "a b", " ", "%2F", "%20", "%25", "%", "ü", "..", ":"]
        ),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6),
    ),
    max_size=3,
).map(lambda parts: "".join(f"/{part}" for part in parts))
_SCHEMES = st.sampled_from(["", "http://", "https://", "HTTP://"])
_TEXTS = st.builds("{}{}{}{}".format, _SCHEMES, _HOSTS, _PORTS, _PATHS)


@given(_TEXTS)
@example("http://influx.example:80")
@example("https://influx.example:443")
@example("http://influx.example:80/way/")
@example("[fd00::5]:80")
@example("https://influx.example:80")
@example("http://influx.example:443")
def test_what_is_stored_of_influxdb_reads_back_as_itself(text: str) -> None:
    try:
        stored = parse_url(text)
    except InfluxAddressError:
        return
    assert parse_url(stored) == stored
    assert not stored.endswith("/")


@given(_TEXTS)
@example("http://x/circumstances/circumstances")
@example("x/a%2Fb")
@example("x/a%20")
@example("x/%2520")
@example("A/:/%2F/a b")
@example("https://x:80")
def test_what_is_stored_of_a_station_reads_back_as_itself(text: str) -> None:
    try:
        address = StationAddress.parse(text)
    except AddressError:
        return
    again = StationAddress.parse(str(address))
    assert again == address
    assert str(again) == str(address)
    assert again.url == address.url


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("http://influx.example:80", "http://influx.example:80"),
        ("influx.example:80", "http://influx.example:80"),
        ("https://influx.example:443", "https://influx.example"),
        ("https://influx.example:80", "https://influx.example:80"),
        ("http://influx.example:443", "http://influx.example:443"),
        ("[fd00::5]:80/x", "http://[fd00::5]:80/x"),
    ],
)
def test_the_schemes_own_ports_are_kept(text: str, stored: str) -> None:
    assert parse_url(text) == stored
