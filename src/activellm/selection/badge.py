"""BADGE: candidates that would move the classifier far, and each in another direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.fitted import Features, Probabilities
from activellm.selection.ranking import Rows, Scores, best

EQUAL = 1e-12
"""Squared distances below this part of the gradients' squared lengths are rounding: equals."""


class Badge:
    """A spread-out sample of the gradients that the classifier's own answers would cause.

    Were a text's most probable label true, the loss would have a gradient in the last layer: long
    where the classifier is unsure. k-means++ draws candidates with long gradients that point apart.
    Multi-label: each label's likelier side is taken for true.
    """

    name: ClassVar[str] = "badge"
    needs: ClassVar[frozenset[str]] = frozenset({"successor", "features"})
    source: ClassVar[str] = (
        "Ash et al., Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds (ICLR "
        "2020), algorithm 1; the first pick is the longest gradient, as in the authors' code"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Draw n candidates by k-means++ on their gradients.

        Raises:
            UsageError: If n does not fit the candidates, nothing is trained, or the successor has
                no last layer to look into.
        """
        check_request(context, n)
        features = context.features  # first: the probabilities follow from them
        errors = hallucinated_errors(context.probabilities, multi=context.task.multi)
        drawn = spread(Gradients(errors, features), n, context.rng)
        return Selection(
            strategy=self.name,
            picks=tuple(
                Pick(context.candidates[row].id, _reason(place, apart), float(apart))
                for place, (row, apart) in enumerate(zip(drawn.rows, drawn.apart, strict=True))
            ),
            explanation=f"{n} of {len(context.candidates)} candidates, drawn so that each would "
            "move the classifier far and in another direction than the others.",
            health=Health(
                tied=tuple(context.candidates[row].id for row in drawn.tied),
                warnings=_warnings(drawn.apart),
            ),
        )


class Gradients:
    """Gradients of the last layer, one a text: the outer products of errors and features.

    Only the two factors are kept: texts x (labels + d) numbers and not texts x labels x d.

    Args:
        errors: Shape (texts, labels): probabilities minus what is taken for true.
        features: Shape (texts, d): what the last layer reads.
    """

    def __init__(self, errors: Probabilities, features: Features) -> None:
        self.errors = errors
        self.features = features
        lengths = np.einsum("ij,ij->i", features, features, dtype=np.float64)
        self.squares: Scores = (errors**2).sum(axis=1) * lengths

    def distances(self, row: int) -> Scores:
        """Squared distances of all gradients from that of a row, shape (texts,), equals 0."""
        # einsum computes in float64 piece by piece, without a copy of the features.
        alike = np.einsum("ij,j->i", self.features, self.features[row].astype(np.float64))
        both = self.squares + self.squares[row]
        found = both - 2 * (self.errors @ self.errors[row]) * alike
        return np.where(found > EQUAL * both, found, 0.0)


def hallucinated_errors(probabilities: Probabilities, *, multi: bool) -> Probabilities:
    """Probabilities minus the answer that they make most probable, shape (texts, labels)."""
    p = np.asarray(probabilities, dtype=np.float64)
    if multi:
        return np.asarray(p - (p >= 0.5))
    errors = p.copy()
    errors[np.arange(len(p)), p.argmax(axis=1)] -= 1
    return errors


@dataclass(frozen=True)
class Spread:
    """Rows whose gradients are long and lie apart.

    Attributes:
        rows: In the order in which they were drawn.
        apart: How far each lay from the nearest one before it; of the first its length. 0 where
            all that was left lay on others, so that chance alone decided.
        tied: All rows that the last one was drawn from, if chance alone decided.
    """

    rows: Rows
    apart: Scores
    tied: Rows


def spread(gradients: Gradients, n: int, rng: np.random.Generator) -> Spread:
    """N rows by k-means++: the longest first, each next one by its distance from those chosen.

    Source: Arthur and Vassilvitskii, k-means++: The Advantages of Careful Seeding (SODA 2007),
    section 2.2. Where all others lie on chosen ones, the rest is drawn at random.
    """
    first = best(gradients.squares, 1, rng)
    rows, tied = [int(first.rows[0])], first.tied
    squares = [float(gradients.squares[rows[0]])]
    free = np.ones(len(gradients.squares), dtype=np.bool_)
    nearest = np.full(len(free), np.inf)
    while len(rows) < n:
        free[rows[-1]] = False
        nearest = np.minimum(nearest, gradients.distances(rows[-1]))
        weights = np.where(free, nearest, 0.0)
        by_chance = not weights.any()
        if by_chance:
            weights = free.astype(np.float64)
        tied = np.flatnonzero(free if by_chance and free.sum() > 1 else [])
        rows.append(int(rng.choice(len(weights), p=weights / weights.sum())))
        squares.append(float(nearest[rows[-1]]))
    return Spread(np.array(rows, dtype=np.int64), np.sqrt(squares), tied)


def _reason(place: int, apart: float) -> str:
    if place == 0:
        return f"would move the classifier most (gradient {apart:.2f})"
    if apart == 0:
        return "would move the classifier as a pick before it does, drawn at random"
    return f"would move the classifier elsewhere than the picks before it ({apart:.2f} apart)"


def _warnings(apart: Scores) -> tuple[str, ...]:
    alike = int((apart[1:] == 0).sum())
    if alike == 0:
        return ()
    return (
        f"{alike} of {len(apart)} picks were drawn at random: nothing was left that would move the "
        "classifier otherwise than the picks before them.",
    )
