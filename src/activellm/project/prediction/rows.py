"""The rows to predict, as text columns that can be read anywhere in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from activellm.files import atomic_path
from activellm.pool import Pool, Record, Source
from activellm.pool.columns import Columns
from activellm.progress import Progress

WINDOW = 1024
"""Rows that are in memory at a time."""

CUT = "rows.arrow"
_MARK = b"activellm.rows"


class Rows(ABC):
    """Rows of text cells on disk; sent to other processes, they are opened there.

    Attributes:
        columns: The columns' names, in the source's order.
    """

    columns: tuple[str, ...]

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def window(self, start: int, stop: int) -> Any:
        """Consecutive rows as an Arrow table of strings."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _OPENED}


_OPENED = {"_pool", "_file"}


class PoolRows(Rows):
    """A pool's texts, in its order: id, text, label and the other columns that were imported.

    Args:
        path: The pool's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        found = self._pool.report.columns
        self.columns = _names(found)
        self._cells = ("id", "text", *(("pair",) if found.pair else ()))
        self._cells += ("label",) if found.label else ()

    def __len__(self) -> int:
        return len(self._pool)

    def window(self, start: int, stop: int) -> Any:
        """See `Rows.window`."""
        table = self._pool.block(start, stop).combine_chunks()
        arrays = [table.column(name).fill_null("") for name in self._cells]
        meta = table.column("meta")
        arrays += [pa.compute.struct_field(meta, name) for name in self._pool.meta]
        return pa.table(arrays, names=list(self.columns))

    @cached_property
    def _pool(self) -> Pool:
        return Pool.open(self.path)


def _names(found: Columns) -> tuple[str, ...]:
    """What the source called the columns; made ids get a name that is free."""
    own = [name for name in (found.text, found.pair, found.label, *found.meta) if name]
    name = found.id or "id"
    while found.id is None and name in own:
        name += "_"
    return (name, *own)


class CutRows(Rows):
    """A source's rows, copied to a file that can be read anywhere (see `cut`).

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = tuple(self._file.schema.names)

    def __len__(self) -> int:
        batches = self._file.num_record_batches
        return WINDOW * (batches - 1) + self._file.get_batch(batches - 1).num_rows if batches else 0

    def window(self, start: int, stop: int) -> Any:
        """See `Rows.window`."""
        numbers = range(start // WINDOW, -(-stop // WINDOW))
        batches = [self._file.get_batch(number) for number in numbers]
        skipped = start - numbers.start * WINDOW
        return pa.Table.from_batches(batches, self._file.schema).slice(skipped, stop - start)

    @cached_property
    def _file(self) -> Any:
        return pa.ipc.open_file(pa.memory_map(str(self.path)))


def cut(source: Source, path: Path, key: str, progress: Progress) -> CutRows:
    """Copy a source's rows to a file, unless one with this key is there.

    A text file can be read from its beginning only, and several workers have to read it in several
    places. The copy is compressed, and appears whole or not at all.

    Args:
        source: The rows.
        path: The file to write.
        key: Names the source and what it was when it was read.
        progress: Told the rows read.

    Raises:
        DataError: For the first row that cannot be read.
    """
    if _key_of(path) == key:
        return CutRows(path)
    fields = [pa.field(name, pa.string(), nullable=False) for name in source.columns]
    schema = pa.schema(fields, metadata={_MARK: key})
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    done = 0
    with (
        atomic_path(path) as draft,
        pa.ipc.new_file(str(draft), schema, options=options) as writer,
    ):
        for records in _batches(source.records()):
            cells = [[record.values[name] for record in records] for name in source.columns]
            arrays = [pa.array(column, pa.string()) for column in cells]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            done += len(records)
            progress(f"Reading {source.name}", done, source.total)
        progress(f"Reading {source.name}", done, done)
    return CutRows(path)


def _key_of(path: Path) -> str | None:
    try:
        with pa.memory_map(str(path)) as file:
            metadata: Mapping[bytes, bytes] = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        return None
    return metadata.get(_MARK, b"").decode()


def _batches(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while batch := list(islice(records, WINDOW)):
        yield batch
