"""Why HTTP requests fail: a classification of aiohttp's errors."""

import errno
from enum import Enum, auto

import aiohttp


class NetworkFailure(Enum):
    """Why a request got no answer."""

    NAME = auto()  # the host's name cannot be resolved
    ROUTE = auto()  # the network has no route to the address
    CLOSED = auto()  # nothing listens on the port
    TLS = auto()  # the certificate is not trusted
    TIMEOUT = auto()  # the answer was not complete in time
    PROTOCOL = auto()  # the answer is not HTTP
    BROKEN = auto()  # the connection or the answer broke off


_FAILURES: tuple[tuple[type[Exception], NetworkFailure], ...] = (
    (TimeoutError, NetworkFailure.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, NetworkFailure.NAME),
    (aiohttp.InvalidURL, NetworkFailure.NAME),
    (aiohttp.ClientSSLError, NetworkFailure.TLS),
    (aiohttp.ClientConnectorError, NetworkFailure.ROUTE),
    (aiohttp.ClientResponseError, NetworkFailure.PROTOCOL),
)


def classify_failure(error: aiohttp.ClientError | OSError) -> NetworkFailure:
    """Return the failure that the error of a request means."""
    match error:
        case aiohttp.ClientConnectorError(os_error=OSError(errno=errno.ECONNREFUSED)):
            return NetworkFailure.CLOSED
        case _:
            return next(
                (failure for kind, failure in _FAILURES if isinstance(error, kind)),
                NetworkFailure.BROKEN,
            )
