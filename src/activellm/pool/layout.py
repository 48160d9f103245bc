"""The pool's file: one Arrow IPC file, uncompressed, so that it can be memory-mapped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from activellm.pool.folding import FoldIndex
from activellm.progress import Progress, silent

VERSION = 1
"""Counts up when the layout changes."""

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


def batch(rows: Sequence[tuple[Any, ...]], meta: Sequence[str]) -> Any:
    """Rows as an Arrow batch: each has the cells of the fixed columns, then those of `meta`."""
    found = schema(meta)
    fixed = len(found) - 1
    cells = list(zip(*rows, strict=True))
    arrays = [pa.array(cells[index], found.field(index).type) for index in range(fixed)]
    inner = found.field(fixed).type
    packed = [pa.array(column, pa.string()) for column in cells[fixed:]]
    empty = pa.array([{}] * len(rows), inner)
    arrays.append(pa.StructArray.from_arrays(packed, fields=list(inner)) if meta else empty)
    return pa.RecordBatch.from_arrays(arrays, schema=found)


def write_pool(
    stage: IO[bytes],
    path: Path,
    index: FoldIndex,
    facts: Mapping[str, Any],
    progress: Progress = silent,
) -> None:
    """The second pass of an import: the kept texts, now with what their duplicates add.

    Args:
        stage: The temporary file that the first pass wrote.
        path: The pool's file.
        index: Knows the duplicates.
        facts: Kept with the pool.
        progress: Told the texts written.
    """
    stage.seek(0)
    total = facts["kept"]
    with pa.ipc.open_stream(stage) as reader:
        meta = [field.name for field in reader.schema.field("meta").type]
        final = schema(meta, facts)
        with pa.ipc.new_file(str(path), final) as writer:
            done = 0
            for batch in reader:
                writer.write_batch(_completed(batch, done, index, final))
                done += batch.num_rows
                progress("Writing the pool", done, total)


def _completed(batch: Any, start: int, index: FoldIndex, final: Any) -> Any:
    folds = list(index.folds(start, start + batch.num_rows))
    columns = {name: batch.column(name) for name in batch.schema.names}
    if folds:
        copies, labels = columns["copies"].to_pylist(), columns["label"].to_pylist()
        for position, count, label in folds:
            copies[position - start], labels[position - start] = count, label
        columns["copies"] = pa.array(copies, pa.int64())
        columns["label"] = pa.array(labels, pa.string())
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=final)
