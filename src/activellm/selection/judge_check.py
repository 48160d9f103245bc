"""Does the query model know the task? An estimate that needs no human label.

Measured on judges whose true quality is known; docs/design/choosing-by-coverage.md has the figures
and says what did not help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from activellm.llm.protocol import FloatArray
from activellm.selection.context import Vectors
from activellm.selection.judgements import Judgements
from activellm.threads import one_thread

FULL_CERTAINTY = 0.2
"""Judges below this do not steer alone. Tuned on seven data sets, reported on seven others."""

SOME_CERTAINTY = 0.03
"""Judges below this say too little to move a cluster."""

LEAST_AGREEMENT = 0.1
"""Labels given at random have 0, give or take 0.07 with 200 texts."""

TRIAL = 32
"""So many judgements show most judges that know nothing."""

FOLDS = 5
"""Cross-validation folds; an expected class with fewer texts is left out."""


Trust: TypeAlias = Literal["full", "some", "none"]

_VERDICTS: dict[Trust, str] = {
    "full": "seems to know the task",
    "some": "may know a little of the task",
    "none": "does not show that it knows the task",
}


@dataclass(frozen=True, slots=True)
class JudgeCheck:
    """What the check found.

    Attributes:
        trust: How far the judge should steer the choice: "full": alone; "some": beside the
            embeddings; "none".
        certainty: How decided the judge is: 1 minus the mean entropy of its calibrated
            probabilities, as a share of the greatest possible. 0 is even, 1 is one label each.
        agreement: How well embeddings predict the judge's labels: Cohen's kappa, cross-validated.
            None if there are too few texts of two labels to say.
        reason: One sentence for people.
    """

    trust: Trust
    certainty: float
    agreement: float | None
    reason: str


def check_judge(judgements: Judgements, vectors: Vectors, *, pair: bool) -> JudgeCheck:
    """Estimate whether a judge knows its task.

    A judge that knows is decided after calibration, and like texts get like labels from it. The
    second is not asked of text pairs, whose relation embeddings do not see.

    Args:
        judgements: The judge's opinion of n texts.
        vectors: The texts' embeddings, shape (n, d).
        pair: Whether the texts are pairs.
    """
    decided = certainty(judgements.probabilities)
    kappa = agreement(judgements, vectors)
    trust: Trust
    degree = f"(certainty {decided:.2f} of 1)"
    if kappa is None:
        trust, why = "none", "it expects too few texts of more than one label"
    elif decided < SOME_CERTAINTY:
        trust, why = "none", f"it is undecided {degree}"
    elif decided < FULL_CERTAINTY:
        trust, why = "some", f"it is little decided {degree}"
    elif kappa < LEAST_AGREEMENT and not pair:
        trust, why = "none", f"like texts get unlike labels from it (kappa {kappa:.2f})"
    else:
        trust, why = "full", f"it is decided {degree}"
    return JudgeCheck(trust, decided, kappa, f"The query model {_VERDICTS[trust]}: {why}.")


def hopeless(trial: Judgements) -> str | None:
    """Why a judge need not be asked further, or None if it may know the task.

    Its certainty, two standard errors added, is still too little for any trust.

    Args:
        trial: The judge's opinion of some texts, drawn like the others.
    """
    each = certainties(trial.probabilities)
    error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else np.inf
    if each.mean() + 2 * error >= SOME_CERTAINTY:
        return None
    return (
        f"The query model {_VERDICTS['none']}: it is undecided (certainty {each.mean():.2f} of 1 "
        f"on {len(each)} texts; it was not asked about the others)."
    )


def certainties(probabilities: FloatArray) -> FloatArray:
    """How decided each row is: 1 minus its entropy, as a share of the greatest possible.

    Args:
        probabilities: Shape (n, labels), rows sum to 1.
    """
    logs = np.log(np.clip(probabilities, 1e-12, 1.0))
    entropy = -(probabilities * logs).sum(axis=1)
    return np.asarray(1 - entropy / np.log(probabilities.shape[1]))


def certainty(probabilities: FloatArray) -> float:
    """How decided the rows are in the mean, 0 to 1."""
    return float(certainties(probabilities).mean())


def agreement(judgements: Judgements, vectors: Vectors) -> float | None:
    """How well embeddings predict the judge's labels (cross-validated Cohen's kappa)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import cohen_kappa_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    labels = judgements.expected
    counts = np.bincount(labels[judgements.judged], minlength=len(judgements.labels))
    usable = judgements.judged & (counts[labels] >= FOLDS)
    labels = labels[usable]
    if len(np.unique(labels)) < 2:
        return None
    with one_thread():
        predicted = cross_val_predict(
            LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced"),
            vectors[usable],
            labels,
            cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0),
        )
    return float(cohen_kappa_score(labels, predicted))
