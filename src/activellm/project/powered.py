"""The hold-out's accuracy with a narrower interval, by the query model's opinion of more texts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from activellm.errors import QueryModelError
from activellm.evaluation.powered import (
    Powered,
    opinion_of,
    powered_accuracy,
    right_answers,
)
from activellm.pool.sampling import RandomSampler
from activellm.progress import Progress, silent
from activellm.project.folder import Project
from activellm.project.rounds import given_ids, held_out, holdout_ids, rounds
from activellm.project.steps import do_once
from activellm.project.store import StepResult
from activellm.project.training import Training
from activellm.seeding import generator
from activellm.selection import Labelled
from activellm.selection.judging import judge

NEEDS_HOLDOUT = (
    "There is no estimate from weak labels: it needs texts that were drawn at random, labelled by "
    "people and never trained on (--holdout 30, in a new project). The picked texts cannot serve: "
    "a strategy chose them, so neither they nor the texts that it left are like those of the pool."
)

MANY_PICKED = 0.1
"""Of the pool's texts; from this share on, leaving the picks out of the weak sample may matter."""

_POWERED = TypeAdapter(Powered)


@dataclass(frozen=True)
class PoweredStep:
    """What came of the step.

    Attributes:
        found: The estimate; None if there is none.
        result: Time, memory and cost; None if it was not done.
        warnings: Why there is none, and what the judge had trouble with.
    """

    found: Powered | None = None
    result: StepResult | None = None
    warnings: tuple[str, ...] = ()


def estimate_powered(
    project: Project, training: Training, progress: Progress = silent
) -> PoweredStep:
    """Estimate the accuracy from the labelled hold-out and weak labels of random texts.

    It is done where the settings ask for it, once for the same classifier, answers and texts.
    """
    if not project.settings.powered:
        return PoweredStep()
    known, weak = held_out(project), weak_ids(project)
    if not known or not weak or not project.tools.has_model:
        return PoweredStep(warnings=(NEEDS_HOLDOUT,) if not known else ())

    def work(_parts: Any) -> dict[str, Any]:
        return _estimate(project, training, known, weak, progress)

    decided_by = [
        training.result.key,
        project.settings.llm,
        [[one.example.id, list(one.answer)] for one in known],
        list(weak),
    ]
    try:
        result = do_once(project, "powered", len(rounds(project)), decided_by, work)
    except QueryModelError as error:  # the hold-out's own estimate stands; the next run asks again
        return PoweredStep(warnings=(f"There is no estimate from weak labels. {error}",))
    found = _POWERED.validate_python(result.value["powered"])
    return PoweredStep(found, result, (*result.value["warnings"], *_picked_warning(project)))


def _picked_warning(project: Project) -> list[str]:
    picked, pool = len(picked_ids(project)), len(project.pool)
    if picked < MANY_PICKED * pool:
        return []
    return [
        f"{picked} of the pool's {pool} texts were picked and trained on. The weak labels are of "
        "the others, which may differ a little from the pool that the hold-out was drawn from."
    ]


def picked_ids(project: Project) -> set[str]:
    """All texts that a strategy picked."""
    return {id_ for round_ in rounds(project) for id_ in round_.selection.ids}


def weak_ids(project: Project) -> tuple[str, ...]:
    """The random texts that only the query model judges.

    They are drawn once, from the same texts as the hold-out, so that later rounds pay for nothing
    twice. Those that were picked are left out: the classifier learned them. The candidates that a
    strategy looked at and left cannot serve in their place: what it took makes the rest unlike the
    pool.
    """
    size = project.settings.powered
    picked = picked_ids(project)

    def draw(_parts: Any) -> list[str]:
        taken = picked | set(holdout_ids(project)) | set(given_ids(project))
        if not project.pool.left(taken):
            return []
        rng = generator(project.settings.seed, "powered")
        return list(RandomSampler().draw(project.pool, size, rng, taken))

    drawn = do_once(project, "powered-texts", 0, {"size": size}, draw).value
    return tuple(id_ for id_ in drawn if id_ not in picked)


def _estimate(
    project: Project,
    training: Training,
    known: list[Labelled],
    weak: tuple[str, ...],
    progress: Progress,
) -> dict[str, Any]:
    """Judge both samples in one batch, predict them, and combine.

    One batch, in random order: its calibration and, for a model that reads many texts at once,
    their places in the prompt must not tell the samples apart.
    """
    task, tools = project.task, project.tools
    examples = [*(one.example for one in known), *project.pool.examples(weak)]
    tools.learn_personal_data(examples)
    order = generator(project.settings.seed, "powered", "order").permutation(len(examples))
    judged = judge(tools.model, task, [examples[place] for place in order], progress=progress)
    probabilities = judged.probabilities[order.argsort()]
    successor = training.load(tools)
    predicted = successor.predict([one.content for one in examples], progress=progress)
    opinions = opinion_of(predicted, probabilities)
    truth = task.targets([one.answer for one in known])
    size = len(known)
    found = powered_accuracy(
        right_answers(predicted[:size], truth), opinions[:size], opinions[size:]
    )
    return {
        "powered": _POWERED.dump_python(found, mode="json"),
        "usage": asdict(judged.usage),
        "warnings": list(judged.warnings),
    }
