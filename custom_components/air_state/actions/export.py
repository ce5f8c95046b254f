"""Exports of a history into a CSV file, which is complete or not there at all."""

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
from ..core.history.stream import HistoryStream
from ..translate import error_message, escape_markdown
from .atomic_file import AtomicFile
from .tables import RowWriter, stream_blocks

_SUFFIX = ".csv"
_MAX_NAME_LENGTH = 200
_PROGRESS_SECONDS = 2.0  # between two updates of the notification
_BUFFER_CHARACTERS = 1_000_000
_BEING_WRITTEN: HassKey[set[Path]] = HassKey(f"{DOMAIN}_exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """A file that was written, with its number of rows and its size in bytes."""

    path: Path
    rows: int
    size: int


class Export:
    """Writes one file and shows its progress in a notification."""

    def __init__(self, hass: HomeAssistant, path: Path, station: str, zone: tzinfo) -> None:
        """Write to `path`, with times in `zone`; `station` is the title of the notification."""
        self._hass = hass
        self._path = path
        self._station = station
        self._zone = zone
        self._clock = SystemClock()
        self._notified_at = 0.0
        self._texts: dict[str, str] = {}

    async def run(self, stream: HistoryStream, *, overwrite: bool) -> ExportResult:
        """Write the rows of the stream. Raises AirStateError, and then leaves no file."""
        being_written = self._hass.data.setdefault(_BEING_WRITTEN, set())
        if self._path in being_written:
            raise FileBusyError(path=self._path)
        being_written.add(self._path)
        try:
            self._texts = await async_get_translations(
                self._hass, self._hass.config.language, "common", [DOMAIN]
            )
            return await self._write(stream, overwrite=overwrite)
        except OSError as error:
            raise FileWriteError(path=self._path, reason=error.strerror or error) from error
        finally:
            being_written.discard(self._path)

    async def _write(self, stream: HistoryStream, *, overwrite: bool) -> ExportResult:
        atomic = AtomicFile(self._path)
        try:
            file = await self._run_in_thread(atomic.open, overwrite=overwrite)
            rows = await self._copy(stream, file)
            size = await self._run_in_thread(atomic.commit, file, overwrite=overwrite)
        except BaseException as error:  # a cancelled export too must not leave half a file
            await self._run_in_thread(atomic.abort)
            self._notify("export_failed", reason=_failure_reason(error))
            raise
        self._notify("export_done", rows=f"{rows:,}", size=f"{size:,}")
        return ExportResult(path=self._path, rows=rows, size=size)

    async def _run_in_thread[**P, T](
        self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a job in a thread, and wait for its end even when cancelled."""
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
        buffer, length, rows = [writer.header()], 0, 0
        start, stop = stream.query.start, stream.query.stop
        async with aclosing(stream_blocks(stream)) as blocks:
            async for block in blocks:
                buffer.append(writer.csv(block))
                length += len(buffer[-1])
                rows += len(block.times)
                if length > _BUFFER_CHARACTERS:
                    await self._hass.async_add_executor_job(file.writelines, buffer)
                    buffer, length = [], 0
                    share = (block.times[-1] - start) / (stop - start)
                    self._notify_progress(rows, share)
        await self._hass.async_add_executor_job(file.writelines, buffer)
        return rows

    def _notify_progress(self, rows: int, share: float) -> None:
        """Update the notification unless it was updated a moment ago."""
        now = self._clock.monotonic()
        if now - self._notified_at >= _PROGRESS_SECONDS:
            self._notified_at = now
            self._notify("export_running", rows=f"{rows:,}", percent=f"{share:.0%}")

    def _notify(self, key: str, *, reason: str = "", **figures: str) -> None:
        """Show the text with that key; each file has one notification, which is replaced."""

        def text(name: str, **placeholders: str) -> str:
            return self._texts.get(f"component.{DOMAIN}.common.{name}", name).format(**placeholders)

        persistent_notification.async_create(
            self._hass,
            text(
                key,
                path=escape_markdown(str(self._path)),
                reason=escape_markdown(reason),
                **figures,
            ),
            title=text("export_title", station=self._station),
            notification_id=f"{DOMAIN}_export_{self._path}",
        )


def _failure_reason(error: BaseException) -> str:
    return error_message(error) if isinstance(error, AirStateError) else str(error) or "cancelled"


def allowed_path(hass: HomeAssistant, text: str) -> Path:
    """Return the path of the file to write, its folder resolved.

    A relative path starts at Home Assistant's configuration folder. Reads the disk, so call it in
    the executor. Raises FileNameError, FileForbiddenError and FileFolderError.
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
