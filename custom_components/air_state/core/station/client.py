"""Requests to a station over HTTP."""

from http import HTTPStatus

import aiohttp
from yarl import URL

from ..domain.errors import (
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
from ..domain.models import Snapshot
from ..domain.ports import Clock
from ..network.failures import NetworkFailure, classify_failure
from .address import StationAddress
from .duplicate_content_length import DuplicateLengthResponse, has_duplicate_length
from .info import StationInfo, parse_station_info
from .payload import MAX_BYTES, parse_payload

TIMEOUT_SECONDS = 10
_ERRORS: dict[NetworkFailure, type[StationError]] = {
    NetworkFailure.NAME: StationNameError,
    NetworkFailure.ROUTE: StationRouteError,
    NetworkFailure.CLOSED: StationRefusedError,
    NetworkFailure.TLS: StationTlsError,
    NetworkFailure.TIMEOUT: StationTimeoutError,
    NetworkFailure.PROTOCOL: StationProtocolError,
    NetworkFailure.BROKEN: StationBrokenError,
}


class StationClient:
    """Reads one station. The caller owns the session."""

    def __init__(
        self, session: aiohttp.ClientSession, address: StationAddress, clock: Clock
    ) -> None:
        """Read the station at `address` through `session`; `clock` stamps what it sends."""
        self._session = session
        self._clock = clock
        self._has_duplicate_length = False  # whether its answers have two Content-Length headers
        self.address = address

    async def fetch(self, *, device: str | None = None) -> Snapshot:
        """Return what the station measures now, with the time of receipt.

        `device` is the name that the station is known by in its payload. Raises StationError.
        """
        try:
            body = await self._get(self.address.url)
            return parse_payload(body, self._clock.now(), device=device)
        except PayloadError as error:
            error.details["address"] = str(self.address)
            raise

    async def fetch_info(self) -> StationInfo | None:
        """Return the station's report about itself, None if its firmware sends none.

        Raises StationError if it does not answer.
        """
        try:
            answer = await self._get(self.address.info_url)
        except StationNotFoundError, StationStatusError, PayloadTooLargeError:
            return None
        return parse_station_info(answer, self._clock.now())

    async def _get(self, url: URL) -> bytes:
        """Return the body of the answer at `url`. Raises StationError."""
        try:
            if not self._has_duplicate_length:
                try:
                    return await self._request(self._session, url)
                except aiohttp.ClientResponseError as error:
                    if not has_duplicate_length(error):
                        raise
            async with aiohttp.ClientSession(
                connector=self._session.connector,
                connector_owner=False,
                headers=self._session.headers,
                response_class=DuplicateLengthResponse,
            ) as session:
                body = await self._request(session, url)
            self._has_duplicate_length = True
        except (aiohttp.ClientError, OSError) as error:
            kind = _ERRORS[classify_failure(error)]
            raise kind(address=self.address, seconds=TIMEOUT_SECONDS) from error
        return body

    async def _request(self, session: aiohttp.ClientSession, url: URL) -> bytes:
        """Return the body of an answer with status 200. Redirects are not followed."""
        async with session.get(
            url,
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
        ) as response:
            if response.status == HTTPStatus.NOT_FOUND:
                raise StationNotFoundError(address=self.address)
            if response.status != HTTPStatus.OK:
                raise StationStatusError(address=self.address, status=response.status)
            return await _read(response)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body. Raises PayloadTooLargeError once it has more than `MAX_BYTES`."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise PayloadTooLargeError(limit=f"{MAX_BYTES // 1024} KiB")
    return bytes(body)
