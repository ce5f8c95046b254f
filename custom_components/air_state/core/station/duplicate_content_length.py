"""Answers whose head tells their length twice: by the sketch, and again by its library.

aiohttp refuses them, since two lengths that differ may hide an answer within another. Two that are
equal tell one length; so the second is left out before aiohttp reads the head. All else stays.
"""

import asyncio
from typing import override

import aiohttp
from aiohttp.connector import Connection

_MAX_HEAD_LENGTH = 16 * 1024  # bytes; what is longer is left to aiohttp
_LENGTH = b"content-length"


def tells_length_twice(error: aiohttp.ClientResponseError) -> bool:
    """Return whether aiohttp refuses an answer for what its head says of the length."""
    return "Content-Length" in error.message


class OneLengthResponse(aiohttp.ClientResponse):
    """An answer whose equal lengths count as one."""

    @override
    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the head, which nothing has come of yet."""
        if connection.transport is not None and connection.protocol is not None:
            connection.transport.set_protocol(_Head(connection.protocol))
        return await super().start(connection)


class _Head(asyncio.Protocol):
    """Stands before aiohttp's protocol until a head has come."""

    def __init__(self, behind: asyncio.Protocol) -> None:
        self._behind = behind
        self._held: bytearray | None = bytearray()

    @override
    def data_received(self, data: bytes) -> None:
        if self._held is None:
            self._behind.data_received(data)
            return
        self._held += data
        if b"\r\n\r\n" in self._held or b"\n\n" in self._held or len(self._held) > _MAX_HEAD_LENGTH:
            self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held:
            self._behind.data_received(_with_one_length(bytes(held)))

    @override
    def eof_received(self) -> bool | None:
        self._let_go()
        return self._behind.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        self._behind.connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        self._behind.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._behind.resume_writing()


def _with_one_length(data: bytes) -> bytes:
    """Return what came without lines that repeat a length; unchanged if lengths differ."""
    lines = data.splitlines(keepends=True)
    end = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    lengths = [n for n in range(1, end) if lines[n].partition(b":")[0].lower() == _LENGTH]
    values = {lines[n].partition(b":")[2].strip() for n in lengths}
    if len(values) != 1:
        return data
    return b"".join(line for n, line in enumerate(lines) if n not in lengths[1:])
