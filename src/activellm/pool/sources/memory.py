"""Texts that a Python program already holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from activellm.errors import UsageError
from activellm.pool.identity import storable
from activellm.pool.sources.base import Record, Source


class MemorySource(Source):
    """Columns of equal length. None is an empty cell.

    Args:
        columns: Name -> its cells.

    Raises:
        UsageError: If lengths differ, or a cell is neither str nor None.
    """

    name = "the given texts"
    format = "memory"

    def __init__(self, columns: Mapping[str, Sequence[str | None]]) -> None:
        self.columns = tuple(columns)
        self._cells = list(columns.values())
        self.total = len(self._cells[0])
        for name, cells in columns.items():
            if len(cells) != self.total:
                raise UsageError(f"There are {self.total} texts, but {len(cells)} of {name!r}.")

    def _rows(self) -> Iterator[Record]:
        for row, cells in enumerate(zip(*self._cells, strict=True), start=1):
            yield Record(row, dict(zip(self.columns, map(self._cell, cells), strict=True)))

    def _cell(self, value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise UsageError(f"Texts must be str, not {type(value).__name__}.", where=self.name)
        return storable(value)
