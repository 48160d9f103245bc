"""Parquet."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activellm.errors import DataError
from activellm.pool.sources.base import Record, Source, distinct_columns
from activellm.pool.sources.json_values import as_cell
from activellm.pool.sources.raw import RawInput, readable

_BATCH = 1024


class ParquetSource(Source):
    """The rows of a Parquet file, read batch by batch.

    Raises:
        DataError: If it is not Parquet, damaged, or has no rows.
    """

    format = "parquet"

    def __init__(self, raw: RawInput) -> None:
        self.name, self._raw = raw.name, raw
        self._path = raw.plain()
        with readable(raw.name), self._file() as file:
            self.columns = distinct_columns(list(file.schema_arrow.names), self.name)
            self.total = file.metadata.num_rows
        if not self.total or not self.columns:
            raise DataError("The file holds no rows.", where=self.name)

    def _file(self) -> Any:
        try:
            # A buffer makes it stream each column in place of reading a whole row group.
            return pq.ParquetFile(self._path, buffer_size=1 << 18, pre_buffer=False)
        except pa.ArrowException as error:
            raise DataError(
                f"This is no readable Parquet file: {error}.", where=self.name
            ) from None

    def _rows(self) -> Iterator[Record]:
        row = 0
        with self._file() as file:
            try:
                for batch in file.iter_batches(batch_size=_BATCH):
                    texts = [cells(column) for column in batch.columns]
                    for values in zip(*texts, strict=True):
                        row += 1
                        yield Record(row, dict(zip(self.columns, values, strict=True)))
            except (pa.ArrowException, OSError) as error:
                raise DataError(f"Cannot be read: {error}.", where=self.place(row + 1)) from None


def cells(column: Any) -> list[str]:
    """A column of Arrow as text cells."""
    return [as_cell(_plain(value)) for value in column.to_pylist()]


def _plain(value: Any) -> Any:
    """Dates in ISO 8601 and bytes as text, where they are cells of their own."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value
