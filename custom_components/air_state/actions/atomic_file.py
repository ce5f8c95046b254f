"""A file that gets its name when it is whole, and until then is nobody else's.

Folders that Home Assistant may write to may be writable by others too. So nothing that lies there
is followed or written to: the file is new, has a name that nobody can foretell, and is renamed
within the very folder that was allowed, whatever has taken that folder's place meanwhile.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

from ..core.domain.errors import FileExistsAlreadyError, FileForbiddenError, FileNameError

_RANDOM_BYTES = 8
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.unfinished")


class WholeFile:
    """A file that is to be at `path`, whose folder is resolved; its methods block."""

    def __init__(self, path: Path) -> None:
        """Prepare for `path`."""
        self._path = path
        self._unfinished = f".{path.name}.{token_hex(_RANDOM_BYTES)}.unfinished"
        self._folder: int | None = None
        self._file: IO[str] | None = None

    def begin(self, *, overwrite: bool) -> IO[str]:
        """Return the file, to write to. Raises FileError and OSError."""
        self._folder = self._open_folder()
        self._require_free(overwrite=overwrite)
        self._remove_leftovers(self._folder)
        self._file = os.fdopen(
            os.open(self._unfinished, _NEW, 0o666, dir_fd=self._folder),
            "w",
            encoding="utf-8",
            newline="",
        )
        return self._file

    def finish(self, file: IO[str], *, overwrite: bool) -> int:
        """Give the file its name, and return its size. Raises FileError and OSError."""
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        file.close()
        self._require_free(overwrite=overwrite)
        self._rename(overwrite=overwrite)
        self._file = None
        self._let_go()
        return size

    def give_up(self) -> None:
        """Leave nothing."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(FileNotFoundError):
                os.unlink(self._unfinished, dir_fd=self._folder)
        self._let_go()

    def _let_go(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            os.close(folder)

    def _open_folder(self) -> int:
        """Return the folder itself, which no longer changes with its name."""
        parent = self._path.parent
        folder = os.open(parent, _FOLDER)
        if parent.resolve() != parent or not os.path.samestat(os.fstat(folder), parent.stat()):
            os.close(folder)
            raise FileForbiddenError(path=self._path, allowed="-")
        return folder

    def _require_free(self, *, overwrite: bool) -> None:
        if self._path.is_dir():
            raise FileNameError(path=self._path)
        if os.path.lexists(self._path) and not overwrite:
            raise FileExistsAlreadyError(path=self._path)

    def _remove_leftovers(self, folder: int) -> None:
        """Remove what processes left that were killed: only one writes to a path at a time."""
        own = f".{self._path.name}"
        for name in os.listdir(folder):
            if name.startswith(own) and _UNFINISHED.fullmatch(name.removeprefix(own)):
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)

    def _rename(self, *, overwrite: bool) -> None:
        """Give the file its name: what has it otherwise is replaced itself, never followed."""
        both = {"src_dir_fd": self._folder, "dst_dir_fd": self._folder}
        if not overwrite:
            try:
                os.link(self._unfinished, self._path.name, **both, follow_symlinks=False)
            except FileExistsError as error:
                raise FileExistsAlreadyError(path=self._path) from error
            except OSError:
                pass  # a file system without links, where nobody can be kept from coming first
            else:
                os.unlink(self._unfinished, dir_fd=self._folder)
                return
        os.replace(self._unfinished, self._path.name, **both)  # noqa: PTH105 - in that folder
