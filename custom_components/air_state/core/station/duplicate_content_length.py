"""Reads answers that have the header Content-Length twice, as some sketches send them.

The sketch writes one and its library another. aiohttp refuses such answers, since two lengths that
differ may smuggle an answer into another. If they are equal, the second is removed before aiohttp
reads the headers. Nothing else is changed.
"""

import asyncio
from typing import override

import aiohttp
from aiohttp.connector import Connection

_MAX_HEADERS_LENGTH = 16 * 1024  # bytes; longer ones go to aiohttp as they are
_LENGTH = b"content-length"


def has_duplicate_length(error: aiohttp.ClientResponseError) -> bool:
    """Return whether aiohttp refused an answer because of its Content-Length."""
    return "Content-Length" in error.message


class DuplicateLengthResponse(aiohttp.ClientResponse):
    """An answer that may have several equal Content-Length headers."""

    @override
    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the status and the headers, through a filter."""
        if connection.transport is not None and connection.protocol is not None:
            connection.transport.set_protocol(_HeaderFilter(connection.protocol))
        return await super().start(connection)


class _HeaderFilter(asyncio.Protocol):
    """Holds the bytes of the headers back from aiohttp until all have come, then passes them on."""

    def __init__(self, target: asyncio.Protocol) -> None:
        self._target = target
        self._held: bytearray | None = bytearray()  # None once the headers are passed on

    @override
    def data_received(self, data: bytes) -> None:
        if self._held is None:
            self._target.data_received(data)
            return
        self._held += data
        if (
            b"\r\n\r\n" in self._held
            or b"\n\n" in self._held
            or len(self._held) > _MAX_HEADERS_LENGTH
        ):
            self._pass_on()

    def _pass_on(self) -> None:
        held, self._held = self._held, None
        if held:
            self._target.data_received(_without_repeated_length(bytes(held)))

    @override
    def eof_received(self) -> bool | None:
        self._pass_on()
        return self._target.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._pass_on()
        self._target.connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        self._target.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._target.resume_writing()


def _without_repeated_length(data: bytes) -> bytes:
    """Return the bytes of an answer without repeated lengths; unchanged if lengths differ."""
    lines = data.splitlines(keepends=True)
    end = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    lengths = [n for n in range(1, end) if lines[n].partition(b":")[0].lower() == _LENGTH]
    values = {lines[n].partition(b":")[2].strip() for n in lengths}
    if len(values) != 1:
        return data
    return b"".join(line for n, line in enumerate(lines) if n not in lengths[1:])
