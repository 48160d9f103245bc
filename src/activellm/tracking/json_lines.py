"""A file of JSON lines as a tracker: no library, no server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import ClassVar, Self

from activellm.errors import ActiveLLMError, UsageError
from activellm.tracking.contract import TrackedRun


class JsonLinesTracker:
    """A line a step, with the run's name and parameters, at the end of a file.

    Args:
        path: The file; made if it is not there.
    """

    name: ClassVar[str] = "jsonl"
    runs_here = True
    takes_files = False

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_spec(cls, argument: str, /) -> Self:
        """Make it from "jsonl:FILE".

        Raises:
            UsageError: If no file is named, or its folder is not there.
        """
        if not argument:
            raise UsageError("Which file?", where="--to jsonl", remedy="Write --to jsonl:FILE.")
        path = Path(argument)
        if path.is_dir() or not path.parent.is_dir():
            raise UsageError("No file can be written there.", where=f"--to jsonl:{argument}")
        return cls(path)

    def send(self, run: TrackedRun, experiment: str, earlier: str) -> str:
        """See `Tracker.send`: the file is written whole lines at a time."""
        about = {"experiment": experiment, "run": run.key, "name": run.name}
        rows = [{**about, "step": step.number, "metrics": dict(step.metrics)} for step in run.steps]
        lines = [json.dumps({**row, "parameters": dict(run.parameters)}) + "\n" for row in rows]
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ActiveLLMError(
                f"It cannot be written: {error.strerror}.", where=str(self.path)
            ) from None
        return run.key
