"""The second pass of an import: the texts that stay, with what their duplicates add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from activellm.pool import layout
from activellm.pool.folding import Folds
from activellm.pool.staging import Stage
from activellm.progress import Progress, silent


def write_pool(
    stage: Stage,
    path: Path,
    folds: Folds,
    facts: Mapping[str, Any],
    progress: Progress = silent,
) -> None:
    """Write the pool's file.

    Args:
        stage: What the first pass wrote.
        path: The pool's file.
        folds: The duplicates among the stage's texts.
        facts: Kept with the pool.
        progress: Told the texts written.
    """
    final = layout.schema(facts["columns"]["meta"], facts)
    with pa.ipc.new_file(str(path), final) as writer:
        done = 0
        for batch in layout.even(_staying(stage, folds)):
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=final))
            done += batch.num_rows
            progress("Writing the pool", done, facts["kept"])


def _staying(stage: Stage, folds: Folds) -> Iterator[Any]:
    """The texts that stay, batch by batch as they were read."""
    start = 0
    for part in stage.parts:
        for batch in part.batches():
            yield _completed(batch, start, folds)
            start += batch.num_rows


def _completed(batch: Any, start: int, folds: Folds) -> Any:
    """A batch without the copies in it, its heads with their number of copies and their label."""
    within = (start, start + batch.num_rows)
    gone = folds.copies[slice(*np.searchsorted(folds.copies, within))] - start
    some = slice(*np.searchsorted(folds.heads, within))
    heads = folds.heads[some] - start
    if len(heads):
        copies = batch.column("copies").to_numpy().copy()
        copies[heads] = folds.counts[some]
        told = np.zeros(batch.num_rows, bool)
        told[heads] = True
        labels = pc.replace_with_mask(
            batch.column("label"), pa.array(told), folds.labels.slice(some.start, len(heads))
        )
        columns = {name: batch.column(name) for name in batch.schema.names}
        columns |= {"copies": pa.array(copies), "label": labels}
        batch = pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
    if not len(gone):
        return batch
    stays = np.ones(batch.num_rows, bool)
    stays[gone] = False
    return batch.filter(pa.array(stays))
