"""What an experiment has found so far: two files of JSON lines that only grow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from activellm.errors import DataError

Row: TypeAlias = dict[str, Any]

CHOICES, SCORES = "choices.jsonl", "scores.jsonl"
"""A line a round's selection; a line a trained learner's measurement."""


class Results:
    """The results in an experiment's folder.

    A line is written whole and reaches the disk before its cell counts as done. The torn end that a
    kill may leave is cut off when the folder is opened again, and its cell is run again.

    Args:
        folder: The experiment's; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in (CHOICES, SCORES):
            _mend(folder / name)

    def choices(self) -> list[Row]:
        """All rounds of all selections."""
        return _read(self.folder / CHOICES)

    def scores(self) -> list[Row]:
        """All measurements."""
        return _read(self.folder / SCORES)

    def add_choices(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep the rounds of a selection."""
        _append(self.folder / CHOICES, rows)

    def add_scores(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep measurements."""
        _append(self.folder / SCORES, rows)


def _append(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with path.open("a", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _mend(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            file.truncate(whole)


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    rows = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                rows.append(json.loads(line))
            except ValueError:
                raise DataError("This is no result.", where=f"{path}, line {number}") from None
    return rows
