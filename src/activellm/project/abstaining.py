"""From which probability on the trained classifier is to answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activellm.errors import ActiveLLMError, UsageError
from activellm.evaluation.abstention import CONFIDENCE, Abstention, choose_threshold
from activellm.evaluation.measure import Texts
from activellm.project.calibrating import STEP
from activellm.project.folder import Project
from activellm.project.rounds import rounds
from activellm.project.training import latest_training

_CHOSEN_ON: tuple[Texts, ...] = ("hold-out", "labelled")
_NAMES = {"hold-out": "hold-out texts", "labelled": "labelled texts"}


@dataclass(frozen=True)
class Silence:
    """When the classifier falls silent, and what that is worth.

    Attributes:
        found: The threshold, its precision and coverage.
        texts: What it was chosen on.
    """

    found: Abstention
    texts: Texts

    @property
    def sentence(self) -> str:
        """What is promised, on which grounds."""
        one = self.found
        said = (
            f"It answers where it is at least {100 * one.threshold:.0f} % sure. On "
            f"{one.size} {_NAMES[self.texts]} this answered {100 * one.coverage.value:.0f} %, and "
            f"{100 * one.precision.value:.0f} % of the answers were right: at least "
            f"{100 * one.bound:.0f} % with {100 * CONFIDENCE:.0f} % confidence."
        )
        if self.texts == "labelled":
            said += (
                " These texts were picked, not drawn at random; for a promise about all texts "
                "label a hold-out (--holdout)."
            )
        return said

    def check(self) -> None:
        """Refuse to promise what is not shown.

        Raises:
            ActiveLLMError: If the wanted precision is not shown, with the best that is.
        """
        one = self.found
        if one.shown:
            return
        best = int(100 * one.bound) / 100
        offer = f"--abstain {best:.2f}, or label" if best > 0 else "Label"
        raise ActiveLLMError(
            f"With {one.size} {_NAMES[self.texts]} no threshold shows that {100 * one.wanted:g} % "
            f"of the answers are right. The best that can be shown is {100 * best:.0f} %, "
            f"answering {100 * one.coverage.value:.0f} % of the texts.",
            where="--abstain",
            remedy=f"{'Take ' if best > 0 else ''}{offer} more texts.",
        )


def silence(project: Project, wanted: float) -> Silence:
    """The threshold for a wanted precision, from the hold-out if there is one.

    Raises:
        UsageError: If the precision is not between 0 and 1, or the latest classifier has not been
            measured.
    """
    training = latest_training(project)
    kept = project.store.result(STEP, len(rounds(project)))
    if training is None or kept is None or kept.value["training"] != training.result.key:
        raise UsageError(
            "The classifier has not been measured yet, so nobody knows when it is right.",
            where="--abstain",
            remedy="Run activellm evaluate first.",
        )
    answers = kept.value["answers"]
    texts = next((one for one in _CHOSEN_ON if one in answers), None)
    if texts is None:
        raise UsageError("Too few texts are labelled to choose a threshold.", where="--abstain")
    sure, right = np.array(answers[texts]["sure"]), np.array(answers[texts]["right"])
    return Silence(choose_threshold(sure, right, wanted), texts)
