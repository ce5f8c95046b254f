"""Finding out whether commits are missing from a journal's write-ahead log.

SQLite reads a log up to the first frame whose checksum is wrong, and silently ignores those after
it. That is right for a commit that a power cut broke off, but it hides damage. Each frame's
checksum continues that of the frame before, so intact frames after a damaged one can be recognised.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (4.1 to 4.4), and for the index
beside it https://www.sqlite.org/walformat.html (2.1).
"""

import sys
from array import array
from itertools import batched
from pathlib import Path

from ..storage.paths import wal_index_path, wal_path

_HEADER_SIZE, _FRAME_HEADER_SIZE, _INDEX_HEADER_SIZE = 32, 24, 48  # bytes
_MIN_PAGE, _MAX_PAGE = 512, 65_536
_MAGIC = 0x377F0682  # the lowest bit is the byte order of checksums
_MAX_FRAMES = 50_000  # that are read, about 200 MB; SQLite checkpoints after 1,000

type _Checksum = tuple[int, int]


def lacks_commits(path: Path) -> bool:
    """Return whether the log of the journal at `path` had commits that SQLite will not read.

    Raises OSError.
    """
    log = wal_path(path)
    if not log.exists():
        return False
    with log.open("rb") as file:
        header = file.read(_HEADER_SIZE)
        if len(header) < _HEADER_SIZE:
            return False
        page_size = int.from_bytes(header[8:12])
        byte_order = "big" if header[3] & 1 else "little"
        checksum = _checksum(header[:24], (0, 0), byte_order)
        if (
            int.from_bytes(header[:4]) & ~1 != _MAGIC
            or not _MIN_PAGE <= page_size <= _MAX_PAGE
            or checksum != _stored_checksum(header[24:32])
        ):
            return log.stat().st_size >= _HEADER_SIZE + _FRAME_HEADER_SIZE + _MIN_PAGE
        salts = header[16:24]
        intact = frames = 0
        damaged = False
        while frames < _MAX_FRAMES:
            frame = file.read(_FRAME_HEADER_SIZE + page_size)
            if len(frame) < _FRAME_HEADER_SIZE + page_size:
                break
            frames += 1
            stored = _stored_checksum(frame[16:24])
            # A frame with other salts is left over from an earlier log.
            is_intact = frame[8:16] == salts and stored == _checksum(
                frame[_FRAME_HEADER_SIZE:],
                _checksum(frame[:8], checksum, byte_order),
                byte_order,
            )
            checksum = stored
            if not is_intact:
                damaged = True
            elif damaged:
                return True
            else:
                intact = frames
    return intact < _count_indexed_frames(path, salts)


def _count_indexed_frames(path: Path, salts: bytes) -> int:
    """Return how many frames the log's index counts, 0 without an index of this log.

    The index outlives a killed process.
    """
    try:
        with wal_index_path(path).open("rb") as file:
            header = file.read(_INDEX_HEADER_SIZE)
    except FileNotFoundError:
        return 0
    if len(header) < _INDEX_HEADER_SIZE or not any(header) or header[32:40] != salts:
        return 0
    return int.from_bytes(header[16:20], sys.byteorder)


def _checksum(data: bytes, previous: _Checksum, byte_order: str) -> _Checksum:
    """Return the log's checksum of `data`, continued from the `previous` one."""
    words = array("I", data)
    if byte_order != sys.byteorder:
        words.byteswap()
    first, second = previous
    for one, other in batched(words, 2, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _stored_checksum(data: bytes) -> _Checksum:
    return int.from_bytes(data[:4]), int.from_bytes(data[4:8])
