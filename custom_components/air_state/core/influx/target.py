"""Where a station's points are written: a bucket or database, and the credentials for it."""

from base64 import b64encode
from dataclasses import dataclass, field
from enum import StrEnum

from ..network.addresses import base_url, with_port
from .errors import InfluxAddressError

DEFAULT_PORT = 8086


class InfluxKind(StrEnum):
    """Which interface a server has."""

    V1 = "1"  # /write and InfluxQL
    V1_FLUX = "1.8"  # also the interface of 2.x, without buckets and organisations
    V2 = "2"  # tokens, organisations, buckets and Flux; InfluxDB Cloud 2 is one
    V3 = "3"  # tokens, databases and InfluxQL, but no Flux


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxTarget:
    """A bucket (2.x) or database (1.x, 3.x) of a server, and the credentials for it.

    `place` is the bucket or database. `organisation` is a name or an id. `policy` is a retention
    policy (1.x), empty for the database's default one. `url` does not end with a slash.
    `repr()` leaves the credentials out.
    """

    url: str
    kind: InfluxKind
    place: str = ""
    organisation: str = ""
    policy: str = ""
    verify_tls: bool = True
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the header with the credentials, or no header if there are none."""
        if self.token:
            scheme = "Token" if self.kind is InfluxKind.V2 else "Bearer"
            return {"Authorization": f"{scheme} {self.token}"}
        if self.username:
            login = b64encode(f"{self.username}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {login}"}
        return {}


def parse_url(text: str) -> str:
    """Return a server's address in its one normal form; parsing that again gives the same.

    Without a port, plain HTTP means InfluxDB's port 8086 and HTTPS means 443. Raises
    InfluxAddressError.
    """
    try:
        url = base_url(text, http_port=DEFAULT_PORT)
    except ValueError as error:
        # The text may hold a password, so none of it goes into the error or its cause.
        if "@" in text or "?" in text:
            raise InfluxAddressError(address="(not shown)") from None
        raise InfluxAddressError(address=text.strip() or "-") from error
    return with_port(url) if url.scheme == "http" else str(url).rstrip("/")
