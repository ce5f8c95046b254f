"""A journal's files are set aside and deleted together."""

from contextlib import closing
from pathlib import Path

from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.storage.paths import delete_journal, set_aside
from tests.core.journal.snapshots import T0, snapshot


def test_setting_aside_keeps_every_byte_and_never_overwrites(path: Path) -> None:
    path.parent.mkdir()
    aside = []
    for content in (b"first", b"second"):
        path.write_bytes(content)
        path.with_name("station.db-wal").write_bytes(content + b" log")
        aside.append(set_aside(path, T0))

    assert [each.name for each in aside] == [
        "station.damaged-20231114T221320Z.db",
        "station.damaged-20231114T221320Z-2.db",
    ]
    assert [each.read_bytes() for each in aside] == [b"first", b"second"]
    assert aside[0].with_name(aside[0].name + "-wal").read_bytes() == b"first log"
    assert not path.exists()


def test_deleting_takes_everything_but_what_was_set_aside(path: Path) -> None:
    with closing(Journal(path)) as journal:
        journal.append([snapshot(0)])
        kept = path.with_name("station.damaged-20231114T221320Z.db")
        kept.touch()
        delete_journal(path)
        assert list(path.parent.iterdir()) == [kept]
    delete_journal(path)
