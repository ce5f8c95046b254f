"""What can fail between here and a server, told apart once for everything that speaks HTTP."""

import errno
from enum import Enum, auto

import aiohttp


class NetworkFailure(Enum):
    """Why a request brought no answer."""

    NAME = auto()  # the host's name cannot be resolved
    ROUTE = auto()  # the network has no way to the address
    CLOSED = auto()  # nothing listens on the port
    TLS = auto()  # no trust in the certificate
    TIMEOUT = auto()  # no complete answer in time
    PROTOCOL = auto()  # an answer that is not HTTP
    BROKEN = auto()  # the connection or the answer broke off


_KINDS: tuple[tuple[type[Exception], NetworkFailure], ...] = (
    (TimeoutError, NetworkFailure.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, NetworkFailure.NAME),
    (aiohttp.InvalidURL, NetworkFailure.NAME),
    (aiohttp.ClientSSLError, NetworkFailure.TLS),
    (aiohttp.ClientConnectorError, NetworkFailure.ROUTE),
    (aiohttp.ClientResponseError, NetworkFailure.PROTOCOL),
)


def classify_failure(error: aiohttp.ClientError | OSError) -> NetworkFailure:
    """Return what the error of a request means."""
    match error:
        case aiohttp.ClientConnectorError(os_error=OSError(errno=errno.ECONNREFUSED)):
            return NetworkFailure.CLOSED
        case _:
            return next(
                (own for kind, own in _KINDS if isinstance(error, kind)), NetworkFailure.BROKEN
            )
