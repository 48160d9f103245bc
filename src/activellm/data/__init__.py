"""The sample data set: messages that citizens write to a city administration, and its task."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def civic_messages() -> Path:
    """Where the sample pool is: a CSV file with the columns text, label, channel, district.

    The column `label` is the gold label: name it as the gold column to simulate annotators.
    """
    return _file("civic_messages.csv")


def civic_task() -> Path:
    """Where the sample's task is: a `task.toml` for `activellm.task.Task.load`, with guidelines."""
    return _file("civic_task.toml")


def _file(name: str) -> Path:
    return Path(str(files(__name__).joinpath(name)))
