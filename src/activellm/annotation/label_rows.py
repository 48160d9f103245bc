"""Rows of a file of labels, from CSV or JSONL; every problem names file and row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activellm.errors import DataError
from activellm.task import SEPARATOR

_YES = {"1", "true", "yes", "y", "x"}
_NO = {"", "0", "false", "no", "n"}


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row: which text, and what was said about it. Empty strings stand for missing cells."""

    where: str
    id: str
    text: str
    pair: str
    label: str
    annotator: str
    unsure: bool
    note: str


def read_label_rows(path: Path) -> list[LabelRow]:
    """Read all rows of a CSV (.csv) or JSONL (.jsonl, .ndjson) file in UTF-8.

    Raises:
        DataError: If it cannot be read, or has not the columns it needs.
    """
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            "Labels are read from .csv or .jsonl files.",
            where=str(path),
            remedy="Save the labels as CSV with the columns id (or text) and label.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
    except UnicodeDecodeError:
        raise DataError(
            "It is not UTF-8 text.", where=str(path), remedy="Save it again as CSV UTF-8."
        ) from None
    rows = [_checked(cells, f"{path}: row {number}") for number, cells in reader(text, path)]
    if not rows:
        raise DataError("It holds no rows.", where=str(path))
    return rows


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    # Quoted cells may hold line ends: only keepends=True gives them to the parser as they are.
    parser = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip().lower() for name in next(parser, [])]
        _check_columns(header, str(path))
        for number, cells in enumerate(parser, start=1):
            if len(cells) > len(header):
                raise DataError(
                    f"It has {len(cells)} cells, and there are {len(header)} columns.",
                    where=f"{path}: row {number}",
                )
            if any(cells):
                yield number, dict(zip(header, cells, strict=False))
    except csv.Error as error:
        raise DataError(
            f"Not a CSV file: {error}.", where=f"{path}: line {parser.line_num}"
        ) from None


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}: row {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError("Not a JSON object on one line.", where=where) from None
        if not isinstance(record, dict):
            raise DataError("Not a JSON object on one line.", where=where)
        cells = {key.strip().lower(): _cell(value, where) for key, value in record.items()}
        _check_columns(list(cells), where)
        yield number, cells


def _cell(value: Any, where: str) -> str:
    """A JSON value as the cell of a flat file; a list of labels becomes A|B, an empty one "|"."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return SEPARATOR.join(value) or SEPARATOR
    if isinstance(value, dict | list):
        raise DataError("A value is neither text, number nor a list of labels.", where=where)
    return value if isinstance(value, str) else json.dumps(value)


def _check_columns(names: list[str], where: str) -> None:
    if "label" not in names or not {"id", "text"} & set(names):
        raise DataError(
            f"It needs a column id or text, and a column label; there are: {', '.join(names)}.",
            where=where,
        )
    if len(set(names)) < len(names):
        raise DataError("Two columns have the same name.", where=where)


def _checked(cells: Mapping[str, str], where: str) -> LabelRow:
    unsure = cells.get("unsure", "").strip().lower()
    if unsure not in _YES | _NO:
        raise DataError(f"unsure is {unsure!r}; write yes or no.", where=where)
    return LabelRow(
        where=where,
        id=cells.get("id", "").strip(),
        text=cells.get("text", ""),
        pair=cells.get("pair", ""),
        label=cells.get("label", "").strip(),
        annotator=cells.get("annotator", "").strip(),
        unsure=unsure in _YES,
        note=cells.get("note", "").strip(),
    )
