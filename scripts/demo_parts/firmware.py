"""A station that runs its own firmware, in the simulator that scripts/firmware builds."""

import asyncio
from asyncio.subprocess import PIPE
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from .day import CLEAN_RATIO, air
from .home_assistant import HomeAssistantError

_CLEAN_RESISTANCE = 4.0  # of the MQ-135, in units of its load
_WARM_UP = "advance 300000"  # ms: until the gas sensor is warm, and calibrated if it was not
_SETTLE = "advance 90000"  # until its mean is one of the present air alone
_PATIENCE = 10.0


class FirmwareStation:
    """One station: its firmware in a process, and the air around it."""

    def __init__(self, program: Path, number: int, port: int, zone: ZoneInfo, memory: Path) -> None:
        """Let `program` be station `number`, living in `zone`, on 127.0.0.1:`port`.

        `memory` is the file that stands for its flash memory.
        """
        self.address = f"127.0.0.1:{port}"
        self.on = False
        self._number = number
        self._zone = zone
        identity = f"5ecf7f0000{number:02x}"
        self._command = [
            str(program), "--port", str(port), "--id", identity, "--storage", str(memory)
        ]  # fmt: skip
        self._telling = asyncio.Lock()

    async def switch(self) -> None:
        """Let it be out of reach, or answer again."""
        self.on = not self.on
        await self._tell(f"answer {'ok' if self.on else 'refuse'}")

    async def __aenter__(self) -> Self:
        """Switch it on, and let it warm up in clean air."""
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        if process.stdin is None or process.stdout is None:
            message = "the simulated station cannot be talked to"
            raise HomeAssistantError(message)
        self._process, self._commands, self._answers = process, process.stdin, process.stdout
        if not await self._hear():  # its port
            message = f"the simulated station does not start at {self.address}: see above"
            raise HomeAssistantError(message)
        await self._breathe(clean=True)
        await self._tell(_WARM_UP)
        await self._breathe()
        await self._tell(_SETTLE)
        self.on = True
        self._breathing = asyncio.create_task(self._go_on_breathing())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch it off."""
        self._breathing.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await self._breathing
        finally:
            self._commands.close()
            try:
                await asyncio.wait_for(self._process.wait(), _PATIENCE)
            except TimeoutError:
                self._process.kill()

    async def _go_on_breathing(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self._breathe()

    async def _breathe(self, *, clean: bool = False) -> None:
        """Give it the air of this moment."""
        now = air(datetime.now(self._zone), self._number)
        resistance = _CLEAN_RESISTANCE * (1 if clean else now.ratio / CLEAN_RATIO)
        await self._tell(f"air {now.temperature} {now.humidity} {now.pressure} {resistance}")
        await self._tell(f"dht22 {'off' if now.hygrometer_fails else 'on'}")

    async def _tell(self, command: str) -> None:
        async with self._telling:
            self._commands.write(f"{command}\n".encode())
            answer = await self._hear()
        if answer != "ok":
            message = f"the simulated station said “{answer}” to “{command}”"
            raise HomeAssistantError(message)

    async def _hear(self) -> str:
        line = await asyncio.wait_for(self._answers.readline(), _PATIENCE)
        return line.decode().strip()
