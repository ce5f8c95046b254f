"""A server on loopback that answers by a script, and breaks HTTP in ways that no library would."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

type Play = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(
    status: int, body: str = "", content_type: str = "application/json", **more: str
) -> Play:
    """Return a complete answer; keywords are headers, with underscores for hyphens."""
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    data = body.encode()
    kind = f"Content-Type: {content_type}\r\n" if body else ""
    text = f"HTTP/1.1 {status} X\r\n{kind}{head}Content-Length: {len(data)}\r\n\r\n"

    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(text.encode() + data)
        await writer.drain()

    return play


def taken(status: int = 204, body: str = "") -> Play:
    """Return the answer of an InfluxDB that has stored lines."""
    return answer(status, body, X_Influxdb_Version="2.7.12", X_Influxdb_Build="OSS")


def raw(*pieces: bytes, pause: float = 0.0) -> Play:
    """Return an answer of these bytes, with pauses between them, then close the connection."""

    async def play(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    return play


async def reset(writer: asyncio.StreamWriter) -> None:
    """Reset the connection once the request was read: its lines may be stored."""
    own: socket.socket = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(_writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


@dataclass
class Request:
    """A request that the server got."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    """Plays the next of `script` for every request; when there is none left, takes lines.

    `ping` is played for all requests of ``/ping``, if there is one.
    """

    script: list[Play] = field(default_factory=list)
    ping: Play | None = None
    requests: list[Request] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.tls, limit=2**24
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(each.lower().split(": ", 1) for each in head[1:] if each)
                plain = dict(each.split(": ", 1) for each in head[1:] if each)
                length = int(headers.get("content-length", 0))
                body = await reader.readexactly(length)
                own = {name.lower(): value for name, value in plain.items()}
                self.requests.append(Request(head[0], own, body))
                if self.ping is not None and " /ping " in head[0]:
                    await self.ping(writer)
                    continue
                play = self.script.pop(0) if self.script else taken()
                await play(writer)
        except OSError, asyncio.IncompleteReadError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
