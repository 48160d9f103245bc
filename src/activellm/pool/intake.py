"""The first pass of an import: a source's rows, with the keys that find duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa

from activellm.files import atomic_path
from activellm.pool import layout
from activellm.pool.columns import Columns
from activellm.pool.identity import clean_id, content_id, digest, name_digest
from activellm.pool.sources.base import Record, Source
from activellm.pool.staging import Counts, Keys, Stage
from activellm.progress import Progress

_STEP = 5000
"""Rows between two words of progress."""

PART_ROWS = 1 << 17
"""Rows of a part: an import that is killed loses so much at most."""

_PART_CHARACTERS = 1 << 26


def read_rows(source: Source, columns: Columns, stage: Stage, progress: Progress) -> None:
    """Read a source into the stage, from where an earlier try ended.

    Rows that were read already are read again and passed over: that is ten times as fast as to
    take them in, and possible with every format.

    Raises:
        DataError: If a row or its id cannot be used.
    """
    what, done = f"Reading {source.name}", stage.counts.rows
    records = _told(islice(source.records(), done, None), source, what, progress)
    for first in records:
        _read_part(chain((first,), records), source, columns, stage)
    progress(what, stage.counts.rows, stage.counts.rows)


def _told(
    records: Iterator[Record], source: Source, what: str, progress: Progress
) -> Iterator[Record]:
    for record in records:
        if record.row % _STEP == 0:
            progress(what, record.row, source.expected(record.row))
        yield record


def _read_part(records: Iterator[Record], source: Source, columns: Columns, stage: Stage) -> None:
    """Write the next part of the stage, from as many of the records as belong to it."""
    texts, key_file = stage.next_files()
    rows = _Rows(source, columns)
    with (
        atomic_path(texts) as path,
        pa.ipc.new_file(str(path), layout.schema(columns.meta)) as writer,
    ):
        for record in records:
            rows.add(record)
            if rows.waiting >= layout.BATCH_ROWS or rows.size >= layout.BATCH_CHARACTERS:
                writer.write_batch(rows.batch())
            if rows.counts["rows"] >= PART_ROWS or rows.written >= _PART_CHARACTERS:
                break
        if rows.waiting:
            writer.write_batch(rows.batch())
    with atomic_path(key_file) as path, path.open("wb") as file:
        np.save(file, rows.keys(), allow_pickle=False)
    stage.finish(Counts(**rows.counts))


class _Rows:
    """Takes rows one by one, and gives those that hold a text as Arrow batches.

    Attributes:
        counts: What was taken.
        size: Characters of the rows that wait for a batch.
        written: Characters of the batches that were given.
    """

    def __init__(self, source: Source, columns: Columns) -> None:
        self._source, self._columns = source, columns
        self._rows: list[tuple[str, Record]] = []
        self._keys: list[bytes] = []
        self.size = self.written = 0
        self.counts = dict.fromkeys(("rows", "empty", "labelled"), 0)

    @property
    def waiting(self) -> int:
        """Rows that wait for a batch."""
        return len(self._rows)

    def keys(self) -> Keys:
        """The keys of all texts that were taken."""
        width = 2 if self._columns.id is None else 4
        return np.frombuffer(b"".join(self._keys), np.uint64).reshape(-1, width)

    def add(self, record: Record) -> None:
        """Take the next row.

        Raises:
            DataError: If its id cannot be used.
        """
        values = record.values
        self.counts["rows"] += 1
        key = digest(self._columns.content(values))
        if key is None:
            self.counts["empty"] += 1
            return
        if self._columns.id is None:
            name = content_id(key)
            self._keys.append(key)
        else:
            name = clean_id(values[self._columns.id], self._source.place(record.row))
            self._keys.append(key + name_digest(name))
        self._rows.append((name, record))
        self.size += sum(map(len, values.values()))

    def batch(self) -> Any:
        """The rows that wait, as a batch of a pool."""
        columns = self._columns
        names, records = zip(*self._rows, strict=True)
        rows = [record.values for record in records]
        nothing = [None] * len(rows)
        labels = [row[columns.label].strip() or None for row in rows] if columns.label else nothing
        self.counts["labelled"] += len(rows) - labels.count(None)
        fixed = [
            names,
            [row[columns.text] for row in rows],
            [row[columns.pair] for row in rows] if columns.pair else nothing,
            [record.row for record in records],
            [1] * len(rows),
            labels,
        ]
        meta = [[row[column] for row in rows] for column in columns.meta]
        self.written += self.size
        self._rows, self.size = [], 0
        return layout.batch(fixed, meta, columns.meta)
