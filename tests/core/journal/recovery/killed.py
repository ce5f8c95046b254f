"""The files that a killed process leaves behind."""

from pathlib import Path

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from tests.core.journal.snapshots import read_after, snapshot

ROWS = 26
ALL = [snapshot(number).taken_at for number in range(ROWS)]


def writer_for(path: Path) -> JournalWriter:
    return JournalWriter(
        path,
        clock=SystemClock(),
        limits=JournalLimits(days=36_500, max_bytes=2**40),
        on_change=lambda _: None,
    )


def files(path: Path) -> dict[str, bytes]:
    """Return the files of a journal by what follows its name's stem."""
    return {
        each.name.removeprefix(path.stem): each.read_bytes()
        for each in path.parent.iterdir()
        if each.name.startswith(path.stem + ".")
    }


async def killed(path: Path) -> dict[str, bytes]:
    """Return the files of a process that was killed after it had committed 26 rows, one by one."""
    path.parent.mkdir(parents=True)
    writer = writer_for(path)
    await writer.open()
    for number in range(ROWS):
        writer.add(snapshot(number))
        await writer._attempt(writer._committer.write)
    left = files(path)
    await writer.close()
    return left


def lay(folder: Path, left: dict[str, bytes]) -> Path:
    """Put files where a start finds them."""
    folder.mkdir(parents=True)
    for name, content in left.items():
        (folder / f"station{name}").write_bytes(content)
    return folder / "station.db"


def times(journal: Journal) -> list[int]:
    return [each.taken_at for each in read_after(journal, 0, 10**6)]
