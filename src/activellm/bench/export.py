"""Results as Parquet, for other tools; without any text of the data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from activellm.bench.facts import EXPERIMENT, read_facts
from activellm.bench.results import Row
from activellm.errors import DataError
from activellm.files import atomic_path

ABOUT = "activellm.bench"
"""The key of the file's metadata that holds what is known of the run, as JSON."""


def write_parquet(rows: Sequence[Row], path: Path, about: Mapping[str, Any] = {}) -> None:
    """Write results as a table: a column for each field of any row, null where a row has none.

    Fields in a field, as in "usage", are columns with a point in their name.

    Args:
        rows: As in `Results`.
        path: The file; replaced if it is there.
        about: What is known of the run; see `about_run`.

    Raises:
        DataError: If there are no results, or the folder of the file is missing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not rows:
        raise DataError("There are no results to export.", where=str(path))
    if not path.absolute().parent.is_dir():
        raise DataError("There is no such folder.", where=str(path.absolute().parent))
    flat = [_flat(row) for row in rows]
    names = dict.fromkeys(name for row in flat for name in row)
    table = pa.table({name: _column(row.get(name) for row in flat) for name in names})
    table = table.replace_schema_metadata({ABOUT: json.dumps(dict(about), ensure_ascii=False)})
    with atomic_path(path) as draft:
        pq.write_table(table, draft, compression="zstd")


def read_parquet(path: Path) -> list[Row]:
    """The rows that `write_parquet` wrote; None where a row did not have a field.

    Raises:
        DataError: If it is no Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[Row] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"This is no Parquet file: {error}", where=str(path)) from None
    return [_nested(row) for row in rows]


def about_run(folder: Path) -> dict[str, Any]:
    """The experiment file's words, versions and hardware; no place on this machine."""
    about = read_facts(folder).model_dump(exclude={"base"})
    if (folder / EXPERIMENT).exists():
        about["experiment"] = (folder / EXPERIMENT).read_text(encoding="utf-8")
    return about


def _flat(row: Row) -> Row:
    found: Row = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            found[name] = value
    return found


def _nested(row: Row) -> Row:
    found: Row = {}
    for name, value in row.items():
        outer, point, part = name.partition(".")
        if point:
            found.setdefault(outer, {})[part] = value
        else:
            found[name] = value
    return found


def _column(values: Iterable[Any]) -> Any:
    """A column, with a type of its own where all lists in it are empty."""
    import pyarrow as pa

    column = pa.array(list(values))
    empty = pa.types.is_list(column.type) and pa.types.is_null(column.type.value_type)
    return column.cast(pa.list_(pa.string())) if empty else column
