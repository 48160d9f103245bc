"""Parquet: a text a row, its annotations as a list in one column."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from activellm.errors import DataError
from activellm.exchange import rows
from activellm.exchange.contract import Entry, Findings, Item
from activellm.task import Task

MOST_ROWS, MOST_CHARACTERS = 512, 1 << 21
"""Rows, and characters of texts, that are written together."""

AT_A_TIME = 64
"""Rows that are read together."""

EVENT = {
    "event": pa.string(),
    "annotator": pa.string(),
    "action": pa.string(),
    "labels": pa.list_(pa.string()),
    "unsure": pa.bool_(),
    "discuss": pa.bool_(),
    "revealed": pa.string(),
    "note": pa.string(),
    "seconds": pa.float64(),
    "at": pa.string(),
    "oracle": pa.string(),
}
PREDICTION = {"label": pa.string(), "probability": pa.float64(), "model": pa.string()}


class Parquet:
    """A text a row, with all its answers in one column."""

    name: ClassVar[str] = "parquet"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        write_rows(
            (rows.row(one, task, whole=True) for one in items), schema(task, pa.string()), path
        )

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        for where, values in read_rows(path):
            yield rows.entry(where, values, task, found)


def schema(task: Task, label: Any) -> Any:
    """The columns; `label` is the type of one label."""
    labels = ("labels", pa.list_(label)) if task.multi else ("label", label)
    columns = [("id", pa.string()), ("text", pa.string())]
    columns += [("pair", pa.string())] if task.pair else []
    columns += [labels, (rows.ANNOTATIONS, pa.list_(pa.struct(list(EVENT.items()))))]
    return pa.schema([*columns, ("prediction", pa.struct(list(PREDICTION.items())))])


def write_rows(values: Iterable[dict[str, Any]], columns: Any, path: Path) -> None:
    """Write rows, some at a time."""
    some: list[dict[str, Any]] = []
    size = 0
    with pq.ParquetWriter(path, columns) as writer:
        for one in values:
            some.append(one)
            size += len(one["text"]) + len(one.get("pair") or "")
            if len(some) >= MOST_ROWS or size >= MOST_CHARACTERS:
                writer.write_table(pa.Table.from_pylist(some, schema=columns))
                some, size = [], 0
        writer.write_table(pa.Table.from_pylist(some, schema=columns))


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a Parquet or Arrow file with their places; numbers of classes become names.

    Raises:
        DataError: If it cannot be read.
    """
    number = 0
    try:
        columns, batches = _opened(path)
        named = class_names(columns)
        for batch in batches:
            for values in batch.to_pylist():
                number += 1
                yield f"{path}, row {number}", _plain(values, named)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"This is no readable Parquet or Arrow file: {error}.", where=str(path)
        ) from None


def _opened(path: Path) -> tuple[Any, Iterator[Any]]:
    """A file's schema and its rows, some at a time."""
    if path.suffix == ".arrow":
        source = pa.memory_map(str(path))
        try:
            stream = pa.ipc.open_stream(source)
        except pa.ArrowInvalid:
            file = pa.ipc.open_file(source)
            return file.schema, (file.get_batch(n) for n in range(file.num_record_batches))
        return stream.schema, iter(stream)
    file = pq.ParquetFile(path, buffer_size=1 << 18, pre_buffer=False)
    return file.schema_arrow, file.iter_batches(batch_size=AT_A_TIME)


def class_names(columns: Any) -> dict[str, list[str]]:
    """The names of numbered classes by column, as the library `datasets` writes them down."""
    try:
        info = json.loads((columns.metadata or {}).get(b"huggingface", b"{}"))
        features = info.get("info", {}).get("features") or {}
    except (ValueError, AttributeError):
        return {}
    found = {}
    for name, feature in features.items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("names"), list):
            found[name] = [str(one) for one in inner["names"]]
    return found


def _plain(values: dict[str, Any], named: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        name: _named(value, named[name]) if name in named else _text(value)
        for name, value in values.items()
    }


def _named(value: Any, names: list[str]) -> Any:
    """A class's name; -1 is the usual number for "not known"."""
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if not isinstance(value, int) or value == -1:
        return None if value == -1 else value
    return names[value] if 0 <= value < len(names) else str(value)


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value
