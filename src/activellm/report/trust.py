"""How far probabilities and seeds can be trusted, in sentences."""

from __future__ import annotations

from activellm.evaluation import Estimate
from activellm.evaluation.calibration import Calibration
from activellm.evaluation.disagreement import Disagreement
from activellm.evaluation.trust import Trust
from activellm.report.words import interval, percent, plural, ratio


def off(found: Calibration, trust: Trust) -> str:
    """How far the probabilities are off now, and were before."""
    before, after = (f"{100 * one.ece.value:.1f}" for one in (found.before, found.after))
    if trust.temperature is None:
        return f"In the mean they are off by {before} points."
    return f"In the mean they are off by {after} points, {before} as trained."


def score(estimate: Estimate) -> str:
    """A Brier score with its interval."""
    return f"{ratio(estimate.value)} ({ratio(estimate.low)} to {ratio(estimate.high)})"


def differ(found: Disagreement, where: str) -> str:
    """How often the members of an ensemble differ, and what their agreement is worth."""
    said = (
        f"On {where} ({plural(found.size, 'text')}) at least one member of the ensemble votes "
        f"otherwise on {percent(found.differ.value)}."
    )
    if found.agreed is None or found.differed is None:
        return said
    agreed, differed = found.agreed, found.differed
    return (
        f"{said} Where all agree it is right on {percent(agreed.value)} ({interval(agreed)}), "
        f"where they differ on {percent(differed.value)} ({interval(differed)})."
    )
