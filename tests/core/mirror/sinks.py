"""A sink in memory that stores points as InfluxDB does, and fails when a test wants it to."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from custom_components.air_state.core.influx.errors import (
    InfluxBrokenError,
    InfluxError,
    InfluxRefusalError,
    InfluxTooLargeError,
)

ADDRESS = "http://influx:8086"
_LINE = re.compile(rb"(?P<series>\S+) (?P<fields>\S+) (?P<time>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """How one request fails: with an error, before or after the lines were stored."""

    error: InfluxError
    stores: bool = False


@dataclass
class ModelSink:
    """Points by series and time; if a point comes again, its newer fields win.

    With `partial` the sink stores the good lines of a refused request, as 1.x does. With `counts`
    it says how many it dropped. `refuses` returns why it refuses the line of a time, None if not.
    """

    partial: bool = False
    counts: bool = False
    max_bytes: int = 10**9
    refuses: Callable[[int], str | None] = lambda _time: None
    faults: list[Fault] = field(default_factory=list)
    points: dict[tuple[str, int], dict[str, float]] = field(default_factory=dict)
    arrived: list[int] = field(default_factory=list)  # times, by when they were first stored
    requests: list[int] = field(default_factory=list)  # lines in each
    closed: bool = False

    async def write(self, body: bytes) -> None:
        assert not self.closed
        found = [_LINE.fullmatch(line) for line in body.split(b"\n")]
        lines = [line for line in found if line is not None]
        assert len(lines) == len(found)
        self.requests.append(len(lines))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not fault.stores:
            raise fault.error
        if len(body) > self.max_bytes:
            raise InfluxTooLargeError(address=ADDRESS)
        reasons = [self.refuses(int(line["time"])) for line in lines]
        bad = sum(reason is not None for reason in reasons)
        if self.partial or not bad:
            self._store(line for line, reason in zip(lines, reasons, strict=True) if reason is None)
        if fault is not None:
            raise fault.error
        if bad:
            reason = next(reason for reason in reasons if reason is not None)
            raise InfluxRefusalError(
                address=ADDRESS, reason=reason, dropped=bad if self.counts else None
            )

    def _store(self, lines: Iterable[re.Match[bytes]]) -> None:
        for line in lines:
            time = int(line["time"])
            fields = dict(each.split("=") for each in line["fields"].decode().split(","))
            key = (line["series"].decode(), time)
            if key not in self.points:
                self.arrived.append(time)
            stored = self.points.setdefault(key, {})
            stored.update({name: float(value) for name, value in fields.items()})

    async def check(self) -> None:
        """Find nothing wrong."""

    async def close(self) -> None:
        self.closed = True

    def times(self) -> list[int]:
        return sorted({time for _, time in self.points})


def broken(*, stores: bool = False) -> Fault:
    """Return the fault of a connection that breaks off."""
    return Fault(InfluxBrokenError(address=ADDRESS), stores)
