"""The first pass of an import: what is new goes to a temporary file, the rest into the index."""

from __future__ import annotations

from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa

from activellm.errors import DataError
from activellm.pool import layout
from activellm.pool.columns import Columns
from activellm.pool.folding import FoldIndex
from activellm.pool.identity import clean_id, content_id, digest
from activellm.pool.sources.base import Record, Source

_BATCH_ROWS = 8192
_BATCH_CHARACTERS = 1 << 22


class Intake:
    """Takes a source's rows one by one; to be used in a `with` block.

    Args:
        source: Names the rows in messages.
        columns: What its columns are for.
        index: Finds duplicates; new and empty.
        stage: The temporary file, open for writing.
    """

    def __init__(
        self, source: Source, columns: Columns, index: FoldIndex, stage: IO[bytes]
    ) -> None:
        self.counts = dict.fromkeys(("rows", "kept", "folded", "empty", "conflicts", "labelled"), 0)
        self._source, self._columns, self._index = source, columns, index
        self._writer = pa.ipc.new_stream(stage, layout.schema(columns.meta))
        self._batch: list[tuple[Any, ...]] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def add(self, record: Record) -> None:
        """Take the next row.

        Raises:
            DataError: If its id cannot be used.
        """
        counts, columns, values = self.counts, self._columns, record.values
        counts["rows"] += 1
        key = digest(columns.content(values))
        if key is None:
            counts["empty"] += 1
            return
        label = (values[columns.label].strip() or None) if columns.label else None
        name = self._name(record, key)
        if self._index.is_first(key, counts["kept"], label):
            self._keep(record, name, label)
        else:
            self._fold(key, label)

    def _name(self, record: Record, key: bytes) -> str:
        """The row's id, checked against those before it."""
        if self._columns.id is None:
            return content_id(key)
        where = self._source.place(record.row)
        name = clean_id(record.values[self._columns.id], where)
        earlier = self._index.other_row(name, key, record.row)
        if earlier is not None:
            raise DataError(
                f"The id {name!r} is also that of row {earlier}, which holds another text.",
                where=where,
                remedy="Give each text its own id, or leave out --id.",
            )
        return name

    def _fold(self, key: bytes, label: str | None) -> None:
        known = self._index.fold(key, label)
        self.counts["folded"] += 1
        if label is not None:
            self.counts["labelled"] += known is None
            self.counts["conflicts"] += known not in {None, label}

    def _keep(self, record: Record, name: str, label: str | None) -> None:
        values, columns = record.values, self._columns
        text, pair = values[columns.text], values[columns.pair] if columns.pair else None
        meta = [values[column] for column in columns.meta]
        self.counts["kept"] += 1
        self.counts["labelled"] += label is not None
        self._batch.append((name, text, pair, record.row, 1, label, *meta))
        self._size += len(text) + len(pair or "") + sum(map(len, meta))
        if len(self._batch) >= _BATCH_ROWS or self._size >= _BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._batch:
            self._writer.write_batch(layout.batch(self._batch, self._columns.meta))
        self._batch, self._size = [], 0
