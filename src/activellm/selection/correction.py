"""The labels that people gave so far correct a judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from activellm.llm.protocol import FloatArray
from activellm.pool.example import Example
from activellm.selection.context import SelectionContext, Vectors
from activellm.selection.judgements import Judgements
from activellm.threads import one_thread

JUDGE_SPREAD = 0.5
"""The judge's log-odds get this standard deviation beside embeddings of length 1."""

C = 10.0
"""scikit-learn's inverse strength of the L2 penalty, as in the successor `linear`."""


def to_judge(context: SelectionContext) -> tuple[Example, ...]:
    """The candidates, and then the labelled examples, whose judgements correct the judge."""
    return (*context.candidates, *(one.example for one in context.labelled))


def corrected(context: SelectionContext, judgements: Judgements) -> FloatArray:
    """The candidates' label probabilities after what the labels so far say of the judge.

    Logistic regression learns from the labelled examples how far to follow the judge and how far
    the embeddings. A label that nobody gave yet keeps the probability that the judge gives it.
    Without labels nothing changes. In multi-label tasks, examples with one label teach.

    Source: Wolpert, Stacked Generalization (Neural Networks 5, 1992).

    Args:
        context: Its labelled examples and all embeddings are used.
        judgements: Of `to_judge(context)`, in this order.

    Returns:
        Shape (candidates, labels), rows sum to 1.
    """
    count = len(context.candidates)
    judged = judgements.probabilities[:count]
    taught = [row for row, one in enumerate(context.labelled) if len(one.answer) == 1]
    if not taught:
        return judged
    names = context.task.label_names
    targets = [names.index(context.labelled[row].answer[0]) for row in taught]
    opinions = _opinions(judgements.probabilities)
    known = np.hstack([context.labelled_vectors[taught], opinions[count:][taught]])
    asked = np.hstack([context.vectors, opinions[:count]])
    learned = _learned(known, targets, asked, len(names))
    seen = np.isin(np.arange(len(names)), targets)
    unseen = judged * ~seen
    return np.asarray(unseen + (1 - unseen.sum(axis=1, keepdims=True)) * learned)


def _opinions(probabilities: FloatArray) -> FloatArray:
    """Log-odds without their mean, of one spread whatever the judge's certainty."""
    logs = np.log(np.clip(probabilities, 1e-6, 1.0))
    odds = logs - logs.mean(axis=1, keepdims=True)
    odds -= odds.mean(axis=0)
    spread = float(odds.std())
    return np.asarray(JUDGE_SPREAD * odds / spread) if spread > 0 else odds


def _learned(known: Vectors, targets: Sequence[int], asked: Vectors, labels: int) -> FloatArray:
    """Probabilities of the labels that were given, shape (asked, labels), 0 for the others."""
    from sklearn.linear_model import LogisticRegression

    found = np.zeros((len(asked), labels))
    if len(set(targets)) == 1:
        found[:, targets[0]] = 1
        return found
    with one_thread():
        fitted = LogisticRegression(C=C, max_iter=1000).fit(known, targets)
        found[:, fitted.classes_] = fitted.predict_proba(asked)
    return found
