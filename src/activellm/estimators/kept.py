"""What a saved estimator holds beside its successor: `estimator.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from activellm.errors import DataError
from activellm.estimators.classes import Classes
from activellm.files import write_text
from activellm.successors.saved import SavedFacts
from activellm.task import Task

_FILE = "estimator.json"
_FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """What is kept of an estimator.

    Attributes:
        successor: As the user wrote it.
        llm: The query model's name.
        task_given: Whether the user gave the task.
        classes: See `Classes.as_json`; None where only a successor was saved.
    """

    successor: str
    llm: str
    task_given: bool
    classes: Mapping[str, Any] | None

    def write(self, folder: Path) -> None:
        """Write it into the successor's folder."""
        facts = {"format": _FORMAT, **asdict(self)}
        write_text(folder / _FILE, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it; of a successor that was saved by itself, what is known of that.

        Raises:
            DataError: If it cannot be read.
        """
        path = folder / _FILE
        if not path.exists():
            return cls(SavedFacts.read(folder).successor, "none", True, None)
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            if facts.pop("format") != _FORMAT:
                raise DataError("Another version of ActiveLLM wrote it.", where=str(path))
            return cls(**facts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise DataError("This is no estimator's file.", where=str(path)) from None

    def classes_of(self, task: Task, folder: Path) -> Classes:
        """The classes, of the saved successor's task.

        Raises:
            DataError: If they are none.
        """
        if self.classes is None:
            like = np.zeros((1, len(task.labels)) if task.multi else 1)
            return Classes.of(like, task, pair=task.pair)
        try:
            return Classes.from_json(task, self.classes)
        except (KeyError, TypeError, ValueError):
            raise DataError("This is no estimator's file.", where=str(folder / _FILE)) from None
