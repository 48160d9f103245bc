"""From which probability on the trained classifier is to give each label."""

from __future__ import annotations

from activellm.errors import UsageError
from activellm.evaluation.runs import Predicted
from activellm.evaluation.thresholds import choose_thresholds
from activellm.project.calibrating import STEP
from activellm.project.folder import Project
from activellm.project.rounds import labelled, rounds
from activellm.project.training import latest_training
from activellm.successors.tempering import tempered


def thresholds(project: Project) -> tuple[float, ...]:
    """Thresholds for `decide` that favour rare labels, from what cross-validation said.

    They raise macro-F1 at the cost of accuracy; see docs/design/plain-learners.md for how much.

    Raises:
        UsageError: If the latest classifier has not been cross-validated.
    """
    said, temperature = _cross_validated(project)
    task = project.task
    chances = tempered(said.probabilities, temperature, multi=task.multi)
    return choose_thresholds(chances, task.targets([one.answer for one in labelled(project)]))


def _cross_validated(project: Project) -> tuple[Predicted, float]:
    """What cross-validation said of the labelled texts, and the temperature fitted on it."""
    number, training = len(rounds(project)), latest_training(project)
    calibrated = project.store.result(STEP, number)
    crossed = project.store.result("cross-validate", number)
    if training is not None and calibrated is not None and crossed is not None:
        of_this_training = calibrated.value["training"] == training.result.key
        if of_this_training and crossed.value["said"]:
            said = Predicted.from_json(crossed.value["said"], len(project.task.label_names))
            return said, calibrated.value["temperature"] or 1.0
    raise UsageError(
        "The classifier has not been cross-validated yet.",
        where="--thresholds",
        remedy="Run activellm evaluate first; it takes two labelled texts at least.",
    )
