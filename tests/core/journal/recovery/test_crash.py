"""The journal against death and decay: SIGKILL, cut files, flipped bytes, a full disk."""

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from custom_components.air_state.core.domain.errors import JournalDamagedError, JournalError
from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import T0, read_after, snapshot

CHECKOUT = Path(__file__).parents[4]

# Takes the core alone, as importing the integration itself would take Home Assistant along.
CORE_ALONE = """
import sys
from types import ModuleType
package = ModuleType("custom_components.air_state")
package.__path__ = ["custom_components/air_state"]
sys.modules[package.__name__] = package
"""

# Appends snapshots in groups of 1 to 40, and tells on its standard output what is committed.
WRITER = f"""{CORE_ALONE}
import random, sys
from pathlib import Path
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import T0, read_after, snapshot

journal = Journal(Path(sys.argv[1]))
chance = random.Random(sys.argv[2])
number = (journal.newest - T0) // 1000 + 1 if journal.newest else 0
while True:
    count = chance.randint(1, 40)
    journal.append([snapshot(n) for n in range(number, number + count)])
    number += count
    print(number)
    sys.stdout.flush()
    if chance.random() < 0.05:
        journal.prune(before=0, max_bytes=2**62)
        journal.checkpoint()
"""
KILLS = 25


def content(found: list[Snapshot]) -> list[tuple[int, dict[ReadingKey, float]]]:
    return [(each.taken_at, dict(each.readings)) for each in found]


@pytest.mark.slow
def test_a_killed_process_loses_no_committed_row(tmp_path: Path) -> None:
    path = tmp_path / "station.db"
    chance = random.Random(20261122)
    committed = 0
    for kill in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(kill)],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            committed = int(writer.stdout.readline())  # it has begun
            time.sleep(chance.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines()
            assert writer.wait() == -signal.SIGKILL
        # The last line may have been cut in two.
        committed = max([committed, *map(int, rest[:-1])])

        with closing(Journal(path)) as journal:
            found = read_after(journal, 0, 10**7)
        assert len(found) >= committed
        assert content(found) == content([snapshot(number) for number in range(len(found))])
    assert committed > 20 * KILLS


@pytest.fixture
def intact(tmp_path: Path) -> bytes:
    """Return the bytes of a closed journal that has pages of every kind."""
    path = tmp_path / "intact.db"
    with closing(Journal(path)) as journal:
        journal.append([snapshot(number) for number in range(300)])
        journal.cursors.setdefault("influx")
    return path.read_bytes()


def use(path: Path) -> list[Snapshot]:
    """Open, read and write a journal that may be damaged; only JournalError may be raised."""
    with closing(Journal(path)) as journal:
        found = read_after(journal, 0, 10**6)
        journal.append([snapshot(10**6)])
        assert read_after(journal, journal.newest - 1, 1)[0].readings == snapshot(10**6).readings
        journal.prune(before=T0 + 5000, max_bytes=2**62)
    return found


def test_a_file_cut_at_any_length_is_noticed(tmp_path: Path, intact: bytes) -> None:
    chance = random.Random(1)
    lengths = [1, 15, 99, 100, 512, 4095, 4096, 4097, len(intact) - 4096, len(intact) - 1]
    lengths += [chance.randrange(1, len(intact)) for _ in range(100)]
    for number, length in enumerate(lengths):
        path = tmp_path / f"cut{number}.db"
        path.write_bytes(intact[:length])
        with pytest.raises(JournalDamagedError):
            use(path)
        assert path.read_bytes() == intact[:length]


def test_flipped_bytes_never_bring_down_more_than_the_journal(
    tmp_path: Path, intact: bytes
) -> None:
    chance = random.Random(2)
    noticed = 0
    for number in range(150):
        data = bytearray(intact)
        for _ in range(chance.choice([1, 1, 1, 8, 64])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = tmp_path / f"flip{number}.db"
        path.write_bytes(data)
        try:
            use(path)
        except JournalError:
            noticed += 1
    # A flipped bit inside a number makes another number, which nothing can notice.
    assert 30 < noticed < 150


def test_flipped_bytes_in_the_write_ahead_log(tmp_path: Path) -> None:
    """Rows after the damage are lost, those before it stay, and no others appear."""
    path = tmp_path / "station.db"
    journal = Journal(path)
    for number in range(60):
        journal.append([snapshot(number)])
    main, log = path.read_bytes(), path.with_name("station.db-wal").read_bytes()
    journal.close()
    chance = random.Random(3)
    lengths = set()
    for number in range(40):
        copy = tmp_path / f"copy{number}.db"
        copy.write_bytes(main)
        data = bytearray(log)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        copy.with_name(copy.name + "-wal").write_bytes(data)
        try:
            found = use(copy)
        except JournalError:
            continue
        assert content(found) == content([snapshot(n) for n in range(len(found))])
        lengths.add(len(found))
    assert len(lengths) > 5


# Fills a disk of the size that its limit allows, then gets more room and goes on.
FILLER = f"""{CORE_ALONE}
import json, resource, signal, sys
from pathlib import Path
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.journal.storage.file import Journal
from tests.core.journal.snapshots import T0, read_after, snapshot

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
number, refused = 0, None
while refused is None:
    try:
        journal.append([snapshot(n) for n in range(number, number + 10)])
    except JournalUnavailableError as error:
        refused = str(error)
    else:
        number += 10
before = len(read_after(journal, 0, 10**6))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
journal.append([snapshot(n) for n in range(number, number + 10)])
found = [(s.taken_at - T0) // 1000 for s in read_after(journal, 0, 10**6)]
print(json.dumps(dict(number=number, before=before, found=found, refused=refused)))
"""


def test_a_full_disk_is_said_and_costs_no_committed_row(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path / "station.db")],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )

    report = json.loads(done.stdout)
    assert report["before"] == report["number"] > 100
    assert report["found"] == list(range(report["number"] + 10))
    assert report["refused"].startswith("journal_unavailable")
