"""A small project without any model, for tests of what lies around the answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from activellm.pool import import_pool, open_source
from activellm.project import Project
from activellm.settings import Settings
from activellm.task import Task


def small_project(
    folder: Path, labels: Sequence[str] = "xy", *, texts: int = 20, **settings: Any
) -> Project:
    """So many made-up texts, nothing selected; the file of texts lies beside the folder."""
    source = folder.parent / "texts.csv"
    source.write_text("text\n" + "\n".join(f"text {number}" for number in range(texts)))
    chosen = {"llm": "none", "strategy": "random", "candidates": 10, "select": 5} | settings
    return Project.create(
        folder,
        settings=Settings(**chosen),
        bring_pool=lambda path: import_pool(open_source(source), path),
        make_task=lambda _: Task.build(
            description="What?", labels=tuple({"name": label} for label in labels)
        ),
    )
