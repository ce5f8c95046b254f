"""Whether commits are missing from a journal's write-ahead log.

SQLite reads a log up to the first frame whose checksum is wrong, and says nothing of those behind.
That is right for a commit that a power cut broke off, and it hides damage. Each frame's checksum
goes on from the one before, so that frames behind a damaged one can still be told to be intact.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (4.1 to 4.4), and for the index
beside it https://www.sqlite.org/walformat.html (2.1).
"""

import sys
from array import array
from itertools import batched
from pathlib import Path

from ..storage.paths import wal_index_path, wal_path

_HEADER, _FRAME = 32, 24  # bytes
_MIN_PAGE, _MAX_PAGE = 512, 65_536
_MAGIC = 0x377F0682  # the lowest bit says in which byte order checksums are reckoned
_MAX_FRAMES = 50_000  # that are looked at; 200 MB, and SQLite checkpoints after 1,000

type _Sums = tuple[int, int]


def lacks_commits(path: Path) -> bool:
    """Return whether the log of the journal at `path` had commits that SQLite will not find.

    Raises OSError.
    """
    log = wal_path(path)
    if not log.exists():
        return False
    with log.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return False
        size = int.from_bytes(header[8:12])
        order = "big" if header[3] & 1 else "little"
        sums = _checksum(header[:24], (0, 0), order)
        if (
            int.from_bytes(header[:4]) & ~1 != _MAGIC
            or not _MIN_PAGE <= size <= _MAX_PAGE
            or sums != _stored(header[24:32])
        ):
            return log.stat().st_size >= _HEADER + _FRAME + _MIN_PAGE
        salts = header[16:24]
        intact = frames = 0
        broken = False
        while frames < _MAX_FRAMES:
            frame = file.read(_FRAME + size)
            if len(frame) < _FRAME + size:
                break
            frames += 1
            own = frame[8:16] == salts  # not what an earlier log left behind
            found = (
                _checksum(frame[_FRAME:], _checksum(frame[:8], sums, order), order) if own else None
            )
            sums = _stored(frame[16:24])
            if found != sums:
                broken = True
            elif broken:
                return True
            else:
                intact = frames
    return intact < _frames_indexed(path, salts)


def _frames_indexed(path: Path, salts: bytes) -> int:
    """Return how many frames the log's index counts, which outlives a killed process; else 0."""
    try:
        with wal_index_path(path).open("rb") as file:
            header = file.read(48)
    except FileNotFoundError:
        return 0
    if len(header) < 48 or header[:48].count(0) == 48 or header[32:40] != salts:  # noqa: PLR2004 - its length
        return 0
    return int.from_bytes(header[16:20], sys.byteorder)


def _checksum(data: bytes, sums: _Sums, order: str) -> _Sums:
    """Return the log's checksum of `data`, going on from `sums`."""
    words = array("I", data)
    if order != sys.byteorder:
        words.byteswap()
    first, second = sums
    for one, other in batched(words, 2, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _stored(data: bytes) -> _Sums:
    return int.from_bytes(data[:4]), int.from_bytes(data[4:8])
