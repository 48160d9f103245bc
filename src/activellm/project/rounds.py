"""The rounds of a project: what was looked at, what was picked, and what people answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from activellm.annotation.contract import QueueItem
from activellm.errors import UsageError
from activellm.pool.sampling import RandomSampler
from activellm.project.folder import Project
from activellm.project.resolving import answered
from activellm.project.steps import do_once
from activellm.project.store import StepResult
from activellm.seeding import generator
from activellm.selection import Labelled, Selection
from activellm.task import Answer, Task

SELECTION = TypeAdapter(Selection)
"""To and from the JSON that is kept."""

HOLDOUT_REASON = "Drawn at random, to measure the classifier."


@dataclass(frozen=True)
class Round:
    """One selection.

    Attributes:
        number: 1 is the first.
        candidates: The ids that were looked at.
        selection: What was chosen of them.
        result: Time, memory and key of the step.
    """

    number: int
    candidates: tuple[str, ...]
    selection: Selection
    result: StepResult


def rounds(project: Project) -> list[Round]:
    """All rounds so far, in order."""
    found: list[Round] = []
    while (result := project.store.result("select", len(found) + 1)) is not None:
        selection = SELECTION.validate_python(result.value["selection"])
        candidates = tuple(result.value["candidates"])
        found.append(Round(len(found) + 1, candidates, selection, result))
    return found


def judged(done: Iterable[Round]) -> dict[str, tuple[float, ...]]:
    """The query model's label probabilities of each text that it judged, in the task's order."""
    return {one.id: one.probabilities for round_ in done for one in round_.selection.judgements}


def weak_labels(task: Task, probabilities: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """The most probable label of each text."""
    return {id_: task.label_names[int(np.argmax(row))] for id_, row in probabilities.items()}


def holdout_ids(project: Project) -> tuple[str, ...]:
    """The texts set apart for measuring: drawn once, at random, as many as the settings ask for."""
    size = project.settings.holdout
    kept = project.store.result("holdout", 0)
    if kept is not None and (rounds(project) or len(kept.value) == size):
        return tuple(kept.value)

    def draw(_parts: Any) -> list[str]:
        if size == 0:
            return []
        if size >= project.pool.left():
            raise UsageError(
                f"{size} texts cannot be held out of a pool of {project.pool.left()}.",
                where="--holdout",
            )
        rng = generator(project.settings.seed, "holdout")
        return list(RandomSampler().draw(project.pool, size, rng, given_ids(project)))

    return tuple(do_once(project, "holdout", 0, {"size": size}, draw).value)


def check_ids(project: Project) -> tuple[str, ...]:
    """Texts of known label that every annotator gets: drawn once, as many as there are to draw."""
    wanted = project.settings.checks

    def draw(_parts: Any) -> list[str]:
        rng = generator(project.settings.seed, "checks")
        return [str(id_) for id_ in rng.permutation(given_ids(project))[:wanted]]

    if not wanted:
        return ()
    return tuple(do_once(project, "checks", 0, {"size": wanted}, draw).value)


def known_answers(project: Project) -> dict[str, Answer]:
    """The right answers to the checks."""
    given = {one.example.id: one.answer for one in _given(project)}
    return {id_: given[id_] for id_ in check_ids(project)}


def queue(project: Project) -> list[QueueItem]:
    """All that people have been asked, answered or not.

    Hold-out and checks are strewn among the first round's picks, whose order stays: nobody can
    tell from its place that a text is only for measuring.
    """
    asked = [_picks(project, round_) for round_ in rounds(project)]
    beside = [
        QueueItem(example, "holdout", HOLDOUT_REASON)
        for example in project.pool.examples(holdout_ids(project))
    ]
    beside += [QueueItem(one, "check") for one in project.pool.examples(check_ids(project))]
    first = asked.pop(0) if asked else []
    size = len(first) + len(beside)
    rng = generator(project.settings.seed, "queue")
    places = set(rng.choice(size, size=len(beside), replace=False).tolist())
    picks, measuring = iter(first), iter(beside)
    strewn = [next(measuring if place in places else picks) for place in range(size)]
    return strewn + [item for picks_ in asked for item in picks_]


def _picks(project: Project, round_: Round) -> list[QueueItem]:
    examples = project.pool.examples(round_.selection.ids)
    return [
        QueueItem(example, "pick", pick.reason)
        for example, pick in zip(examples, round_.selection.picks, strict=True)
    ]


def open_items(project: Project) -> list[QueueItem]:
    """What still waits for an answer. A skipped text was answered: with a skip."""
    answered = project.store.current()
    return [item for item in queue(project) if item.example.id not in answered]


def labelled(project: Project) -> list[Labelled]:
    """What there is to train on: labelled picks, then rows that came with a label."""
    picked = [item for item in queue(project) if item.purpose == "pick"]
    return answered(project, picked) + _given(project)


def held_out(project: Project) -> list[Labelled]:
    """The labelled texts of the hold-out; never trained on."""
    return answered(project, [item for item in queue(project) if item.purpose == "holdout"])


def given_ids(project: Project) -> tuple[str, ...]:
    """Rows of the pool that came with a label."""
    return tuple(id_ for id_, _ in project.pool.labelled())


def _given(project: Project) -> list[Labelled]:
    """Rows of the pool that came with a label."""
    return [
        Labelled(
            example,
            project.task.answer(
                example.label or "", where=f"{project.imported.source}, row {example.row}"
            ),
        )
        for example in project.pool.examples(given_ids(project))
    ]
