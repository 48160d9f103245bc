"""An exchange format: lines of id, label and text, with tabs between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from activellm.errors import DataError
from activellm.exchange.contract import Entry, Findings, Item, Said
from activellm.files import atomic_path
from activellm.task import Task


class LabelledLines:
    """A line for each text: its id, `__label__` with the label (or nothing), and the text."""

    name: ClassVar[str] = "labelled-lines"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """Write items; line ends and tabs in a text become spaces."""
        with atomic_path(path) as draft, draft.open("w", encoding="utf-8") as file:
            for item in items:
                label = f"__label__{item.resolved[0]}" if item.resolved else ""
                file.write(f"{item.id}\t{label}\t{' '.join(item.text.split())}\n")

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """Read what `write` wrote, perhaps with labels that people added.

        Raises:
            DataError: If a line has not its three parts.
        """
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                where = f"{path}, line {number}"
                parts = line.rstrip("\n").split("\t", 2)
                if len(parts) < 3:
                    raise DataError("The line has not three parts.", where=where)
                label = parts[1].removeprefix("__label__")
                if label and label not in task.label_names:
                    found.note("labels that the task does not have", where)
                    label = ""
                yield Entry(where, id=parts[0], said=(Said((label,)),) if label else ())
