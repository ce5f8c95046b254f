"""The history of a station from InfluxDB, in the catalogue's units."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from ..domain.errors import StartMissingError
from ..domain.models import Block, HistoryQuery, Latest, Series, StoredSeries
from ..domain.parameters import convert, unit_factor
from ..domain.ports import Clock
from .errors import InfluxSpanError
from .line_protocol import field_name, stored_name
from .queries.downsampling import Downsampler, plan_downsampling
from .queries.protocols import InfluxReader
from .queries.selection import (
    StoredFields,
    TimeRange,
    query_parts,
    select_means,
    select_own_readings,
)
from .queries.slices import MAX_EMPTY_SLICES, SlicedQuery

_DAY = 86_400_000  # ms
MAX_SPAN_OF_V3 = 2 * _DAY  # 3.x looks at about three days in one query; this is well below


class InfluxHistory:
    """A HistorySource: the points of one station, by its tag."""

    def __init__(
        self,
        reader: InfluxReader,
        device: str,
        clock: Clock,
        *,
        max_span: int | None = None,
        stored_units: Mapping[str, str] | None = None,
    ) -> None:
        """Read the station with the tag `device`.

        `max_span` is how many ms the server looks at in one query, None if it has no such limit.
        `stored_units` has the unit of each parameter that is not stored in the
        catalogue's unit.
        """
        self._factors = {
            parameter: 1 / unit_factor(parameter, unit)
            for parameter, unit in (stored_units or {}).items()
        }
        self._reader = reader
        self._device = device
        self._clock = clock
        self._max_span = max_span

    async def stored_fields(self, start: int, stop: int) -> StoredFields:
        """Return which fields the station has between two times (UTC ms). Raises InfluxError."""
        return await self._reader.stored_fields(self._device, self._newest_part(start, stop))

    async def has_rows(self, start: int, stop: int) -> bool:
        """Return whether the station has means between two times (UTC ms). Raises InfluxError."""
        time_range = TimeRange(start=start, stop=stop)
        return await self._reader.first_time(select_means(self._device), time_range) is not None

    async def times(self, start: int, stop: int) -> set[int]:
        """Return the times between two at which the station has means (all in UTC ms).

        Raises InfluxError.
        """
        time_range = TimeRange(start=start, stop=stop)
        fields = sorted((await self._reader.stored_fields(self._device, time_range)).fields)
        if not fields:
            return set()
        selection = replace(select_means(self._device), fields=tuple(fields))
        async with aclosing(self._reader.rows(selection, time_range, None)) as blocks:
            return {time async for block in blocks for time in block.times}

    async def extent(
        self, series: Collection[Series], start: int, stop: int
    ) -> tuple[int, int] | None:
        """Return the times of the first and last value of a range, None if there is no value.

        It is the whole range if the server does not look at so much at once. Raises InfluxError.
        """
        time_range = TimeRange(start=start, stop=stop)
        selections = [part.selection for part in query_parts(self._device, series)]
        try:
            firsts = [await self._reader.first_time(each, time_range) for each in selections]
            lasts = [
                value.taken_at
                for each in selections
                for value in await self._reader.latest_values(each, time_range)
            ]
        except InfluxSpanError:
            return start, stop - 1
        times = [*(first for first in firsts if first is not None), *lasts]
        return (min(times), max(times)) if times else None

    async def blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows of `query`, in the catalogue's units. Raises InfluxError."""
        async with aclosing(self._stored_blocks(query)) as blocks:
            async for block in blocks:
                yield self._in_catalogue_units(block, query)

    async def _stored_blocks(self, query: HistoryQuery) -> AsyncGenerator[Block]:
        """Yield the rows of `query` in the units that they are stored in."""
        plan = plan_downsampling(query, self._max_span)
        downsampler = (
            Downsampler(query, plan.downsampling, plan.window)
            if plan.downsampling and plan.window
            else None
        )
        rows_left = query.limit
        slices = SlicedQuery(self._reader, self._device, query, plan, max_span=self._max_span)
        async with aclosing(slices.blocks()) as blocks:
            async for stored in blocks:
                block = downsampler.downsample(stored) if downsampler else stored
                block = _with_zeros(block, query)
                if plan.step > 1 and rows_left is not None and len(block.times) >= rows_left:
                    yield block.slice(0, rows_left)
                    return
                if block.times:
                    yield block
                    rows_left = None if rows_left is None else rows_left - len(block.times)
        if downsampler and (last := downsampler.finish()).times:
            yield _with_zeros(last, query)

    def _in_catalogue_units(self, block: Block, query: HistoryQuery) -> Block:
        """Return a block of stored values in the catalogue's units; counts have no unit."""
        if not self._factors:
            return block
        return replace(
            block,
            columns=tuple(
                column
                if asked.is_count or (factor := self._factors.get(asked.series.parameter)) is None
                else _multiplied(column, factor)
                for asked, column in zip(query.columns, block.columns, strict=True)
            ),
        )

    async def latest(self, series: Collection[Series]) -> list[Latest]:
        """Return the newest value of each series that has one. Raises InfluxError."""
        time_range = self._newest_part(0, self._clock.now() + _DAY)
        means = [each for each in series if each.reading is None]
        own = [each for each in series if each.reading is not None]
        selections = [
            select_means(self._device, [each.parameter for each in means]),
            select_own_readings(self._device, None, dict.fromkeys(each.parameter for each in own)),
        ]
        values = {
            (value.sensor, value.field): value
            for selection in selections
            if selection.fields
            for value in await self._reader.latest_values(selection, time_range)
        }
        return [
            Latest(
                series=each,
                value=convert(newest.value, self._factors.get(each.parameter, 1.0)),
                taken_at=newest.taken_at,
            )
            for each in series
            if (
                newest := values.get(
                    (
                        stored_name(each.reading.sensor) if each.reading else None,
                        field_name(each.parameter),
                    )
                )
            )
        ]

    async def stored_series(self, start: int, stop: int) -> list[StoredSeries]:
        """Return every series of every station in the bucket or database.

        Raises InfluxError; StartMissingError if the range would take too many queries.
        """
        stop = min(stop, self._clock.now() + _DAY)
        if self._max_span is None or stop <= start:
            return await self._reader.all_series(TimeRange(start=min(start, stop - 1), stop=stop))
        if stop - start > MAX_EMPTY_SLICES * self._max_span:
            raise StartMissingError(days=MAX_EMPTY_SLICES * self._max_span // _DAY)
        by_name: dict[str, StoredSeries] = {}
        for begin in range(start, stop, self._max_span):
            time_range = TimeRange(start=begin, stop=min(begin + self._max_span, stop))
            for each in await self._reader.all_series(time_range):
                known = by_name.get(each.name)
                by_name[each.name] = (
                    replace(known, last=each.last, rows=known.rows + each.rows) if known else each
                )
        return list(by_name.values())

    def _newest_part(self, start: int, stop: int) -> TimeRange:
        """Return the range, or as much of its end as the server looks at in one query."""
        if self._max_span is not None:
            start = max(start, min(stop, self._clock.now()) - self._max_span)
        return TimeRange(start=min(start, stop - 1), stop=stop)


def _multiplied(column: Sequence[float | None], factor: float) -> Sequence[float | None]:
    """Return a column times a factor.

    Air changes slowly, so the same few values come again and again: each is converted once.
    """
    converted = {value: convert(value, factor) for value in set(column) if value is not None}
    return [None if value is None else converted[value] for value in column]


def _with_zeros(block: Block, query: HistoryQuery) -> Block:
    """Return a block whose counts are 0 where there is no value."""
    if not any(column.is_count for column in query.columns):
        return block
    return replace(
        block,
        columns=tuple(
            [value or 0 for value in column] if asked.is_count else column
            for asked, column in zip(query.columns, block.columns, strict=True)
        ),
    )
