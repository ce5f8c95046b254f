"""A journal, a mirror, and a real InfluxDB."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from homeassistant.util.ssl import client_context

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.means import mean
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.domain.ports import Sink
from custom_components.air_state.core.influx.errors import InfluxLostError
from custom_components.air_state.core.influx.flux.reader import FluxReader, Influx18Reader
from custom_components.air_state.core.influx.influxql.reader import InfluxqlReader
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.influx.queries.protocols import InfluxReader
from custom_components.air_state.core.influx.source import InfluxHistory
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client, InfluxV1Sink
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing import schedule as journal_schedule
from custom_components.air_state.core.mirror import read_back
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from custom_components.air_state.core.mirror.status import MirrorStatus
from tests.core.journal.snapshots import read_after
from tests.live.influx_v2 import InfluxV2
from tests.live.real_server import Points, RealServer
from tests.live.servers import V1, V1_AUTH, V1_FLUX, V2, running

DEVICE = "nodemcu"
SERIES = f"sensor_data,device={DEVICE}"


class Bench:
    """A journal and its mirror, without Home Assistant."""

    def __init__(self, path: Path, target: InfluxTarget, session: aiohttp.ClientSession) -> None:
        self.path = path
        self.target = target
        self.session = session
        self.statuses: list[MirrorStatus] = []

    def sink(self, target: InfluxTarget | None = None) -> Sink:
        target = target or self.target
        if target.kind in {InfluxKind.V2, InfluxKind.V1_FLUX}:
            return InfluxV2Client(target, client_context())
        return InfluxV1Sink(self.session, target)

    def reader(self, sink: Sink) -> InfluxReader:
        """Return a reader of what `sink` writes."""
        influxql = InfluxV1Client(self.session, self.target)
        if not isinstance(sink, InfluxV2Client):
            return InfluxqlReader(influxql)
        if self.target.kind is InfluxKind.V1_FLUX:
            return Influx18Reader(sink, influxql)
        return FluxReader(sink)

    async def start(self, *, own_readings: bool = False) -> None:
        self.journal = JournalWriter(
            self.path,
            clock=SystemClock(),
            limits=JournalLimits(days=36_500, max_bytes=2**40),
            on_change=lambda _: None,
        )
        await self.journal.open()
        sink = self.sink()
        self.mirror = Mirror(
            Outbox(
                self.journal,
                "influx",
                LineEncoder(LineFormat(device=DEVICE, own_readings=own_readings)),
            ),
            sink,
            clock=SystemClock(),
            on_change=self.statuses.append,
            reader=InfluxHistory(self.reader(sink), DEVICE, SystemClock()),
            jitter=lambda: 0.02,  # these servers are soon back
        )
        self.tasks = [
            asyncio.create_task(self.journal.run()),
            asyncio.create_task(self.mirror.run()),
        ]

    def put(self, *snapshots: Snapshot) -> None:
        for each in snapshots:
            self.journal.add(each)

    async def until_mirrored(self, seconds: float = 60) -> None:
        """Wait until InfluxDB has all rows, as far as the mirror knows."""
        await self.journal.flush()
        newest = await self.journal.execute(lambda journal: journal.newest)
        async with asyncio.timeout(seconds):
            while (self.mirror.status.mirrored_to or 0) < newest or self.mirror.status.backlog:
                await asyncio.sleep(0.02)

    async def until_problem(self, code: str, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while getattr(self.mirror.status.problem, "code", "") != code:
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        await self.mirror.close(5)
        await self.journal.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        assert not any(isinstance(each.problem, InfluxLostError) for each in self.statuses)

    async def expected(self) -> Points:
        """Return the journal's rows as points, computed without the encoder."""
        found: Points = {}
        for row in await self.journal.execute(lambda journal: read_after(journal, 0, 10**7)):
            values: dict[str, list[float]] = {}
            for key, value in row.readings.items():
                values.setdefault(key.parameter, []).append(value)
            found[SERIES, row.taken_at] = {name: mean(each) for name, each in values.items()}
        return found


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that no library logs a secret, at debug level either."""
    caplog.set_level(logging.DEBUG)
    yield
    for secret in (InfluxV2.token, "root pass", "cm9vdDpyb290"):
        assert secret not in caplog.text


@pytest.fixture(params=[*V1, *V1_AUTH, *V1_FLUX, *V2])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, socket_enabled: None
) -> Iterator[RealServer]:
    """Return a running server with an empty database or bucket."""
    with running(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def settle_seconds() -> float:
    """Return when rows are read back: after most tests, since some lose rows on purpose."""
    return 3_600.0


@pytest.fixture
async def bench(
    server: RealServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settle_seconds: float,
) -> AsyncIterator[Bench]:
    """Return a journal and a mirror that writes to the server, not started."""
    monkeypatch.setattr(journal_schedule, "GROUP_SECONDS", 0.05)
    monkeypatch.setattr(journal_schedule, "EAGER_SECONDS", 0.05)
    monkeypatch.setattr(read_back, "SETTLE_SECONDS", settle_seconds)
    monkeypatch.setattr(read_back, "INTERVAL_SECONDS", 2 * settle_seconds)
    async with aiohttp.ClientSession() as session:
        yield Bench(tmp_path / "station.db", server.target, session)
