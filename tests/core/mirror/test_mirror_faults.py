"""The mirror against random sequences of faults: nothing missing, nothing double, in order.

In each example a journal and a mirror work for a while: snapshots come, requests fail before or
after lines were stored, lines are refused, processes are killed, clocks are set back.
"""

import asyncio
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.errors import JournalUnavailableError
from custom_components.air_state.core.domain.models import Snapshot
from custom_components.air_state.core.influx.errors import (
    InfluxBusyError,
    InfluxCredentialsError,
    InfluxDatabaseError,
    InfluxError,
    InfluxTimeoutError,
    InfluxTooLargeError,
    InfluxWriteForbiddenError,
)
from custom_components.air_state.core.influx.line_protocol import LineEncoder, LineFormat
from custom_components.air_state.core.journal.storage.file import Journal
from custom_components.air_state.core.journal.writer import JournalLimits, JournalWriter
from custom_components.air_state.core.journal.writing.available_rows import AvailableRows
from custom_components.air_state.core.mirror import outbox
from custom_components.air_state.core.mirror.mirror import Mirror
from custom_components.air_state.core.mirror.outbox import Outbox
from tests.core.journal.snapshots import BMP, DHT, HUMIDITY, T0, read_after
from tests.core.mirror.sinks import ADDRESS, Fault, ModelSink, broken

SEQUENCES, SHARES = 1_000, 4  # in parts, so that several processes can run them
CONFLICT = 'partial write: field type conflict: input field "temperature" is float'
RETENTION = "partial write: points beyond retention policy"
FAULTS = (
    broken(),
    broken(stores=True),
    Fault(InfluxTimeoutError(address=ADDRESS, seconds=60), stores=True),
    Fault(InfluxBusyError(address=ADDRESS, status=503, reason="full")),
    Fault(InfluxCredentialsError(address=ADDRESS)),
    Fault(InfluxWriteForbiddenError(address=ADDRESS, place="air")),
    Fault(InfluxDatabaseError(address=ADDRESS, place="air")),
    Fault(InfluxTooLargeError(address=ADDRESS)),
)


class MirrorWithFaults(RuleBasedStateMachine):
    """A station's journal and mirror, and an InfluxDB that fails in several ways."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="air_state")
        self.path = Path(self.folder.name) / "station.db"
        self.runner = asyncio.Runner()
        self.chance = random.Random(1)
        self.clock = T0
        self.poison: set[int] = set()
        self.takes_nothing = False
        self.kept_from = 0
        self.refusals = False
        self.cursor = 0
        self.gone: set[int] = set()
        self.sink = ModelSink()
        self.full = False
        append = Journal.append

        def refusing(journal: Journal, snapshots: list[Snapshot], **options: bool) -> None:
            if self.full:
                raise JournalUnavailableError(path=journal.path, reason="disk full")
            cursors = cast("dict[str, int]", options.pop("cursors", {}))
            append(journal, snapshots, cursors=cursors, **options)

        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(Journal, "append", refusing)
        self.start()

    def start(self) -> None:
        async def make() -> None:
            self.journal = JournalWriter(
                self.path,
                clock=SystemClock(),
                limits=JournalLimits(days=36_500, max_bytes=2**40),
                on_change=lambda _: None,
            )
            await self.journal.open()
            self.sink.closed = False
            self.mirror = Mirror(
                Outbox(self.journal, "influx", LineEncoder(LineFormat(device="attic"))),
                self.sink,
                clock=SystemClock(),
                on_change=lambda _: None,
            )

        self.runner.run(make())

    def refuses(self, time: int) -> str | None:
        if time in self.poison:
            return f"unable to parse '{time}': missing tag value"
        if time < self.kept_from:
            return RETENTION
        return CONFLICT if self.takes_nothing else None

    @initialize(partial=st.booleans(), counts=st.booleans(), most=st.sampled_from([150, 10**9]))
    def chooses_how_the_sink_refuses(self, *, partial: bool, counts: bool, most: int) -> None:
        self.sink.partial, self.sink.counts, self.sink.max_bytes = partial, counts, most
        self.sink.refuses = self.refuses

    @rule(count=st.integers(1, 40), back=st.integers(0, 30))
    def poll(self, count: int, back: int) -> None:
        self.clock -= back * 1000
        for _ in range(count):
            self.clock += 1000
            self.journal.add(
                Snapshot(
                    device="x",
                    taken_at=self.clock,
                    readings={
                        BMP: self.chance.uniform(-40, 80),
                        DHT: self.chance.choice([20.0, 20.1, -0.0]),
                        HUMIDITY: self.chance.uniform(0, 100),
                    },
                )
            )
        self.runner.run(self.journal.flush())

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=4))
    def will_fail(self, faults: list[Fault]) -> None:
        self.sink.faults = list(faults)

    @rule(share=st.sampled_from([0.02, 0.3, 1.0]))
    def some_become_poison(self, share: float) -> None:
        """Let the sink refuse some rows for good that it has not received yet."""
        unseen = set(self.rows()) - set(self.sink.times())
        self.poison |= {each for each in sorted(unseen) if self.chance.random() < share}
        self.refusals = self.refusals or bool(self.poison)

    @rule(takes=st.booleans())
    def takes_nothing_or_all(self, *, takes: bool) -> None:
        self.takes_nothing = not takes
        self.refusals = self.refusals or self.takes_nothing

    @rule()
    def keeps_only_newer(self) -> None:
        """Let the retention policy refuse half of the rows that were not sent yet."""
        unseen = sorted(set(self.rows()) - set(self.sink.times()))
        if unseen:
            self.kept_from = unseen[len(unseen) // 2]
            self.refusals = True

    @rule(steps=st.integers(1, 6))
    def mirrors(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    @rule(back=st.integers(0, 100))
    @precondition(lambda self: not self.journal.pending)  # what is in memory dies with it
    def is_killed(self, back: int) -> None:
        """Start again from the file alone, with another clock and without closing anything."""
        self.clock -= back * 1000
        self.runner.run(self.journal.execute(lambda journal: journal.close()))
        self.journal._thread._executor.shutdown()
        self.cursor = 0
        self.start()

    @rule()
    def restarts(self) -> None:
        async def stop() -> None:
            await self.mirror.close(5)
            await self.journal.close()

        self.runner.run(stop())
        kept = self.journal.unwritten()
        self.cursor = 0
        self.start()
        for each in kept:
            self.journal.add(each)
        self.runner.run(self.journal.flush())

    @rule(full=st.booleans())
    def disk_is_full_or_not(self, *, full: bool) -> None:
        self.full = full
        self.runner.run(self.journal.flush())

    @rule()
    @precondition(lambda self: self.mirror.status.dead_letters)
    def dead_letters_are_sent_again(self) -> None:
        with suppress(InfluxError):
            self.runner.run(self.mirror.resend_dead_letters())

    @rule(data=st.data())
    def sends_a_range_again(self, data: st.DataObject) -> None:
        rows = [each for each in self.rows() if each <= (self.mirror._sender.cursor or 0)]
        if rows:
            start, stop = sorted([data.draw(st.sampled_from(rows)) for _ in range(2)])
            with suppress(InfluxError):
                self.runner.run(self.mirror.replay(start, stop + 1))

    @rule()
    @precondition(lambda self: not self.full)
    def rows_leave_by_age(self) -> None:
        """Delete all rows that the sink has: the cursor may be later than the newest row then."""
        before = set(self.rows())

        def job(journal: Journal) -> None:
            journal.append([], cursors={"influx": self.mirror._sender.cursor or 0})
            journal.prune(before=2**62, max_bytes=2**62)

        self.runner.run(self.journal.execute(job))
        self.gone |= before - set(self.rows())

    def step(self) -> bool:
        try:
            return self.runner.run(self.mirror.send_batch())
        except InfluxError:
            return True

    def rows(self) -> list[int]:
        def job(rows: AvailableRows) -> list[int]:
            return [time for found in rows.after(0, 10**6) for time, *_ in found.rows]

        return self.runner.run(self.journal.read_rows(job))

    def dead_letters(self) -> set[int]:
        def job(journal: Journal) -> set[int]:
            return {e.taken_at for e in journal.dead_letters.list_after("influx", -1, limit=10**6)}

        return self.runner.run(self.journal.execute(job))

    @invariant()
    def nothing_is_passed_over(self) -> None:
        """Check that each row up to the cursor is stored, or a dead letter."""
        cursor = self.mirror._sender.cursor
        if cursor is None:
            return
        assert cursor >= self.cursor
        self.cursor = cursor
        before = {each for each in self.rows() if each <= cursor}
        assert before <= set(self.sink.times()) | self.dead_letters()

    @invariant()
    def first_come_in_order(self) -> None:
        if not self.refusals:
            assert self.sink.arrived == sorted(self.sink.arrived)

    def teardown(self) -> None:
        """End all faults, and check that every row is stored or a dead letter."""
        self.sink.faults.clear()
        self.full = False
        self.runner.run(self.journal.flush())
        self.sink.max_bytes = 10**9
        self.takes_nothing = False
        # Three good rows at the end: lines before them that are refused are at fault.
        self.clock = max([self.clock, *self.rows()])
        self.poll(3, 0)
        for number in range(1_000):
            if not self.step():
                break
            if number > 100 and self.mirror.status.refused:
                # A whole batch is refused and kept: the user decides to discard it.
                self.runner.run(self.mirror.put_refused_aside())
        else:
            raise AssertionError(self.mirror.status)

        rows, letters = self.rows(), self.dead_letters()
        assert self.mirror._sender.cursor is not None
        assert rows[-1] <= self.mirror._sender.cursor
        assert set(self.sink.times()) | letters == set(rows) | self.gone
        # Only refused lines were put aside, and they are nowhere else.
        expected = self.runner.run(self.journal.execute(_values))
        for row in rows:
            points = {series: v for (series, time), v in self.sink.points.items() if time == row}
            if self.refuses(row) is None and row not in letters:
                assert points == {"sensor_data,device=attic": expected[row]}
            else:
                assert row in letters or points
        for row in letters:
            assert self.refuses(row) is not None or self.refusals
        assert len(self.sink.arrived) == len(set(self.sink.arrived))
        self.runner.run(self.mirror.close(5))
        self.runner.run(self.journal.close())
        self.runner.close()
        self.patch.undo()
        self.folder.cleanup()


def _values(journal: Journal) -> dict[int, dict[str, float]]:
    """Return what each row is as fields, worked out apart from the encoder."""
    made = {}
    for each in read_after(journal, 0, 10**6):
        bmp, dht, humidity = (each.readings[key] for key in (BMP, DHT, HUMIDITY))
        made[each.taken_at] = {"temperature": (bmp + dht) / 2, "humidity": humidity}
    return made


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_thousand_sequences_of_faults(monkeypatch: pytest.MonkeyPatch, share: int) -> None:
    monkeypatch.setattr(outbox, "MAX_LINES", 25)  # so that some dozen rows are several batches
    monkeypatch.setattr(outbox, "_FIRST_ROW_LIMIT", 4)
    run_state_machine_as_test(
        MirrorWithFaults,
        settings=settings(
            max_examples=SEQUENCES // SHARES,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
