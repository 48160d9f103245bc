"""How far a classifier's probabilities can be trusted, all findings together."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.evaluation.calibration import Calibration
from activellm.evaluation.disagreement import Disagreement

_SAME = 0.005
"""A temperature this near to 1 is shown as 1."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the classifier's probabilities can be trusted.

    Attributes:
        temperature: What its log-odds were divided by; None if it was not calibrated.
        fitted_on: Labelled texts that the temperature was fitted on.
        calibrations: Before and after, the most trustworthy texts first.
        disagreements: How far the members of an ensemble differ, in the same order; empty for one
            classifier.
    """

    temperature: float | None
    fitted_on: int
    calibrations: tuple[Calibration, ...]
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def sentence(self) -> str:
        """Whether and how it was calibrated."""
        if self.temperature is None:
            return (
                "Its probabilities are not calibrated: too few texts are labelled to see how far "
                "they are off."
            )
        change = "less" if self.temperature > 1 else "more"
        effect = (
            "which leaves them as they were"
            if abs(self.temperature - 1) < _SAME
            else f"which makes them {change} sure"
        )
        return (
            f"Its probabilities are calibrated: log-odds were divided by {self.temperature:.2f}, "
            f"{effect}. This temperature was fitted on what cross-validation said of the "
            f"{self.fitted_on} labelled texts."
        )
