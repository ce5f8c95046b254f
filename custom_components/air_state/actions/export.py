"""Histories into files: whole, or not at all."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import IO

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..core.domain.clock import SystemClock
from ..core.domain.errors import (
    AirStateError,
    FileBusyError,
    FileFolderError,
    FileForbiddenError,
    FileNameError,
    FileWriteError,
)
from ..core.history.history import HistoryStream
from ..translate import as_markdown, message_of
from .atomic_file import WholeFile
from .tables import RowWriter, portions

_SUFFIX = ".csv"
_MAX_NAME_LENGTH = 200
_SECONDS_BETWEEN = 2.0  # that the notification is told anew
_CHARACTERS_AT_ONCE = 1_000_000
_WRITING: HassKey[set[Path]] = HassKey(f"{DOMAIN}_exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that was written."""

    path: Path
    rows: int
    size: int


class Export:
    """One file, from the question to its name."""

    def __init__(self, hass: HomeAssistant, path: Path, station: str, zone: tzinfo) -> None:
        """Write to `path`, with times in `zone`."""
        self._hass = hass
        self._path = path
        self._station = station
        self._zone = zone
        self._clock = SystemClock()
        self._told = 0.0
        self._texts: dict[str, str] = {}

    async def run(self, stream: HistoryStream, *, overwrite: bool) -> Exported:
        """Write the stream's rows. Raises AirStateError; then no file is left."""
        writing = self._hass.data.setdefault(_WRITING, set())
        if self._path in writing:
            raise FileBusyError(path=self._path)
        writing.add(self._path)
        try:
            self._texts = await async_get_translations(
                self._hass, self._hass.config.language, "common", [DOMAIN]
            )
            return await self._write(stream, overwrite=overwrite)
        except OSError as error:
            raise FileWriteError(path=self._path, reason=error.strerror or error) from error
        finally:
            writing.discard(self._path)

    async def _write(self, stream: HistoryStream, *, overwrite: bool) -> Exported:
        whole = WholeFile(self._path)
        try:
            file = await self._to_its_end(whole.begin, overwrite=overwrite)
            rows = await self._copy(stream, file)
            size = await self._to_its_end(whole.finish, file, overwrite=overwrite)
        except BaseException as error:  # cancelled as well: nothing half-written stays
            await self._to_its_end(whole.give_up)
            self._tell("export_failed", reason=_reason(error))
            raise
        self._tell("export_done", rows=f"{rows:,}", size=f"{size:,}")
        return Exported(path=self._path, rows=rows, size=size)

    async def _to_its_end[**P, T](
        self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a job in a thread; whoever is cancelled waits for its end first."""
        running = asyncio.ensure_future(
            self._hass.async_add_executor_job(partial(job, *args, **kwargs))
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    async def _copy(self, stream: HistoryStream, file: IO[str]) -> int:
        """Write all rows and return how many there are."""
        writer = RowWriter(stream.query, self._zone)
        gathered, length, rows = [writer.header()], 0, 0
        start, stop = stream.query.start, stream.query.stop
        async with aclosing(portions(stream)) as found:
            async for block in found:
                gathered.append(writer.csv(block))
                length += len(gathered[-1])
                rows += len(block.times)
                if length > _CHARACTERS_AT_ONCE:
                    await self._hass.async_add_executor_job(file.writelines, gathered)
                    gathered, length = [], 0
                    share = (block.times[-1] - start) / (stop - start)
                    self._tell_now_and_then(rows, share)
        await self._hass.async_add_executor_job(file.writelines, gathered)
        return rows

    def _tell_now_and_then(self, rows: int, share: float) -> None:
        now = self._clock.monotonic()
        if now - self._told >= _SECONDS_BETWEEN:
            self._told = now
            self._tell("export_running", rows=f"{rows:,}", percent=f"{share:.0%}")

    def _tell(self, key: str, *, reason: str = "", **figures: str) -> None:
        """Show how it goes; the same notification for the same file."""

        def text(name: str, **filled: str) -> str:
            return self._texts.get(f"component.{DOMAIN}.common.{name}", name).format(**filled)

        persistent_notification.async_create(
            self._hass,
            text(key, path=as_markdown(str(self._path)), reason=as_markdown(reason), **figures),
            title=text("export_title", station=self._station),
            notification_id=f"{DOMAIN}_export_{self._path}",
        )


def _reason(error: BaseException) -> str:
    return message_of(error) if isinstance(error, AirStateError) else str(error) or "cancelled"


def allowed_path(hass: HomeAssistant, text: str) -> Path:
    """Return the file that a text names, within Home Assistant's configuration if it says no more.

    Looks at the disk. Raises FileNameError, FileForbiddenError and FileFolderError.
    """
    path = Path(hass.config.path(text.strip()))
    if (
        path.suffix.lower() != _SUFFIX
        or not text.isprintable()
        or path.name.startswith(".")
        or len(path.name) > _MAX_NAME_LENGTH
    ):
        raise FileNameError(path=text or "-")
    path = path.parent.resolve() / path.name
    if not hass.config.is_allowed_path(str(path)):
        allowed = sorted(map(str, hass.config.allowlist_external_dirs))
        raise FileForbiddenError(path=path, allowed=", ".join(allowed) or "-")
    if not path.parent.is_dir():
        raise FileFolderError(path=path, folder=path.parent)
    return path
