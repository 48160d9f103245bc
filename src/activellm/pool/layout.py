"""The pool's file: one Arrow IPC file, uncompressed, so that it can be memory-mapped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

VERSION = 1
"""Counts up when the layout changes."""

BATCH_ROWS = 8192
BATCH_CHARACTERS = 1 << 22
"""A batch ends with the row that reaches one of these."""

_MARK = b"activellm.pool"


def schema(meta: Sequence[str], facts: Mapping[str, Any] | None = None) -> Any:
    """The schema of a pool with these meta columns; `facts` are kept with it as JSON."""
    fields = [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("pair", pa.string()),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("meta", pa.struct([pa.field(name, pa.string()) for name in meta])),
    ]
    mark = {_MARK: json.dumps({"version": VERSION, **(facts or {})}, ensure_ascii=False)}
    return pa.schema(fields, metadata=mark)


def facts_of(found: Any) -> dict[str, Any] | None:
    """The facts kept with a schema, "version" among them; None if it is no pool's."""
    mark = (found.metadata or {}).get(_MARK)
    return None if mark is None else dict(json.loads(mark))


def batch(
    fixed: Sequence[Sequence[Any]], others: Sequence[Sequence[str]], meta: Sequence[str]
) -> Any:
    """Columns of cells as an Arrow batch: the fixed ones, and those of `meta`."""
    found = schema(meta)
    arrays = [pa.array(cells, found.field(index).type) for index, cells in enumerate(fixed)]
    inner = found.field(len(fixed)).type
    packed = [pa.array(cells, pa.string()) for cells in others]
    empty = pa.array([{}] * len(fixed[0]), inner)
    arrays.append(pa.StructArray.from_arrays(packed, fields=list(inner)) if meta else empty)
    return pa.RecordBatch.from_arrays(arrays, schema=found)


def even(batches: Iterable[Any]) -> Iterator[Any]:
    """The same rows in batches as large as a pool's are, however they come."""
    held: list[Any] = []
    rows = size = 0
    for found in batches:
        ends = np.cumsum(_characters(found))
        start = 0
        while start < found.num_rows:
            before = int(ends[start - 1]) if start else 0
            enough = int(np.searchsorted(ends, BATCH_CHARACTERS - size + before)) + 1
            stop = min(enough, start + BATCH_ROWS - rows, found.num_rows)
            held.append(found.slice(start, stop - start))
            rows, size = rows + stop - start, size + int(ends[stop - 1]) - before
            if rows == BATCH_ROWS or size >= BATCH_CHARACTERS:
                yield _joined(held)
                held, rows, size = [], 0, 0
            start = stop
    if held:
        yield _joined(held)


def _characters(found: Any) -> Any:
    """The length of each row: its text, its pair and its meta columns."""
    texts = [found.column("text"), found.column("pair"), *found.column("meta").flatten()]
    return sum(pc.fill_null(pc.utf8_length(cells), 0).to_numpy() for cells in texts)


def _joined(batches: Sequence[Any]) -> Any:
    (joined,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return joined
