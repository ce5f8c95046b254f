"""A file that appears under its name only once it is complete.

Other users of the machine may be able to write to the folders that Home Assistant may write to. So
nothing that exists there is followed or written to: the temporary file is new, its name cannot be
guessed, and it is renamed within the very folder that was allowed, even if another folder has taken
that folder's path by then.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

from ..core.domain.errors import FileExistsAlreadyError, FileForbiddenError, FileNameError

_RANDOM_BYTES = 8
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW_FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_TEMPORARY_SUFFIX = re.compile(r"\.[0-9a-f]{16}\.unfinished")


class AtomicFile:
    """Writes the file at `path`, the folder of which is resolved. All methods block."""

    def __init__(self, path: Path) -> None:
        """Choose a temporary name; nothing is opened yet."""
        self._path = path
        self._temporary = f".{path.name}.{token_hex(_RANDOM_BYTES)}.unfinished"
        self._folder: int | None = None
        self._file: IO[str] | None = None

    def open(self, *, overwrite: bool) -> IO[str]:
        """Return the temporary file, open for writing text. Raises FileError and OSError."""
        self._folder = self._open_folder()
        self._require_free(overwrite=overwrite)
        self._remove_leftovers(self._folder)
        self._file = os.fdopen(
            os.open(self._temporary, _NEW_FILE_FLAGS, 0o666, dir_fd=self._folder),
            "w",
            encoding="utf-8",
            newline="",
        )
        return self._file

    def commit(self, file: IO[str], *, overwrite: bool) -> int:
        """Give the file its name; return its size in bytes. Raises FileError and OSError."""
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        file.close()
        self._require_free(overwrite=overwrite)
        self._rename(overwrite=overwrite)
        self._file = None
        self._close_folder()
        return size

    def abort(self) -> None:
        """Remove the temporary file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(FileNotFoundError):
                os.unlink(self._temporary, dir_fd=self._folder)
        self._close_folder()

    def _close_folder(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            os.close(folder)

    def _open_folder(self) -> int:
        """Return a descriptor of the folder, which stays the same folder if its path changes."""
        parent = self._path.parent
        folder = os.open(parent, _FOLDER_FLAGS)
        if parent.resolve() != parent or not os.path.samestat(os.fstat(folder), parent.stat()):
            os.close(folder)
            raise FileForbiddenError(path=self._path, allowed="-")
        return folder

    def _require_free(self, *, overwrite: bool) -> None:
        """Raise FileNameError or FileExistsAlreadyError if the file may not get its name."""
        if self._path.is_dir():
            raise FileNameError(path=self._path)
        if os.path.lexists(self._path) and not overwrite:
            raise FileExistsAlreadyError(path=self._path)

    def _remove_leftovers(self, folder: int) -> None:
        """Remove temporary files of killed processes; only one export writes to a path at once."""
        prefix = f".{self._path.name}"
        for name in os.listdir(folder):
            if name.startswith(prefix) and _TEMPORARY_SUFFIX.fullmatch(name.removeprefix(prefix)):
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)

    def _rename(self, *, overwrite: bool) -> None:
        """Rename the temporary file. A link that has the name is replaced, never followed."""
        both = {"src_dir_fd": self._folder, "dst_dir_fd": self._folder}
        if not overwrite:
            # Unlike a rename, a hard link fails if somebody else has created the file meanwhile.
            try:
                os.link(self._temporary, self._path.name, **both, follow_symlinks=False)
            except FileExistsError as error:
                raise FileExistsAlreadyError(path=self._path) from error
            except OSError:
                pass  # a file system without hard links: nothing else guards against that
            else:
                os.unlink(self._temporary, dir_fd=self._folder)
                return
        os.replace(self._temporary, self._path.name, **both)  # noqa: PTH105 - in that folder
