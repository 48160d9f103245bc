"""The files that predictions are written to."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from activellm.errors import UsageError

Write: TypeAlias = Callable[[Any], None]
"""Writes an Arrow table of rows."""

Writer: TypeAlias = Callable[[Path, Any], AbstractContextManager[Write]]
"""Opens a file for rows of this Arrow schema."""


def writer_for(output: Path) -> Writer:
    """What writes a file of this name.

    Raises:
        UsageError: If its ending is unknown.
    """
    writer = _WRITERS.get(output.suffix.lower())
    if writer is None:
        raise UsageError(
            f"{output.name!r} does not end in {', '.join(_WRITERS)}.", where="--output"
        )
    return writer


@contextmanager
def _csv(path: Path, schema: Any) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, schema.names, lineterminator="\n")
        writer.writeheader()
        yield lambda table: writer.writerows(table.to_pylist())


@contextmanager
def _jsonl(path: Path, schema: Any) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda table: file.writelines(
            json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()
        )


@contextmanager
def _parquet(path: Path, schema: Any) -> Iterator[Write]:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema) as writer:
        yield writer.write_table


_WRITERS: dict[str, Writer] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
