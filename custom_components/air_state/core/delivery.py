"""Brings lines into a sink, in their order, and finds the ones that it refuses.

A refused request is halved until the line at fault is alone. Whether that line is bad, or the sink
takes none at all (a field of another type, say), shows by the lines after it: once one is taken,
those refused before it are tried once more, and are dead letters if they are refused again; while
none is taken they are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .influx_errors import InfluxRefusalError, InfluxTooLargeError
from .models import DeadLetter, Lines
from .ports import Clock, Sink

MOST_SINGLES = 50  # lines refused one by one and none taken, before the rest is left for later


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
        self.settled = 0  # that many lines, from the first, are in the sink or dead letters
        self.taken = 0  # up to that line, the last that is in the sink
        self.letters: list[DeadLetter] = []
        self.refusal: InfluxRefusalError | None = None  # of the last of the letters
        self._sink = sink
        self._lines: Sequence[str] = lines.lines
        self._times: Sequence[int] = lines.times
        self._clock = clock
        self._keep_refused = keep_refused
        self._suspects: list[_Suspect] = []
        self._singles = 0

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
        while waiting and self._singles < MOST_SINGLES:
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
                    self._bury(start, stop, error)
                else:
                    self._suspect(start, stop, error)
            else:
                await self._judge()
                self.settled = self.taken = stop

    def _suspect(self, start: int, stop: int, error: InfluxRefusalError) -> None:
        """Note refused lines, of which the next that is taken tells that they were at fault."""
        if not self._keep_refused:
            self._bury(start, stop, error)
            return
        self._suspects += [_Suspect(number=each, error=error) for each in range(start, stop)]
        self._singles += stop - start == 1

    def _bury(self, start: int, stop: int, error: InfluxRefusalError) -> None:
        """Make dead letters of lines of which it is certain that they will never be taken."""
        self.letters += [self._letter(number, error) for number in range(start, stop)]
        self.refusal = error
        self.settled = stop

    async def _judge(self) -> None:
        """Make dead letters of the suspects: the sink does take other lines.

        They are tried once more before: it may have been mended just now. Raises InfluxError.
        """
        letters: list[DeadLetter] = []
        waiting = [self._suspects] if self._suspects else []
        while waiting:
            some = waiting.pop()
            try:
                await self._sink.write("\n".join(self._lines[e.number] for e in some).encode())
            except InfluxRefusalError as error:
                if len(some) > 1 and error.dropped != len(some):
                    waiting += [[each] for each in some]
                else:
                    letters += [self._letter(each.number, error) for each in some]
                    self.refusal = error
        self.letters += sorted(letters, key=lambda each: each.taken_at)
        self._suspects = []
        self._singles = 0

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
