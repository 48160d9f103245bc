"""Tables that a Python program already holds: Arrow, pandas, polars, `datasets`, or a dict.

None of these libraries is imported for it. Whatever gives itself as an Arrow stream can be read
(the Arrow PyCapsule interface); a data set of `datasets` is known by its own ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from activellm.errors import DataError, UsageError
from activellm.pool.identity import storable
from activellm.pool.sources.base import Record, Source, distinct_columns
from activellm.pool.sources.parquet import cells

_BATCH = 1024

_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls an index without a name: no column of the user's."""

Batches = Callable[[], Iterator[Any]]
"""Reads a table from the start: record batches, or tables of some rows."""


class TableSource(Source):
    """The rows of a table in memory, converted a batch at a time.

    Args:
        table: Anything with `__arrow_c_stream__` (Arrow tables and readers, pandas and polars data
            frames, DuckDB relations), a data set of `datasets`, or a dict of columns.

    Raises:
        UsageError: If it is no table, or one of several.
        DataError: If it has no rows, or a column that Arrow cannot hold.
    """

    name = "the given table"
    format = "memory"

    def __init__(self, table: Any) -> None:
        self._names: dict[str, Any] = {}
        if isinstance(table, Mapping):
            table = _from_mapping(table)
        if isinstance(table, pa.RecordBatchReader):
            table = table.read_all()  # it can be read once only
        if hasattr(table, "with_format") and hasattr(table, "iter"):
            columns, self._batches = _columns_of(table), _data_set(table)
            self._names = _class_names(getattr(table, "features", None))
        elif hasattr(table, "__arrow_c_stream__"):
            with _told():
                columns = list(_reader(table).schema.names)
            self._batches = lambda: iter(_reader(table))
        else:
            raise UsageError(
                f"This is no table but {type(table).__name__}.",
                where="table",
                remedy="Give an Arrow, pandas or polars table, a data set, or a dict of columns; "
                "texts alone go into Pool.from_texts.",
            )
        self._own = [name for name in columns if not _INDEX.fullmatch(name)]
        self.columns = distinct_columns([storable(name) for name in self._own], self.name)
        self.total = len(table) if hasattr(table, "__len__") else None
        if not self.columns or self.total == 0:
            raise DataError("The table holds no rows.", where=self.name)

    def _rows(self) -> Iterator[Record]:
        row = 0
        with _told():
            for batch in self._batches():
                texts = [self._cells(name, batch.column(name)) for name in self._own]
                for values in zip(*texts, strict=True):
                    row += 1
                    yield Record(row, dict(zip(self.columns, values, strict=True)))

    def _cells(self, name: str, column: Any) -> list[str]:
        """A column as text; where its numbers stand for classes, their names."""
        if (named := self._names.get(name)) is None:
            return cells(column)
        return [
            "" if value is None or value < 0 else storable(named[value])
            for value in column.to_pylist()
        ]


def _from_mapping(table: Mapping[str, Any]) -> Any:
    """A dict of columns as an Arrow table.

    Raises:
        UsageError: If it holds several tables, or lengths differ.
        DataError: If Arrow cannot hold a column.
    """
    if table and all(hasattr(part, "with_format") for part in table.values()):
        raise UsageError(
            f"These are several data sets: {', '.join(map(str, table))}.",
            where="table",
            remedy="Give one of them.",
        )
    if any(
        isinstance(column, str) or not isinstance(column, Iterable) for column in table.values()
    ):
        raise UsageError("Each column must be a list of cells.", where="table")
    columns = {str(name): list(column) for name, column in table.items()}
    if len({len(column) for column in columns.values()}) > 1:
        sizes = ", ".join(f"{name!r} has {len(column)}" for name, column in columns.items())
        raise UsageError(f"The columns differ in length: {sizes}.", where="table")
    with _told():
        return pa.table(columns)


def _reader(table: Any) -> Any:
    return pa.RecordBatchReader.from_stream(table)


def _columns_of(data: Any) -> list[str]:
    """A data set's columns; a stream that does not know them is asked for its first rows."""
    if data.column_names is not None:
        return list(data.column_names)
    first = next(iter(data.with_format("arrow").iter(batch_size=1)), None)
    return [] if first is None else list(first.column_names)


def _data_set(data: Any) -> Batches:
    """Reads a data set of `datasets` in its own order: it may be shuffled, or a stream."""
    return lambda: iter(data.with_format("arrow").iter(batch_size=_BATCH))


def _class_names(features: Any) -> dict[str, Any]:
    """The class names of the columns whose numbers stand for classes."""
    named = {name: getattr(kind, "names", None) for name, kind in (features or {}).items()}
    return {name: names for name, names in named.items() if names}


@contextmanager
def _told() -> Iterator[None]:
    """Tell what Arrow cannot convert.

    Raises:
        DataError: In place of Arrow's error.
    """
    try:
        yield
    except pa.ArrowException as error:
        raise DataError(f"Arrow cannot read it: {error}.", where=TableSource.name) from None
