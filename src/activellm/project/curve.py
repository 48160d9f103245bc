"""What each round came to: the learning curve of a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.evaluation import Evaluation
from activellm.llm import Usage
from activellm.pool.sampling import RandomSampler
from activellm.progress import Progress, silent
from activellm.project.evaluating import EVALUATIONS, place_of
from activellm.project.folder import Project
from activellm.project.rounds import Round, rounds
from activellm.project.steps import do_once
from activellm.project.training import Training
from activellm.seeding import generator

STOP_SET = 500
"""Texts of the pool on which successive classifiers are compared: agreement on so many is known to
within two points."""

_DIGITS = 5


@dataclass(frozen=True)
class Point:
    """A round whose classifier was trained.

    Attributes:
        number: 1 is the first.
        strategy: The query strategy that did the choosing.
        labels: Texts that the classifier learned from.
        seconds: Of work so far in all rounds: people's and the machine's.
        cost: US dollars that the selections so far cost; None if a price is not known.
        tokens: Tokens that query models read and wrote for them, as far as that is known.
        measured: The most trustworthy measurement of the classifier; None if there is none.
        probabilities: Its label probabilities of the stop set, shape (texts, labels); None where
            they were not computed.
    """

    number: int
    strategy: str
    labels: int
    seconds: float
    cost: float | None
    tokens: int
    measured: Evaluation | None
    probabilities: npt.NDArray[np.float64] | None


def points(project: Project) -> list[Point]:
    """All rounds whose classifier was trained, in order."""
    found, seconds, usage = [], 0.0, Usage()
    for round_ in rounds(project):
        usage += round_.selection.usage
        seconds += _seconds_of_people(project, round_) + round_.result.seconds
        trained = project.store.result("train", round_.number)
        if trained is None:
            continue
        seconds += trained.seconds
        predicted = project.store.result("stop-set", round_.number)
        found.append(
            Point(
                number=round_.number,
                strategy=round_.selection.used or round_.selection.strategy,
                labels=trained.value["examples"],
                seconds=seconds,
                cost=usage.cost,
                tokens=(usage.prompt_tokens or 0) + (usage.completion_tokens or 0),
                measured=_measured(project, round_.number),
                probabilities=np.array(predicted.value) if predicted else None,
            )
        )
    return found


def predict_stop_set(project: Project, training: Training, progress: Progress = silent) -> None:
    """Let a round's classifier predict the texts on which it is compared with others, once."""

    def work(_parts: Any) -> list[list[float]]:
        texts = project.pool.examples(_stop_ids(project))
        successor = training.load(project.tools, calibrated=False)  # as in all rounds
        found = successor.predict_proba([one.content for one in texts], progress=progress)
        return [[round(float(value), _DIGITS) for value in row] for row in found]

    do_once(project, "stop-set", len(rounds(project)), [training.result.key], work)


def _stop_ids(project: Project) -> tuple[str, ...]:
    """Drawn from the whole pool, labelled texts included: the same in every round."""
    rng = generator(project.settings.seed, "stop set")
    return tuple(RandomSampler().draw(project.pool, min(STOP_SET, len(project.pool)), rng, set()))


def _seconds_of_people(project: Project, round_: Round) -> float:
    answers = project.store.current()
    given = (answers[id_].seconds for id_ in round_.selection.ids if id_ in answers)
    return sum(seconds or 0.0 for seconds in given)


def _measured(project: Project, number: int) -> Evaluation | None:
    kept = [project.store.result(step, number) for step in ("measure", "cross-validate")]
    found = [
        one
        for result in kept
        if result is not None
        for one in EVALUATIONS.validate_python(result.value["evaluations"])
        if one.subject == "successor"
    ]
    return min(found, key=place_of, default=None)
