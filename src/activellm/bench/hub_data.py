"""Labelled texts of the Hugging Face Hub, from the Parquet files that it keeps of each data set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from activellm.bench.presets import HubPlace
from activellm.errors import DataError, MissingExtraError
from activellm.pool import Content

_PARQUET = "refs/convert/parquet"
"""The branch that the Hub itself fills, whatever form a data set was uploaded in."""


def read_hub(place: HubPlace, split: str) -> list[tuple[Content, str]]:
    """A split's texts or pairs with their labels, class numbers as names where names are known.

    What was downloaded once is used again, also without a network.

    Raises:
        MissingExtraError: If huggingface-hub is not installed.
        DataError: If the Hub cannot be reached or has no such data set, split or column.
    """
    columns = [*place.text, place.label]
    rows: list[tuple[Content, str]] = []
    for file in _files(place, split):
        for values in _records(file, columns, place.path):
            *texts, label = values
            rows.append((texts[0] if len(texts) == 1 else (texts[0], texts[1]), label))
    return rows


def _files(place: HubPlace, split: str) -> list[Path]:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
        from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
    except ImportError:
        raise MissingExtraError("Data sets of the Hub", "hub") from None
    disable_progress_bars()
    part = f"{place.config or 'default'}/{split}"
    try:
        folder = snapshot_download(
            place.path,
            repo_type="dataset",
            revision=_PARQUET,
            allow_patterns=f"{part}/*.parquet",
            library_name="activellm",
        )
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        raise _unreadable(place, f"the Hub answered {status}") from None
    except Exception as error:  # noqa: BLE001  # those of its HTTP client share no other class
        raise _unreadable(place, type(error).__name__) from None
    files = sorted(Path(folder, part).glob("*.parquet"))
    if not files:
        raise DataError(
            f"The Hub has no split {split!r} of the configuration {place.config or 'default'!r}.",
            where=place.path,
            remedy="Name config, pool and test in the data set's entry: hub = { path = ... }.",
        )
    return files


def _records(file: Path, columns: list[str], where: str) -> Iterator[list[str]]:
    from pyarrow import parquet

    table = parquet.read_table(file)
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DataError(
            f"There is no column {missing[0]!r}; there are {', '.join(table.column_names)}.",
            where=where,
        )
    names = _class_names(table.schema.metadata or {}, columns[-1])
    for record in table.select(columns).to_pylist():
        *texts, label = (record[name] for name in columns)
        if all(value is not None for value in (*texts, label)):
            known = isinstance(label, int) and 0 <= label < len(names)
            yield [*map(str, texts), names[label] if known else str(label)]


def _class_names(metadata: dict[bytes, bytes], column: str) -> list[str]:
    """What class numbers are called; empty where the file does not say."""
    try:
        features: Any = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return [str(name) for name in features[column]["names"]]
    except (ValueError, KeyError, TypeError):
        return []


def _unreadable(place: HubPlace, reason: str) -> DataError:
    return DataError(
        f"The data set cannot be had from the Hub: {reason}.",
        where=place.path,
        remedy="Is the name right and the network there? A private one needs HF_TOKEN. "
        "Or name a file: pool = ...",
    )
