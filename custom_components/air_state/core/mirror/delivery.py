"""Delivers lines to a sink in their order, and finds the ones that it refuses.

A refused request is halved until the line at fault is alone. Then two things are possible: the line
is bad, or the sink accepts no line of this measurement at all (a field has another type, say). The
lines after it tell which. Once one of the same measurement is stored, the refused ones before it
are sent again, and become dead letters if they are refused again. While none is stored, the refused
lines are kept for a later delivery.
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

MAX_REFUSED_SINGLY = 50  # lines of one measurement; the rest is then left for the next delivery
_MEASUREMENT = re.compile(r"[^, ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _RefusedLine:
    """A line that was refused; it is not known yet whether the line is at fault."""

    number: int
    error: InfluxRefusalError


class Delivery:
    """One attempt to deliver lines to a sink; lines are numbered from 0.

    The attributes tell the result, also after `run` raised an error.
    """

    def __init__(
        self, sink: Sink, lines: Lines, clock: Clock, *, keep_refused: bool = True
    ) -> None:
        """Deliver `lines`; without `keep_refused` each refused line becomes a dead letter."""
        self.stored_to = 0  # the number after the last line that the sink stored
        self.last_mean_at: int | None = None  # time (UTC ms) of the last stored line with means
        self.dead_letter_refusal: InfluxRefusalError | None = None  # of the last dead letter
        self._sink = sink
        self._lines: Sequence[str] = lines.lines
        self._times: Sequence[int] = lines.line_times
        self._clock = clock
        self._keep_refused = keep_refused
        self._tried = 0  # how many lines were tried, from the first one on
        self._dead_letters: dict[int, DeadLetter] = {}  # by the line's number
        self._refused: list[_RefusedLine] = []
        # Lines refused singly since one was stored, by measurement.
        self._refused_singly: Counter[str] = Counter()

    @property
    def settled(self) -> int:
        """Return how many lines, from the first one on, are stored or dead letters."""
        return self._refused[0].number if self._refused else self._tried

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters among the settled lines."""
        settled = self.settled
        return [
            self._dead_letters[number] for number in sorted(self._dead_letters) if number < settled
        ]

    @property
    def refused_lines(self) -> int:
        """Return how many lines were refused and are kept."""
        return len(self._refused)

    @property
    def refusal(self) -> InfluxRefusalError | None:
        """Return why the first of the kept lines was refused, None if none is kept."""
        return self._refused[0].error if self._refused else None

    async def run(self) -> None:
        """Deliver the lines. Raises InfluxError for whatever is not the fault of a line."""
        ranges = [(0, len(self._lines))] if self._lines else []
        while ranges and max(self._refused_singly.values(), default=0) < MAX_REFUSED_SINGLY:
            start, stop = ranges.pop()
            try:
                await self._write(self._lines[start:stop])
            except InfluxTooLargeError:
                if stop - start == 1:
                    raise  # a line is short, so this is not the line's fault
                ranges += _halves(start, stop)
            except InfluxRefusalError as error:
                if stop - start > 1 and error.dropped != stop - start:
                    ranges += _halves(start, stop)
                elif error.beyond_retention and not self._refused:
                    self._put_aside(range(start, stop), error)
                else:
                    self._note_refused(start, stop, error)
            else:
                self.stored_to = stop
                self.last_mean_at = self._last_mean(start, stop) or self.last_mean_at
                await self._retry_refused(start, stop)
            self._tried = ranges[-1][0] if ranges else len(self._lines)

    async def attempt(self) -> InfluxError | None:
        """Deliver the lines, and return why some are not settled, None if all are."""
        try:
            await self.run()
        except InfluxError as error:
            return error
        except Exception as error:  # noqa: BLE001 - what is settled has to be noted in any case
            return unexpected_error(error)
        return self.refusal

    def _note_refused(self, start: int, stop: int, error: InfluxRefusalError) -> None:
        """Keep refused lines until a later one is stored."""
        if not self._keep_refused:
            self._put_aside(range(start, stop), error)
            return
        self._refused += [_RefusedLine(number=each, error=error) for each in range(start, stop)]
        if stop - start == 1:
            self._refused_singly[self._measurement(start)] += 1

    def _put_aside(self, numbers: Collection[int], error: InfluxRefusalError) -> None:
        """Make dead letters of lines that the sink will never store."""
        self._dead_letters |= {number: self._dead_letter(number, error) for number in numbers}
        self.dead_letter_refusal = error

    async def _retry_refused(self, start: int, stop: int) -> None:
        """Send refused lines again, of the measurements of which the sink just stored lines.

        It may have been repaired in between; otherwise they become dead letters. Raises
        InfluxError.
        """
        if not self._refused:
            return
        stored = {self._measurement(number) for number in range(start, stop)}
        retried = {e.number for e in self._refused if self._measurement(e.number) in stored}
        groups = [sorted(retried)] if retried else []
        while groups:
            numbers = groups.pop()
            try:
                await self._write([self._lines[each] for each in numbers])
            except InfluxRefusalError as error:
                if len(numbers) > 1 and error.dropped != len(numbers):
                    groups += [[each] for each in numbers]
                else:
                    self._put_aside(numbers, error)
        self._refused = [each for each in self._refused if each.number not in retried]
        for measurement in stored:
            del self._refused_singly[measurement]

    async def _write(self, lines: Sequence[str]) -> None:
        """Send lines in one request. Raises InfluxError."""
        await self._sink.write("\n".join(lines).encode())

    def _last_mean(self, start: int, stop: int) -> int | None:
        """Return the time (UTC ms) of the last line with means in a range, None without any."""
        numbers = reversed(range(start, stop))
        times = (self._times[each] for each in numbers if self._measurement(each) == MEASUREMENT)
        return next(times, None)

    def _measurement(self, number: int) -> str:
        """Return the measurement of a line."""
        found = _MEASUREMENT.match(self._lines[number])
        return found[0] if found else ""

    def _dead_letter(self, number: int, error: InfluxRefusalError) -> DeadLetter:
        """Return a line as a dead letter."""
        return DeadLetter(
            taken_at=self._times[number],
            line=self._lines[number],
            reason=error.reason,
            refused_at=self._clock.now(),
        )


def _halves(start: int, stop: int) -> list[tuple[int, int]]:
    """Return both halves of a range, the first one last: `run` takes the last one next."""
    middle = (start + stop) // 2
    return [(middle, stop), (start, middle)]


def unexpected_error(error: Exception) -> InfluxUnexpectedError:
    """Return an unforeseen error by its kind and place alone, since its text may hold secrets."""
    last = extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(last.filename).name}:{last.lineno}"
    return InfluxUnexpectedError(reason=f"{type(error).__name__} in {place}")
