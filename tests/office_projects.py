"""Small real projects for the tests of the office: texts, rounds and answers, and no model."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from activellm.annotation.contract import Annotation
from activellm.pool.importer import import_pool
from activellm.pool.sources.memory import MemorySource
from activellm.project import Project, queue, select, train
from activellm.settings import Settings
from activellm.task import Label, Task

LABELS = ("good", "bad", "so-so")


def make_project(folder: Path, count: int = 40, *, rounds: int = 1, **fields: Any) -> Project:
    """A project of short texts "x0", "x1", ... of which each round picks some at random."""
    given = fields.pop("given", {})
    kind = fields.pop("kind", "single")
    texts = fields.pop("texts", None) or [
        f"text number {n} is {LABELS[n % 3]}" for n in range(count)
    ]
    ids = [f"x{n}" for n in range(len(texts))]
    columns: dict[str, Any] = {"text": texts, "id": ids}
    roles = {"text": "text", "id": "id"}
    if given:
        columns["label"] = [given.get(id_) for id_ in ids]
        roles["label"] = "label"
    defaults = {"strategy": "random", "llm": "none", "select": 10, "candidates": 20}
    settings = Settings.build(**{**defaults, "successor": "linear", "rounds": 2, **fields})
    task = Task(
        description="How was it?", labels=tuple(Label(name=name) for name in LABELS), kind=kind
    )
    project = Project.create(
        folder,
        settings=settings,
        bring_pool=lambda path: import_pool(MemorySource(columns), path, **roles),
        make_task=lambda _pool: task,
    )
    for _ in range(rounds):
        select(project)
    return project


def answer(
    project: Project, id_: str, annotator: str, *labels: str, action: str = "label", **more: Any
) -> Annotation:
    """Append an event and give it back."""
    event = Annotation(uuid.uuid4().hex, id_, annotator, action, labels=labels, **more)  # type: ignore[arg-type]
    assert project.store.append(event)
    return event


def trained(folder: Path, count: int = 30, **settings: Any) -> Project:
    """A project whose picks are labelled as their texts say, and a classifier trained on them."""
    project = make_project(folder, count=count, device="cpu", **settings)
    for item in queue(project):
        label = next(name for name in LABELS if item.example.text.endswith(name))
        answer(project, item.example.id, "alice", label)
    train(project)
    return project
