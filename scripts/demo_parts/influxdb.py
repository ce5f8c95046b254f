"""An InfluxDB of the demo's own: Debian's 1.6.7, in a folder of its own on loopback."""

import asyncio
import signal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

DATABASE = "air"
_STARTED_WITHIN = 30.0
_STOPPED_WITHIN = 30.0
_CONFIGURATION = """\
# Written by scripts/demo.
reporting-disabled = true
bind-address = "127.0.0.1:{backup_port}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
[monitor]
store-enabled = false
"""


class InfluxDB:
    """An InfluxDB process with one database."""

    def __init__(self, binary: Path, folder: Path, port: int, backup_port: int) -> None:
        """Run `binary` in `folder`, on 127.0.0.1:`port`."""
        self.address = f"127.0.0.1:{port}"
        self._binary = binary
        self._folder = folder
        self._text = _CONFIGURATION.format(folder=folder, port=port, backup_port=backup_port)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it and see to its database."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "influxdb.conf"
        configuration.write_text(self._text)
        with (self._folder / "output.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._binary,
                "-config",
                configuration,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which ends this one in its turn
            )
        async with asyncio.timeout(_STARTED_WITHIN):
            while True:
                try:
                    await self.query(f'CREATE DATABASE "{DATABASE}"')
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)
                else:
                    return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_STOPPED_WITHIN):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def query(self, text: str) -> list[Any]:
        """Return the series that an InfluxQL query answers with."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"http://{self.address}/query", params={"q": text, "db": DATABASE}
            ) as response,
        ):
            answer = orjson.loads(await response.read())
        series: list[Any] = answer["results"][0].get("series", [])
        return series

    async def count(self, device: str) -> int:
        """Return how many points of a device there are."""
        series = await self.query(
            f"SELECT count(temperature) FROM sensor_data WHERE device = '{device}'"  # noqa: S608 - a name of ours
        )
        count: int = series[0]["values"][0][1] if series else 0
        return count

    async def forget(self, device: str) -> None:
        """Delete all points of a device."""
        await self.query(f"DROP SERIES FROM sensor_data WHERE device = '{device}'")
