"""Our own JSON lines: a text a line, with every annotation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from activellm.exchange import json_stream, rows
from activellm.exchange.contract import Entry, Findings, Item
from activellm.task import Task


class JsonLines:
    """A text a line as JSON, with all its answers."""

    name: ClassVar[str] = "jsonl"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        json_stream.write_lines((rows.row(one, task) for one in items), path)

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        for where, values in json_stream.lines(path):
            yield rows.entry(where, values, task, found)
