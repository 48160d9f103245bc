"""In simulation: gold labels from a column, and the texts to measure on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from activellm.pool import Example
from activellm.pool.sampling import RandomSampler
from activellm.project.folder import Project
from activellm.project.rounds import given_ids, holdout_ids, rounds
from activellm.project.steps import do_once
from activellm.seeding import generator
from activellm.selection import Labelled


def gold_labels(project: Project, examples: Sequence[Example]) -> list[Labelled]:
    """Those of the examples that have a gold label, with it."""
    column = project.settings.gold_column or ""
    return [
        Labelled(example, project.task.answer(example.meta[column]))
        for example in examples
        if example.meta[column] or project.task.multi
    ]


def gold_test(project: Project) -> list[Labelled]:
    """What to measure on: the test file, or pool texts that no round looks at."""
    if project.settings.gold_column is None:
        return []
    if project.test is not None:
        return gold_labels(project, list(project.test))
    return gold_labels(project, project.pool.examples(gold_test_ids(project)))


def gold_test_ids(project: Project) -> tuple[str, ...]:
    """The pool texts to measure on in simulation without a test file; none before round 1.

    Drawn once, from what the first round did not look at, so that all rounds are measured on the
    same texts; later rounds choose among the others, of which enough are left for them.
    """
    settings, done = project.settings, rounds(project)
    if settings.gold_column is None or project.test is not None or not done:
        return ()
    kept = project.store.result("test", 0)
    decided_by = {"size": settings.test_size, "rounds": settings.rounds}
    if kept is not None and len(done) > 1:
        return tuple(kept.value)

    def draw(_parts: Any) -> list[str]:
        used = {id_ for round_ in done for id_ in round_.candidates}
        used |= set(given_ids(project)) | set(holdout_ids(project))
        size = min(settings.test_size, project.pool.left(used) - _needed(project))
        if size <= 0:
            return []
        rng = generator(settings.seed, "test")
        return list(RandomSampler().draw(project.pool, size, rng, used))

    return tuple(do_once(project, "test", 0, decided_by, draw).value)


def _needed(project: Project) -> int:
    """How many texts later rounds need besides those that the first one looked at."""
    settings, first = project.settings, len(rounds(project)[0].candidates)
    picked_before_last = (settings.rounds - 1) * settings.select
    looked_at_last = settings.select if settings.keep_candidates else settings.candidates
    return max(0, picked_before_last + looked_at_last - first)
