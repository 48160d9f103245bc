"""The query model's judgements of all rounds, as weak labels for texts that nobody was asked about.

They are made anew from the judgements each time; no table of the project holds one.
"""

from __future__ import annotations

from activellm.project.folder import Project
from activellm.project.gold import gold_test_ids
from activellm.project.rounds import given_ids, held_out, judged, labelled, queue, rounds
from activellm.successors.weak import WeakLabels


def weak_labels(project: Project, *, simulated: bool = False) -> WeakLabels | None:
    """What the query model said of the candidates of all rounds; None if it is not to teach.

    A text that people were asked about, that came with a label, or that something is measured on
    never teaches by a weak label; it only shows how often the query model is right.

    Args:
        project: The project.
        simulated: Whether random picks are to be compared with: then each classifier gets the weak
            labels of all candidates that it has no label of, whoever was really asked about them.
    """
    settings, task = project.settings, project.task
    if not settings.weak_labels or task.multi or not project.tools.has_model:
        return None
    said = judged(rounds(project))
    measured = {one.example.id for one in held_out(project)} | set(gold_test_ids(project))
    asked = {item.example.id for item in queue(project)} | set(given_ids(project))
    asked |= {one.example.id for one in labelled(project)}
    barred = measured if simulated else measured | asked
    examples = project.pool.examples([*said])
    weak = WeakLabels.of((one.content, said[one.id], one.id not in barred) for one in examples)
    return weak if weak.teaches.any() else None
