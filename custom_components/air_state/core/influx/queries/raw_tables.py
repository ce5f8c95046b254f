"""Raw queries, which users write themselves, and the tables of their answers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ..errors import InfluxTimeoutError
from .bind_parameters import BoundValue

_MAX_CHARACTERS = 8_000_000  # in all texts of an answer

type Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawQuery:
    """A query, the values of its parameters by name, and the limits of its answer.

    All tables together have at most `limit` rows and `max_cells` cells.
    """

    text: str
    parameters: Mapping[str, BoundValue]
    limit: int
    max_cells: int
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawColumn:
    """A column: its label, and the name that the query language has for its type."""

    name: str
    type: str


@dataclass(slots=True, kw_only=True)
class RawTable:
    """One table of an answer; `key` holds the values that all its rows share."""

    result: str
    key: dict[str, Cell]
    columns: tuple[RawColumn, ...]
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """Tables; `truncated` tells whether the limits left rows out."""

    tables: Sequence[RawTable]
    truncated: bool

    @property
    def row_count(self) -> int:
        """Return the number of rows of all tables."""
        return sum(len(table.rows) for table in self.tables)


class RawAnswerBuilder:
    """Collects the tables and rows of an answer up to the limits of its query."""

    def __init__(self, query: RawQuery) -> None:
        """Start without tables."""
        self._rows_left = query.limit
        self._cells_left = query.max_cells
        self._headers_left = query.max_cells  # tables without rows fill the memory as well
        self._characters_left = _MAX_CHARACTERS
        self._tables: dict[tuple[object, ...], RawTable] = {}
        self._truncated = False

    def table(
        self, identity: tuple[object, ...], create: Callable[[], RawTable]
    ) -> RawTable | None:
        """Return the table with this identity, created if it is new; None beyond the limit."""
        if identity not in self._tables:
            table = create()
            self._headers_left -= 1 + len(table.columns)
            if self._headers_left < 0:
                self._truncated = True
                return None
            self._tables[identity] = table
        return self._tables[identity]

    def add_row(self, table: RawTable | None, row: list[Cell]) -> bool:
        """Add a row to a table; return False, without adding it, beyond a limit."""
        characters = sum(len(cell) for cell in row if isinstance(cell, str))
        if (
            table is None
            or not self._rows_left
            or self._cells_left < len(row)
            or self._characters_left < characters
        ):
            self._truncated = True
            return False
        self._rows_left -= 1
        self._cells_left -= len(row)
        self._characters_left -= characters
        table.rows.append(row)
        return True

    def build(self) -> RawAnswer:
        """Return the tables collected so far."""
        return RawAnswer(tables=list(self._tables.values()), truncated=self._truncated)


@asynccontextmanager
async def raw_query_timeout(seconds: float, address: str) -> AsyncGenerator[None]:
    """Bound the time of the body, waiting for other queries included. Raises InfluxTimeoutError."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise InfluxTimeoutError(address=address, seconds=f"{seconds:.0f}") from None
