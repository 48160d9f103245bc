"""One label from many answers: what a project's people decided about each text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from activellm.annotation.consensus import Resolution, resolve
from activellm.annotation.contract import QueueItem
from activellm.pool.example import Content
from activellm.project.folder import Project
from activellm.selection import Labelled
from activellm.successors.contract import Weights
from activellm.task import Answer


def resolutions(project: Project) -> dict[str, Resolution]:
    """What the answers to each text say together, by the project's `consensus`."""
    method = project.settings.consensus
    return resolve(
        project.store.annotations(),
        project.task,
        method,
        probabilities=opinions(project, _latest(project)) if method == "crowdlab" else None,
    )


def opinions(project: Project, latest: int) -> dict[str, list[float]]:
    """What a classifier thinks of texts whose labels it never saw, by the last second look.

    Args:
        project: The project.
        latest: Its last round's number.

    Returns:
        Label probabilities by text, in the task's order; nothing before the first second look.
    """
    for number in range(latest, 0, -1):
        if (result := project.store.result("second-look", number)) is not None:
            found: dict[str, list[float]] = result.value
            return found
    return {}


def _latest(project: Project) -> int:
    number = 0
    while project.store.result("select", number + 1) is not None:
        number += 1
    return number


def answered(project: Project, items: Iterable[QueueItem]) -> list[Labelled]:
    """Those of the items that have one label; where annotators are tied there is none yet."""
    resolved = resolutions(project)
    found = []
    for item in items:
        resolution = resolved.get(item.example.id)
        if resolution is not None and resolution.labels is not None:
            found.append(Labelled(item.example, project.task.answer(resolution.labels)))
    return found


def tied(project: Project, items: Iterable[QueueItem]) -> list[Labelled]:
    """Those of the items whose annotators are tied, with one of their labels: soft labels teach."""
    if not project.settings.soft_labels or project.task.multi:
        return []
    resolved = resolutions(project)
    return [
        Labelled(item.example, (project.task.label_names[int(np.argmax(one.distribution))],))
        for item in items
        if (one := resolved.get(item.example.id)) is not None and one.source == "tie"
    ]


def lessons(
    project: Project, examples: Sequence[Labelled]
) -> tuple[list[Content], list[Answer], Weights | None]:
    """What a successor is taught: texts, answers, and how much each counts.

    With `soft_labels`, a single-label text whose annotators disagree comes once for each label
    that somebody gave, weighted by its share of the answers.
    """
    contents = [one.example.content for one in examples]
    answers = [one.answer for one in examples]
    if not project.settings.soft_labels or project.task.multi:
        return contents, answers, None
    resolved = resolutions(project)
    texts, given, weights = [], [], []
    for one in examples:
        for answer, weight in _shares(project, one, resolved.get(one.example.id)):
            texts.append(one.example.content)
            given.append(answer)
            weights.append(weight)
    return texts, given, np.array(weights)


def _shares(
    project: Project, one: Labelled, resolution: Resolution | None
) -> list[tuple[Answer, float]]:
    if resolution is None or resolution.source in ("decision", "agreed"):
        return [(one.answer, 1.0)]
    shares = zip(project.task.label_names, resolution.distribution, strict=True)
    return [((name,), share) for name, share in shares if share > 0.01]
