"""An answer as one table."""

from array import array
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from ..domain.models import Block, Column, HistoryQuery, Table
from ..domain.sensor_types import column_unit
from .stream import HistoryStream


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAnswer:
    """A table, and the stream that it was read from, which is at its end."""

    stream: HistoryStream
    table: Table


async def read_answer(stream: HistoryStream) -> HistoryAnswer:
    """Return all rows of a stream as a table. Raises InfluxError and JournalError."""
    async with aclosing(stream.blocks()) as blocks:
        read = [block async for block in blocks]
    return HistoryAnswer(stream=stream, table=_table(stream.query, read, stream.next_start))


def _table(query: HistoryQuery, blocks: Sequence[Block], next_start: int | None) -> Table:
    """Return blocks as one table."""
    return Table(
        times=[time for block in blocks for time in block.times],
        columns=tuple(
            Column(
                name=column.name,
                unit=column_unit(column),
                cells=_joined([block.columns[index] for block in blocks]),
            )
            for index, column in enumerate(query.columns)
        ),
        next_start=next_start,
    )


def _joined(pieces: Sequence[Sequence[float | None]]) -> Sequence[float | None]:
    """Return the cells of a column in one sequence, an array if every piece is one."""
    if len(pieces) == 1:
        return pieces[0]
    cells = array("d")
    for piece in pieces:
        if not isinstance(piece, array):
            return [cell for each in pieces for cell in each]
        cells.extend(piece)
    return cells
