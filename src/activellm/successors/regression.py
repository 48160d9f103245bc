"""Logistic regression on vectors, for the labels that the examples have."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.successors.checks import ClassWeights
from activellm.successors.contract import Probabilities
from activellm.task import Targets
from activellm.threads import one_thread

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

_CERTAIN = 1000.0
"""A log-odds that is probability 1 (or, negative, 0) in float64."""


@dataclass(frozen=True)
class Regression:
    """A fitted one: log-odds of label k are `vectors @ weights[k] + bias[k]`.

    Attributes:
        weights: Shape (labels, d).
        bias: Shape (labels,).
        multi: Whether each label has a probability of its own.
    """

    weights: Floats
    bias: Floats
    multi: bool

    def probabilities(self, vectors: Vectors) -> Probabilities:
        """Label probabilities, shape (n, labels)."""
        odds = vectors @ self.weights.T + self.bias
        return _sigmoid(odds) if self.multi else _softmax(odds)

    def tempered(self, temperature: float) -> Regression:
        """The same with its log-odds divided, but for those of labels that were never learned."""
        learned = np.abs(self.bias) < _CERTAIN
        divisor = np.where(learned, temperature, 1.0)
        return Regression(self.weights / divisor[:, None], self.bias / divisor, self.multi)


@dataclass(frozen=True)
class Examples:
    """What a regression is fitted on.

    Attributes:
        vectors: Shape (n, d).
        targets: As `Task.targets` makes them; two axes mean multi-label.
        labels: How many labels the task has.
        weights: How much each example counts, shape (n,), above 0; None for 1 each.
    """

    vectors: Vectors
    targets: Targets
    labels: int
    weights: Floats | None = None


def fit_regression(
    examples: Examples, C: float, class_weights: ClassWeights, draw: Floats | None = None
) -> Regression:
    """Fit one regression over the labels, or one a label where a text may have several.

    A label without examples gets probability 0; in multi-label, one that all have gets 1.

    Args:
        examples: At least one.
        C: scikit-learn's inverse strength of the L2 penalty.
        class_weights: "balanced" gives each label the same total weight.
        draw: A factor for each example's weight, shape (n,), above 0; 1 each if not given.
    """
    example_weights = examples.weights
    if draw is not None:
        example_weights = draw if example_weights is None else example_weights * draw
    multi = examples.targets.ndim == 2
    weights = np.zeros((examples.labels, examples.vectors.shape[1]))
    bias = np.zeros(examples.labels)

    def learn(targets: Targets) -> tuple[Floats, Floats]:
        return _learn(examples.vectors, targets, C, class_weights, example_weights)

    if multi:
        for label, column in enumerate(examples.targets.T):
            if column.min() == column.max():
                bias[label] = _CERTAIN if column[0] else -_CERTAIN
            else:
                weights[[label]], bias[[label]] = learn(column)
        return Regression(weights, bias, multi)
    seen = np.unique(examples.targets)
    bias[np.setdiff1d(np.arange(examples.labels), seen)] = -_CERTAIN
    if len(seen) > 1:
        # Of two labels, scikit-learn gives the log-odds of the second only.
        learned = seen if len(seen) > 2 else seen[1:]
        weights[learned], bias[learned] = learn(examples.targets)
    return Regression(weights, bias, multi)


def _learn(
    vectors: Vectors,
    targets: Targets,
    C: float,
    class_weights: ClassWeights,
    example_weights: Floats | None,
) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    balanced = "balanced" if class_weights == "balanced" else None
    model = LogisticRegression(C=C, class_weight=balanced, max_iter=1000)
    with one_thread(), warnings.catch_warnings():
        # Few examples of many labels are what this is for; they are no numbers to be predicted.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model.fit(np.asarray(vectors, dtype=np.float64), targets, sample_weight=example_weights)
    return model.coef_, model.intercept_


def _softmax(odds: Floats) -> Floats:
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    chances: Floats = powers / powers.sum(axis=1, keepdims=True)
    return chances


def _sigmoid(odds: Floats) -> Floats:
    from scipy.special import expit

    chances: Floats = expit(odds)
    return chances
