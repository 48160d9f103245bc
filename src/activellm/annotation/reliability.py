"""How reliable each annotator is, and what their answers say together (Dawid and Skene)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 200
TOLERANCE = 1e-7

OWN = 1.0
"""Pseudo-answers by which each annotator starts out as somebody who is mostly right."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """What was estimated.

    Attributes:
        posterior: Shape (texts, labels): how probable each label is; rows sum to 1.
        confusion: Shape (annotators, labels, labels): `[a, k, l]` is how often annotator a says l
            of texts that are k; rows sum to 1.
        prior: Shape (labels,): how common each label is.
    """

    posterior: Floats
    confusion: Floats
    prior: Floats

    @property
    def accuracy(self) -> Floats:
        """Shape (annotators,): how often each annotator is right, over the labels as common."""
        return np.asarray(np.einsum("akk,k->a", self.confusion, self.prior))


def dawid_skene(
    texts: Ints,
    annotators: Ints,
    labels: Ints,
    count: int,
    *,
    often: Ints | None = None,
    known: Ints | None = None,
) -> Reliability:
    """Estimate labels and annotators from each other, by expectation maximisation.

    It begins with the shares of the answers; the same answers give the same estimate. Pseudo-counts
    (one answer spread over all labels, one for the right label) keep annotators with few answers
    near the others, and labels that nobody gave possible.

    Source: Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates Using the EM
    Algorithm (Applied Statistics 28, 1979).

    Args:
        texts: Shape (answers,): which text each answer is about, 0 to n - 1, each at least once.
        annotators: Shape (answers,): who gave it, 0 to a - 1, each at least once.
        labels: Shape (answers,): the label's position.
        count: How many labels the task has.
        often: Shape (n,): how many texts each stands for, having the same answers; 1 if not given.
        known: Shape (n,): the right label's position, -1 where it is to be estimated.
    """
    size, people = int(texts.max()) + 1, int(annotators.max()) + 1
    often = np.ones(size, dtype=np.int64) if often is None else often
    right = np.full(size, -1) if known is None else known
    sure, certain = right >= 0, np.eye(count)[right]
    shares = _spread(texts, labels, size, count)
    posterior = np.where(sure[:, None], certain, shares / shares.sum(axis=1, keepdims=True))
    for _ in range(ROUNDS):
        prior = (often @ posterior + 1) / (often.sum() + count)
        confusion = _confusion(posterior * often[:, None], texts, annotators, labels, people)
        said = np.log(confusion)[annotators, :, labels]
        odds = np.log(prior) + _sums(texts, said, size)
        new = np.exp(odds - odds.max(axis=1, keepdims=True))
        new = np.where(sure[:, None], certain, new / new.sum(axis=1, keepdims=True))
        change = float(np.abs(new - posterior).max())
        posterior = new
        if change < TOLERANCE:
            break
    return Reliability(posterior, confusion, prior)


def _confusion(
    weighted: Floats, texts: Ints, annotators: Ints, labels: Ints, people: int
) -> Floats:
    count = weighted.shape[1]
    found = np.full((people, count, count), 1 / count) + OWN * np.eye(count)
    for label in range(count):
        weights = weighted[texts, label]
        sums = np.bincount(annotators * count + labels, weights, minlength=people * count)
        found[:, label, :] += sums.reshape(people, count)
    return np.asarray(found / found.sum(axis=2, keepdims=True))


def _sums(rows: Ints, values: Floats, count: int) -> Floats:
    """Sum the values of each row number, shape (count, columns)."""
    return np.column_stack([np.bincount(rows, column, minlength=count) for column in values.T])


def _spread(rows: Ints, columns: Ints, height: int, width: int) -> Floats:
    """How often each pair of numbers is there, shape (height, width)."""
    counts = np.bincount(rows * width + columns, minlength=height * width)
    return counts.reshape(height, width).astype(np.float64)
