"""The station over HTTP: where data comes in."""

import errno
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address

import aiohttp
from yarl import URL

from .errors import (
    AddressError,
    PayloadError,
    PayloadTooLargeError,
    StationBrokenError,
    StationError,
    StationNameError,
    StationNotFoundError,
    StationProtocolError,
    StationRefusedError,
    StationRouteError,
    StationStatusError,
    StationTimeoutError,
    StationTlsError,
)
from .models import Snapshot
from .payload import MOST_BYTES, parse_payload
from .ports import Clock

PATH = "circumstances"
TIMEOUT_SECONDS = 10
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*\.?", re.ASCII)
_LONGEST_HOST = 253
_KINDS: tuple[tuple[type[Exception], type[StationError]], ...] = (
    (aiohttp.ClientConnectorDNSError, StationNameError),
    (aiohttp.InvalidURL, StationNameError),
    (aiohttp.ClientSSLError, StationTlsError),
    (aiohttp.ClientConnectorError, StationRouteError),
    (aiohttp.ClientResponseError, StationProtocolError),
)


@dataclass(frozen=True, slots=True)
class StationAddress:
    """Where a station is; equal for every way to write the same address."""

    base: URL
    url: URL = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Note where the readings are: `url` is asked for with every poll."""
        object.__setattr__(self, "url", self.base / PATH)

    @classmethod
    def parse(cls, text: str) -> StationAddress:
        """Return the address that ``host``, ``host:port`` or a URL names. Raises AddressError."""
        text = text.strip()
        try:
            return cls(_base(URL(text if "://" in text else f"http://{_bracketed(text)}")))
        except ValueError as error:
            # What holds an @ may hold a password: nothing of it goes into an error or its cause.
            if "@" in text:
                raise AddressError(address="-") from None
            raise AddressError(address=text or "-") from error

    def __str__(self) -> str:
        """Return the address as short as it can be read back."""
        text = self.base.human_repr().rstrip("/")
        return text.removeprefix("http://")


def _base(url: URL) -> URL:
    """Return the one way to write the address in `url`, or raise ValueError if it is none."""
    if (
        url.scheme not in {"http", "https"}
        or url.user is not None
        or url.password is not None
        or url.query_string
        or url.fragment
        or not url.port
        or not _is_host(host := (url.host or "").lower().rstrip("."))
    ):
        raise ValueError
    path = url.path.rstrip("/").removesuffix(f"/{PATH}").rstrip("/")
    return URL.build(scheme=url.scheme, host=host, port=url.port, path=path or "/")


def _bracketed(text: str) -> str:
    """Return `text` with brackets around it if it is a bare IPv6 address."""
    try:
        return f"[{IPv6Address(text)}]"
    except ValueError:
        return text


def _is_host(host: str) -> bool:
    """Return whether `host` is a name or an address."""
    if ":" in host:
        return True  # yarl has checked it: only IPv6 addresses keep their colons
    if host.replace(".", "").isdigit():
        return _is_ipv4(host)
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return False
    return len(name) <= _LONGEST_HOST and bool(_HOST.fullmatch(name))


def _is_ipv4(host: str) -> bool:
    """Return whether `host` is an IPv4 address of four plain numbers."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


class StationClient:
    """Reads one station through a session that belongs to somebody else."""

    def __init__(
        self, session: aiohttp.ClientSession, address: StationAddress, clock: Clock
    ) -> None:
        """Read the station at `address` through `session`, with times from `clock`."""
        self._session = session
        self._clock = clock
        self.address = address

    async def fetch(self, *, device: str | None = None) -> Snapshot:
        """Return what the station measures now, stamped with the time of receipt.

        `device` is the wire key that the station is known by. Raises StationError.
        """
        try:
            return parse_payload(await self._get(), self._clock.now(), device=device)
        except PayloadError as error:
            error.details["address"] = str(self.address)
            raise

    async def _get(self) -> bytes:
        """Return the answer's body. Redirects are not followed: a station has no reason to."""
        address = self.address
        try:
            async with self._session.get(
                address.url,
                allow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            ) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    raise StationNotFoundError(address=address)
                if response.status != HTTPStatus.OK:
                    raise StationStatusError(address=address, status=response.status)
                return await _read(response)
        except TimeoutError as error:
            raise StationTimeoutError(address=address, seconds=TIMEOUT_SECONDS) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, address) from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, but never more of it than a station can have to say."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise PayloadTooLargeError(limit=f"{MOST_BYTES // 1024} KiB")
    return bytes(body)


def _translated(error: aiohttp.ClientError | OSError, address: StationAddress) -> StationError:
    """Return the connection's error as one of the station's."""
    match error:
        case aiohttp.ClientConnectorError(os_error=OSError(errno=errno.ECONNREFUSED)):
            kind: type[StationError] = StationRefusedError
        case _:
            kind = next(
                (own for their, own in _KINDS if isinstance(error, their)), StationBrokenError
            )
    return kind(address=address)
