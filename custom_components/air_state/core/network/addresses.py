"""Addresses as people write them: a host, a host with a port, or a URL."""

import re
from ipaddress import IPv4Address, IPv6Address

from yarl import URL

_HOST = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_][a-z0-9_-]{0,62})*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+://", re.IGNORECASE)  # a path may hold "://" too
_MAX_LENGTH, _MAX_HOST_LENGTH = 2_000, 253  # characters


def base_url(text: str, *, http_port: int = 80) -> URL:
    """Return the address that `text` names as a normalized URL, without a slash at its end.

    `http_port` is the port for HTTP if `text` names none. Raises ValueError if `text` is not an
    address, or has a user name, a password, a query or a fragment.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise ValueError
    url = URL(text if _SCHEME.match(text) else f"http://{_bracketed(text)}")
    port = url.explicit_port
    if port is None:
        port = http_port if url.scheme == "http" else url.port
    if (
        url.scheme not in {"http", "https"}
        or url.user is not None
        or url.password is not None
        or url.query_string
        or url.fragment
        or not port
        or not _is_host(host := (url.host or "").lower().rstrip("."))
    ):
        raise ValueError
    return URL.build(scheme=url.scheme, host=host, port=port, path=url.path.rstrip("/") or "/")


def with_port(url: URL) -> str:
    """Return an address with its port, even the default one, without a slash at its end."""
    host = _bracketed(url.raw_host or "")
    return f"{url.scheme}://{host}:{url.port}{url.raw_path.rstrip('/')}"


def _bracketed(text: str) -> str:
    """Return `text`, in brackets if it is an IPv6 address without them."""
    try:
        return f"[{IPv6Address(text)}]"
    except ValueError:
        return text


def _is_host(host: str) -> bool:
    """Return whether `host` is a valid host name or IP address."""
    if ":" in host:
        return True  # an IPv6 address, which yarl has checked
    if host.replace(".", "").isdigit():
        return _is_ipv4(host)
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return False
    return len(name) <= _MAX_HOST_LENGTH and bool(_HOST.fullmatch(name))


def _is_ipv4(host: str) -> bool:
    """Return whether `host` is four decimal numbers without leading zeros."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
