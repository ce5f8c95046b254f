"""Deliveries find the lines that a sink refuses, in few requests and in order."""

import pytest

from custom_components.air_state.core.domain.clock import SystemClock
from custom_components.air_state.core.domain.models import Lines
from custom_components.air_state.core.influx.errors import (
    InfluxBrokenError,
    InfluxRefusalError,
    InfluxTooLargeError,
)
from custom_components.air_state.core.mirror.delivery import MAX_REFUSED_SINGLY, Delivery
from tests.core.mirror.sinks import ADDRESS, ModelSink, broken

CONFLICT = 'field type conflict: input field "{}" on measurement "m" is type float dropped=3'


def lines(count: int) -> Lines:
    times = list(range(count))
    return Lines(lines=[f"m f=1 {time}" for time in times], line_times=times, row_times=times)


async def deliver(sink: ModelSink, count: int, *, keep_refused: bool = True) -> Delivery:
    delivery = Delivery(sink, lines(count), SystemClock(), keep_refused=keep_refused)
    await delivery.run()
    return delivery


async def test_all_is_well() -> None:
    sink = ModelSink()
    delivery = await deliver(sink, 5000)
    assert (delivery.settled, delivery.dead_letters, delivery.refusal) == (5000, [], None)
    assert sink.requests == [5000]


async def test_nothing_to_deliver_asks_nothing() -> None:
    sink = ModelSink()
    await deliver(sink, 0)
    assert sink.requests == []


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize("counts", [True, False])
async def test_one_line_at_fault_is_found(*, partial: bool, counts: bool) -> None:
    sink = ModelSink(partial=partial, counts=counts)
    sink.refuses = lambda time: "invalid number" if time == 1234 else None
    delivery = await deliver(sink, 5000)
    assert delivery.settled == 5000
    assert [(each.taken_at, each.line, each.reason) for each in delivery.dead_letters] == [
        (1234, "m f=1 1234", "invalid number")
    ]
    assert sink.times() == [time for time in range(5000) if time != 1234]
    assert len(sink.requests) < 30
    assert sink.arrived == sorted(sink.arrived) or partial


async def test_the_last_line_at_fault_waits_for_another() -> None:
    sink = ModelSink(refuses=lambda time: "invalid number" if time == 9 else None)
    delivery = await deliver(sink, 10)
    assert delivery.settled == 9
    assert delivery.dead_letters == []
    assert (delivery.refused_lines, isinstance(delivery.refusal, InfluxRefusalError)) == (1, True)

    later = await deliver(sink, 11)
    assert later.settled == 11
    assert [each.taken_at for each in later.dead_letters] == [9]


async def test_lines_that_all_fail_alike_are_kept() -> None:
    # Go's maps have no order: any field may be named first.
    sink = ModelSink(refuses=lambda time: CONFLICT.format("co2" if time % 2 else "temperature"))
    delivery = await deliver(sink, 5000)
    assert (delivery.settled, delivery.dead_letters) == (0, [])
    assert delivery.refused_lines == MAX_REFUSED_SINGLY
    assert len(sink.requests) < 3 * MAX_REFUSED_SINGLY


async def test_a_server_that_counts_is_asked_once() -> None:
    sink = ModelSink(counts=True, refuses=lambda _time: "field type conflict")
    delivery = await deliver(sink, 5000)
    assert (delivery.settled, delivery.dead_letters, delivery.refused_lines) == (0, [], 5000)
    assert sink.requests == [5000]


async def test_whatever_the_reasons_lines_are_kept_until_one_is_taken() -> None:
    """A proxy that refuses everything may number its refusals."""
    sink = ModelSink(refuses=lambda time: f"Bad Request (trace {hash((time, 1)):x})")
    delivery = await deliver(sink, 5000)
    assert (delivery.settled, delivery.dead_letters, delivery.refused_lines) == (
        0,
        [],
        MAX_REFUSED_SINGLY,
    )


class OfOneType(ModelSink):
    """A sink with another type for a field of one measurement."""

    conflicting = b"sensor_data"

    async def write(self, body: bytes) -> None:
        taken = [line for line in body.split(b"\n") if not line.startswith(self.conflicting)]
        if taken:
            await super().write(b"\n".join(taken))
        else:
            self.requests.append(0)
        if dropped := body.count(b"\n") + 1 - len(taken):
            raise InfluxRefusalError(
                address=ADDRESS,
                reason=CONFLICT.format("co2"),
                dropped=dropped if self.counts else None,
            )


def both(rows: int) -> Lines:
    """Return lines of two measurements, one of each a row."""
    times = [number // 2 for number in range(rows * 2)]
    names = ("sensor_data,device=x", "sensor_readings,device=x,sensor=s")
    return Lines(
        lines=[f"{names[number % 2]} f=1 {time}" for number, time in enumerate(times)],
        line_times=times,
        row_times=list(range(rows)),
    )


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("conflicting", [b"sensor_data", b"sensor_readings"])
async def test_a_measurement_of_which_nothing_is_taken_is_kept_though_another_is(
    *, counts: bool, conflicting: bytes
) -> None:
    sink = OfOneType(counts=counts)
    sink.conflicting = conflicting
    delivery = Delivery(sink, both(2_000), SystemClock())
    await delivery.run()
    assert delivery.dead_letters == []
    assert delivery.settled == (0 if conflicting == b"sensor_data" else 1)
    assert delivery.refused_lines >= 3
    assert delivery.refusal is not None
    assert "conflict" in delivery.refusal.reason
    assert len(sink.requests) < 8 * MAX_REFUSED_SINGLY

    sink.conflicting = b"-"  # repaired
    later = Delivery(sink, both(2_000), SystemClock())
    await later.run()
    assert (later.settled, later.dead_letters) == (4_000, [])


async def test_a_line_of_one_measurement_at_fault_is_found_among_those_of_another() -> None:
    class Picky(ModelSink):
        async def write(self, body: bytes) -> None:
            if b"sensor_data,device=x f=1 7" in body.split(b"\n"):
                raise InfluxRefusalError(address=ADDRESS, reason="invalid number")
            await super().write(body)

    delivery = Delivery(Picky(), both(20), SystemClock())
    await delivery.run()
    assert delivery.settled == 40
    assert [each.line for each in delivery.dead_letters] == ["sensor_data,device=x f=1 7"]


async def test_lines_beyond_retention_tell_nothing_about_those_before_them() -> None:
    old = "partial write: points beyond retention policy"
    sink = ModelSink(refuses=lambda time: "too blue" if time < 2 else old)
    delivery = await deliver(sink, 4)
    assert (delivery.settled, delivery.dead_letters, delivery.refused_lines) == (0, [], 4)
    sink.refuses = lambda time: "too blue" if time < 2 else old if time < 4 else None
    later = await deliver(sink, 5)
    assert (later.settled, len(later.dead_letters), later.stored_to) == (5, 4, 5)


async def test_lines_beyond_retention_are_discarded_at_once() -> None:
    reason = "partial write: points beyond retention policy"
    sink = ModelSink(counts=True, partial=True)
    sink.refuses = lambda time: reason if time < 3000 else None
    delivery = await deliver(sink, 5000)
    assert delivery.settled == 5000
    assert [each.taken_at for each in delivery.dead_letters] == list(range(3000))
    assert len(sink.requests) < 30


async def test_without_keep_refused_every_refused_line_is_put_aside() -> None:
    sink = ModelSink(refuses=lambda _time: "field type conflict")
    delivery = await deliver(sink, 200, keep_refused=False)
    assert (delivery.settled, len(delivery.dead_letters), delivery.refusal) == (200, 200, None)


async def test_requests_that_are_too_large_are_halved() -> None:
    sink = ModelSink(max_bytes=1000)
    delivery = await deliver(sink, 1000)
    assert (delivery.settled, delivery.dead_letters) == (1000, [])
    assert sink.arrived == list(range(1000))


async def test_a_single_line_is_never_too_large() -> None:
    """A proxy may say so of anything; the line is kept, and what is before it settled."""
    sink = ModelSink(max_bytes=10)
    body = Lines(
        lines=["m f=1 1", "m f=1,ggggggggggg=2 2", "m f=1 3"], line_times=[1, 2, 3], row_times=[]
    )
    delivery = Delivery(sink, body, SystemClock())
    with pytest.raises(InfluxTooLargeError):
        await delivery.run()
    assert (delivery.settled, delivery.dead_letters) == (1, [])


class RepairedSoon(ModelSink):
    """A sink that refuses everything, and is repaired before its eighth request."""

    async def write(self, body: bytes) -> None:
        if len(self.requests) == 7:
            self.refuses = lambda _time: None
        await super().write(body)


async def test_a_sink_that_is_repaired_meanwhile_gets_all_lines() -> None:
    sink = RepairedSoon(refuses=lambda _time: "field type conflict")
    delivery = await deliver(sink, 8)
    assert (delivery.settled, delivery.dead_letters, delivery.refusal) == (8, [], None)
    assert sink.times() == list(range(8))


class BreaksLater(ModelSink):
    """A sink whose third request breaks off."""

    async def write(self, body: bytes) -> None:
        if len(self.requests) == 2:
            self.faults = [broken()]
        await super().write(body)


async def test_what_was_settled_before_the_connection_broke_is_known() -> None:
    sink = BreaksLater(refuses=lambda time: "bad" if time == 3 else None)
    delivery = Delivery(sink, lines(4), SystemClock())
    with pytest.raises(InfluxBrokenError):
        await delivery.run()
    assert delivery.settled == 2


class Noon:
    """A clock that stands still."""

    def now(self) -> int:
        return 43_200_000

    def monotonic(self) -> float:
        return 0.0


async def test_a_dead_letter_says_when_it_was_refused() -> None:
    sink = ModelSink(refuses=lambda time: "too blue" if time == 1 else None)
    delivery = Delivery(sink, lines(3), Noon())
    await delivery.run()
    assert [each.refused_at for each in delivery.dead_letters] == [43_200_000]
    assert delivery.dead_letter_refusal is not None
    assert delivery.dead_letter_refusal.reason == "too blue"


@pytest.mark.parametrize("max_bytes", [10**9, 40])
async def test_the_last_stored_line_with_means_is_known(max_bytes: int) -> None:
    """Also if lines without means are stored after it, each in a request of its own."""
    delivery = Delivery(ModelSink(max_bytes=max_bytes), both(6), SystemClock())
    assert delivery.last_mean_at is None
    await delivery.run()
    assert delivery.last_mean_at == 5


async def test_no_line_with_means_was_stored_if_all_were_refused() -> None:
    delivery = Delivery(OfOneType(), both(6), SystemClock())
    await delivery.run()
    assert delivery.last_mean_at is None
