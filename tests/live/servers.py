"""Which versions of InfluxDB are here, and how tests get one that runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.live.influx_v1 import InfluxV1, InfluxV18
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import RealServer, version_of

CHECKOUT = Path(__file__).parents[2]
DEBIAN_INFLUXD = CHECKOUT / ".dev/influxdb/usr/bin/influxd"


@cache
def binaries() -> dict[str, str]:
    """Return an influxd for each version that is here, such as 2.7, by what it tells.

    Several may be on the PATH, each in a folder of its own.
    """
    folders = [DEBIAN_INFLUXD.parent, *map(Path, os.get_exec_path())]
    found: dict[str, str] = {}
    for folder in folders:
        if (binary := folder / "influxd").exists() and (version := version_of(str(binary))):
            found.setdefault(".".join(version.split(".")[:2]), str(binary))
    return found


def _here(major: int, minors: range, otherwise: str) -> list[str]:
    """Return the versions of a family that are here, `otherwise` where there is none."""
    found = sorted(
        (int(minor), version)
        for version in binaries()
        for own, _, minor in [version.partition(".")]
        if own == str(major) and minor.isdigit() and int(minor) in minors
    )
    return [version for _, version in found] or [otherwise]


# Tests run with every version that is here; of a family of which none is they say what they need.
V1 = _here(1, range(8), "1.6")
V1_AUTH = [f"{version} auth" for version in V1]
V1_FLUX = _here(1, range(8, 100), "1.8")
V1_FLUX_AUTH = [f"{version} auth" for version in V1_FLUX]
V2 = _here(2, range(100), "2.7")


@contextmanager
def running(name: str, folder: Path) -> Iterator[RealServer]:
    """Have the server of that name run in a folder of its own, with an empty place to write to."""
    own = folder / "influxdb"
    own.mkdir()
    made = _make(name, own)
    try:
        made.start()
        made.set_up()
        yield made
    finally:
        made.kill()


def _make(name: str, folder: Path) -> RealServer:
    """Return the server of that name, not started, or skip the test and say what it lacks."""
    version, _, auth = name.partition(" ")
    if (binary := binaries().get(version)) is None:
        pytest.skip(
            "needs InfluxDB 1.6: Debian's package influxdb, which scripts/test fetches where there"
            " is apt, or influxd on the PATH"
            if version in V1
            else f"needs an InfluxDB such as {version}: influxd on the PATH"
        )
    if version in V2:
        return InfluxV2(folder, binary)
    kind = InfluxV18 if version in V1_FLUX else InfluxV1
    return kind(folder, binary, auth=bool(auth))
