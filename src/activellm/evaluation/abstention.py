"""Where to fall silent: the probability from which answers are right as often as wanted.

Which bound was chosen on which evidence: docs/design/trust.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.evaluation.intervals import Estimate, wilson
from activellm.successors.contract import Probabilities
from activellm.task import Task

CONFIDENCE = 0.95
"""How sure the lower bound of the precision is."""

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the texts, the surest first, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """A threshold, and what it is worth on texts whose labels are known.

    Attributes:
        wanted: The precision asked for, 0 to 1.
        shown: Whether the texts show it: whether `bound` reaches it.
        threshold: Answers less sure than this are not given.
        bound: The precision is at least this, with 95 % confidence.
        precision: Share of the given answers that was right, with Wilson's interval.
        coverage: Share of the texts that was answered, with Wilson's interval.
        size: Texts that it was chosen on.
    """

    wanted: float
    shown: bool
    threshold: float
    bound: float
    precision: Estimate
    coverage: Estimate
    size: int


def sureness(task: Task, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    """How probable it is that a text's whole answer is right, shape (texts,).

    Single-label: the highest probability. Multi-label: the product over the labels, as if they
    were independent.
    """
    if task.multi:
        return np.asarray(np.maximum(probabilities, 1 - probabilities).prod(axis=1))
    return np.asarray(probabilities.max(axis=1))


def choose_threshold(
    sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], wanted: float
) -> Abstention:
    """The threshold that answers most texts and still shows the wanted precision.

    The surer half of the texts is tried first, then 60, 70, 80, 90 and 100 %, until one fails to
    show it. Each has the exact binomial lower bound (Clopper and Pearson 1934, The Use of
    Confidence or Fiducial Limits). As the order is fixed and the first failure ends it, trying
    several costs nothing: the chosen one's bound holds as if it were the only one. Source:
    Angelopoulos et al. 2021, Learn then Test, section 2 (fixed sequence testing).

    Args:
        sure: How sure each answer is, shape (texts,).
        right: Whether it was right, by classifiers that did not learn from the text.
        wanted: The precision, above 0 and below 1.

    Returns:
        The threshold; where not even the surer half shows the wanted precision, that of the half,
        whose bound is the most that can be shown, and `shown` is False.

    Raises:
        UsageError: If there are no texts, or the precision is not between 0 and 1.
    """
    if not 0 < wanted < 1:
        raise UsageError(
            f"A precision is wanted between 0 and 1, not {wanted:g}.", where="--abstain"
        )
    if len(sure) == 0:
        raise UsageError("There are no texts to choose a threshold on.", where="--abstain")
    found = _tried(sure, right, wanted, COVERAGES[0])
    for coverage in COVERAGES[1:]:
        wider = _tried(sure, right, wanted, coverage)
        if not (found.shown and wider.shown):
            break
        found = wider
    return found


def lower_bound(right: int, answers: int, error: float) -> float:
    """A share's exact lower bound: too high with probability `error` at most."""
    from scipy.stats import beta

    return float(beta.ppf(error, right, answers - right + 1)) if right else 0.0


def _tried(
    sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], wanted: float, coverage: float
) -> Abstention:
    answers = max(1, round(coverage * len(sure)))
    threshold = float(np.sort(sure)[-answers]) if coverage < 1 else 0.0
    given = sure >= threshold
    hits, told = int(right[given].sum()), int(given.sum())
    bound = lower_bound(hits, told, 1 - CONFIDENCE)
    return Abstention(
        wanted=wanted,
        shown=bound >= wanted,
        threshold=threshold,
        bound=bound,
        precision=wilson(hits / told, told),
        coverage=wilson(told / len(sure), len(sure)),
        size=len(sure),
    )
