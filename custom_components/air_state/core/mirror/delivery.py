"""Brings lines into a sink, in their order, and finds the ones that it refuses.

A refused request is halved until the line at fault is alone. Whether that line is bad, or the sink
takes none at all (a field of another type, say), shows by the lines after it: once one of the same
measurement is taken, those refused before it are tried once more, and are dead letters if they are
refused again; while none is taken they are kept.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from traceback import extract_tb

from ..domain.models import DeadLetter, Lines
from ..domain.ports import Clock, Sink
from ..influx.errors import (
    InfluxError,
    InfluxRefusalError,
    InfluxTooLargeError,
    InfluxUnexpectedError,
)
from ..influx.line_protocol import MEASUREMENT

MAX_SINGLES = 50  # lines refused one by one and none taken, before the rest is left for later
_MEASUREMENT = re.compile(r"[^, ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suspect:
    """A line that was refused, and why; whether it is at fault is not known yet."""

    number: int
    error: InfluxRefusalError


class Delivery:
    """One try to bring lines into a sink. What came of it can be read even if `run` raises."""

    def __init__(
        self, sink: Sink, lines: Lines, clock: Clock, *, keep_refused: bool = True
    ) -> None:
        """Deliver `lines`; without `keep_refused` every refused line becomes a dead letter."""
        self.taken = 0  # up to that line, the last that is in the sink
        self.readable: int | None = None  # time of the last line there that can be read back
        self.refusal: InfluxRefusalError | None = None  # of the last of the letters
        self._sink = sink
        self._lines: Sequence[str] = lines.lines
        self._times: Sequence[int] = lines.times
        self._clock = clock
        self._keep_refused = keep_refused
        self._tried = 0  # that many lines, from the first
        self._buried: dict[int, DeadLetter] = {}  # by the line's number
        self._suspects: list[_Suspect] = []
        self._singles: Counter[str] = Counter()  # refused since one was taken, by measurement

    @property
    def settled(self) -> int:
        """Return how many lines, from the first, are in the sink or dead letters."""
        return self._suspects[0].number if self._suspects else self._tried

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters among the settled lines; what comes after is sent again."""
        settled = self.settled
        return [self._buried[number] for number in sorted(self._buried) if number < settled]

    @property
    def refused(self) -> InfluxRefusalError | None:
        """Return why the lines after `settled` are kept, None where they are not refused."""
        return self._suspects[0].error if self._suspects else None

    @property
    def suspects(self) -> int:
        """Return how many lines were refused and are kept."""
        return len(self._suspects)

    async def run(self) -> None:
        """Deliver. Raises InfluxError for whatever is not the lines' fault."""
        waiting = [(0, len(self._lines))] if self._lines else []
        while waiting and max(self._singles.values(), default=0) < MAX_SINGLES:
            start, stop = waiting.pop()
            try:
                await self._sink.write("\n".join(self._lines[start:stop]).encode())
            except InfluxTooLargeError:
                if stop - start == 1:
                    raise  # a line is short: whatever is the matter, it is not the line
                waiting += _halves(start, stop)
            except InfluxRefusalError as error:
                if stop - start > 1 and error.dropped != stop - start:
                    waiting += _halves(start, stop)
                elif error.beyond_retention and not self._suspects:
                    self._bury(range(start, stop), error)
                else:
                    self._suspect(start, stop, error)
            else:
                self.taken = stop
                self.readable = self._last_mean(start, stop) or self.readable
                await self._judge(start, stop)
            self._tried = waiting[-1][0] if waiting else len(self._lines)

    async def outcome(self) -> InfluxError | None:
        """Deliver, and return what kept it from settling every line."""
        try:
            await self.run()
        except InfluxError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, what was settled has to be noted
            return unexpected(error)
        return self.refused

    def _suspect(self, start: int, stop: int, error: InfluxRefusalError) -> None:
        """Note refused lines, of which the next that is taken tells that they were at fault."""
        if not self._keep_refused:
            self._bury(range(start, stop), error)
            return
        self._suspects += [_Suspect(number=each, error=error) for each in range(start, stop)]
        if stop - start == 1:
            self._singles[self._measurement(start)] += 1

    def _bury(self, numbers: Collection[int], error: InfluxRefusalError) -> None:
        """Make dead letters of lines of which it is certain that they will never be taken."""
        self._buried |= {number: self._letter(number, error) for number in numbers}
        self.refusal = error

    async def _judge(self, start: int, stop: int) -> None:
        """Make dead letters of the suspects of measurements that the sink does take lines of.

        They are tried once more before: it may have been mended just now. Raises InfluxError.
        """
        if not self._suspects:
            return
        taken = {self._measurement(number) for number in range(start, stop)}
        judged = {e.number for e in self._suspects if self._measurement(e.number) in taken}
        waiting = [sorted(judged)] if judged else []
        while waiting:
            some = waiting.pop()
            try:
                await self._sink.write("\n".join(self._lines[each] for each in some).encode())
            except InfluxRefusalError as error:
                if len(some) > 1 and error.dropped != len(some):
                    waiting += [[each] for each in some]
                else:
                    self._bury(some, error)
        self._suspects = [each for each in self._suspects if each.number not in judged]
        for measurement in taken:
            del self._singles[measurement]

    def _last_mean(self, start: int, stop: int) -> int | None:
        """Return the time of the last line that holds means, None if none of these does."""
        numbers = reversed(range(start, stop))
        found = (self._times[each] for each in numbers if self._measurement(each) == MEASUREMENT)
        return next(found, None)

    def _measurement(self, number: int) -> str:
        found = _MEASUREMENT.match(self._lines[number])
        return found[0] if found else ""

    def _letter(self, number: int, error: InfluxRefusalError) -> DeadLetter:
        return DeadLetter(
            taken_at=self._times[number],
            line=self._lines[number],
            reason=error.reason,
            refused_at=self._clock.now(),
        )


def _halves(start: int, stop: int) -> list[tuple[int, int]]:
    """Return both halves of a range, the first one last: it is taken next."""
    middle = (start + stop) // 2
    return [(middle, stop), (start, middle)]


def unexpected(error: Exception) -> InfluxUnexpectedError:
    """Return an error that nobody thought of, by its kind and place: its text may hold secrets."""
    last = extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(last.filename).name}:{last.lineno}"
    return InfluxUnexpectedError(reason=f"{type(error).__name__} in {place}")
