"""The arithmetic of agreement: observed against expected disagreement, with a bootstrap over texts.

Every coefficient here is 1 - observed / expected disagreement. What they differ in is what chance
would give: Cohen's kappa asks two people's own shares of the labels, Fleiss' the shares of all,
Krippendorff's alpha the shares of all without the answer itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.task import Answer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MANY = 1000
"""From more different sets of labels on, only as many rows of their distances are held at a time,
and the bootstrap takes what chance gives to first order around the observed answers: what is left
out is one part in as many as there are answers."""

SAME = 1e-12
"""What differs by less is the same."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Answers to the texts that two people or more labelled; texts with the same votes are one.

    Rows are sorted by pattern, in it by person.

    Attributes:
        names: The people, sorted.
        kinds: All different answers.
        often: Shape (patterns,): how many texts have these votes.
        pattern: Shape (votes,): which pattern a vote is of.
        person: Shape (votes,): whose it is.
        kind: Shape (votes,): which answer.
    """

    names: tuple[str, ...]
    kinds: tuple[Answer, ...]
    often: Ints
    pattern: Ints
    person: Ints
    kind: Ints

    @classmethod
    def of(cls, answers: Sequence[Mapping[str, Answer]], expected: Sequence[Answer] = ()) -> Votes:
        """From each text's answers by annotator.

        Args:
            answers: Two answers or more a text.
            expected: Answers that come first among the kinds, given or not.
        """
        patterns = Counter(tuple(sorted(by.items())) for by in answers)
        flat = [(row, *vote) for row, votes in enumerate(patterns) for vote in votes]
        names = sorted({name for _, name, _ in flat})
        kinds = list(dict.fromkeys([*expected, *sorted({answer for _, _, answer in flat})]))
        name_at = {name: place for place, name in enumerate(names)}
        kind_at = {answer: place for place, answer in enumerate(kinds)}
        rows = [(row, name_at[name], kind_at[answer]) for row, name, answer in flat]
        pattern, person, kind = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        often = np.array(list(patterns.values()), dtype=np.int64)
        return cls(tuple(names), tuple(kinds), often, pattern, person, kind)

    @property
    def texts(self) -> int:
        """How many texts they are about."""
        return int(self.often.sum())

    @property
    def sizes(self) -> Floats:
        """Shape (patterns,): how many answers each has."""
        return np.bincount(self.pattern, minlength=len(self.often)).astype(np.float64)

    def drawn(self, rng: np.random.Generator, draws: int) -> Floats:
        """Shape (1 + draws, patterns): how often each pattern is there, then in bootstrap draws.

        Drawing n texts of n is drawing how many have each pattern.
        """
        sample = rng.multinomial(self.texts, self.often / self.texts, size=draws)
        return np.vstack([self.often, sample]).astype(np.float64)

    def couples(self) -> tuple[Ints, Ints]:
        """The rows of every two votes on the same text; the first is the earlier row."""
        firsts, seconds = [], []
        for apart in range(1, int(self.sizes.max(initial=0))):
            first = np.flatnonzero(self.pattern[:-apart] == self.pattern[apart:])
            firsts.append(first)
            seconds.append(first + apart)
        return _joined(firsts), _joined(seconds)


class Distances:
    """How far two answers are apart: 0 the same, 1 nothing in common.

    Args:
        kinds: All different answers.
        labels: All labels, for sets of them (MASI); None if only the same answer is near.
    """

    def __init__(self, kinds: Sequence[Answer], labels: Sequence[str] | None = None) -> None:
        self._count = len(kinds)
        self._sets: Floats | None = None
        if labels is not None:
            known = dict.fromkeys([*labels, *(name for kind in kinds for name in kind)])
            place = {name: column for column, name in enumerate(known)}
            self._sets = np.zeros((len(kinds), len(place)))
            for row, kind in enumerate(kinds):
                self._sets[row, [place[name] for name in kind]] = 1

    def among(self, kinds: Ints) -> Distances:
        """Of these answers only, numbered in this order."""
        found = copy(self)
        found._count = len(kinds)
        found._sets = None if self._sets is None else self._sets[kinds]
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Of answers one by one, shape (n,)."""
        if self._sets is None:
            return np.asarray(first != second, dtype=np.float64)
        a, b = self._sets[first], self._sets[second]
        return _masi((a * b).sum(axis=1), a.sum(axis=1), b.sum(axis=1))

    def expected(self, one: Floats, other: Floats) -> Floats:
        """Between an answer of the one and an answer of the other, shape (draws,).

        Args:
            one: Shape (draws, kinds): how often each answer is there; the first row is observed.
            other: Likewise.
        """
        if self._sets is None:
            return np.asarray(one.sum(axis=1) * other.sum(axis=1) - (one * other).sum(axis=1))
        if self._count <= MANY:
            return np.asarray(((one @ _apart(self._sets, self._sets)) * other).sum(axis=1))
        from_one, from_other = np.zeros(self._count), np.zeros(self._count)
        for start in range(0, self._count, MANY):
            rows = slice(start, start + MANY)
            apart = _apart(self._sets[rows], self._sets)
            from_one += one[0, rows] @ apart
            from_other[rows] = apart @ other[0]
        return np.asarray(one @ from_other + other @ from_one - one[0] @ from_other)


def _apart(one: Floats, other: Floats) -> Floats:
    """From each set of the one to each of the other."""
    return _masi(one @ other.T, one.sum(axis=1)[:, None], other.sum(axis=1))


def _masi(common: Floats, size: Floats, other: Floats) -> Floats:
    """From how many labels two sets have in common, and how many each has."""
    either = size + other - common
    nested = np.where(common == np.minimum(size, other), 2 / 3, 1 / 3)
    similar = np.where(size == other, np.where(common == size, 1.0, nested), nested)
    overlap = np.divide(common, either, out=np.ones_like(either), where=either > 0)
    return np.asarray(1 - similar * overlap)


def krippendorff_alpha(
    votes: Votes, distances: Distances, weights: Floats
) -> tuple[Floats, Floats]:
    """Mean observed and expected disagreement, each of shape (draws,)."""
    totals = weights @ counts(votes)
    n = weights @ votes.sizes
    observed = weights @ (disagreeing(votes, distances) * votes.sizes) / n
    return observed, distances.expected(totals, totals) / (n * (n - 1))


def fleiss_kappa(votes: Votes, distances: Distances, weights: Floats) -> tuple[Floats, Floats]:
    """The same by Fleiss; every text counts alike, however many answers it has."""
    texts = weights.sum(axis=1)
    shares = (weights / votes.sizes) @ counts(votes) / texts[:, None]
    observed = weights @ disagreeing(votes, distances) / texts
    return observed, distances.expected(shares, shares)


def cohen_kappa(
    first: Ints, second: Ints, distances: Distances, weights: Floats
) -> tuple[Floats, Floats]:
    """The same of two people.

    Args:
        first: Shape (n,): the one's answer to each text.
        second: The other's.
        distances: Between answers.
        weights: Shape (draws, n): how often each text is there.
    """
    used, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    first, second = np.split(codes, 2)
    distances = distances.among(used)
    texts = weights.sum(axis=1)
    scale = np.divide(1, texts, out=np.zeros_like(texts), where=texts > 0)
    rows = np.arange(len(first))
    one = weights @ _sparse(rows, first, len(rows), len(used)) * scale[:, None]
    other = weights @ _sparse(rows, second, len(rows), len(used)) * scale[:, None]
    return weights @ distances.between(first, second) * scale, distances.expected(one, other)


def alpha_by_label(votes: Votes, held: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Krippendorff's alpha of having each label or not; both of shape (draws, labels).

    Args:
        votes: All votes.
        held: Shape (kinds, labels): 1 where the answer has the label.
        weights: Shape (draws, patterns).
    """
    sizes = votes.sizes[:, None]
    having = counts(votes) @ held
    n = (weights @ votes.sizes)[:, None]
    observed = weights @ (2 * having * (sizes - having) / (sizes - 1)) / n
    total = weights @ having
    return observed, 2 * total * (n - total) / (n * (n - 1))


def disagreeing(votes: Votes, distances: Distances) -> Floats:
    """Shape (patterns,): the mean distance of every two of its answers."""
    first, second = votes.couples()
    apart = distances.between(votes.kind[first], votes.kind[second])
    sums = np.bincount(votes.pattern[first], apart, minlength=len(votes.often))
    return np.asarray(2 * sums / (votes.sizes * (votes.sizes - 1)))


def counts(votes: Votes) -> Any:
    """How often each pattern has each answer, a sparse (patterns, kinds) array."""
    return _sparse(votes.pattern, votes.kind, len(votes.often), len(votes.kinds))


def _sparse(rows: Ints, columns: Ints, height: int, width: int) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(height, width))


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
