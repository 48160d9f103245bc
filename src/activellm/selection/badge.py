"""BADGE: candidates that would move the classifier far, and each in another direction."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Pick, Selection
from activellm.selection.fitted import Features, Probabilities
from activellm.selection.ranking import Rows, Scores, best


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
        errors = hallucinated_errors(context.probabilities, multi=context.task.multi)
        gradients = Gradients(errors, context.features)
        rows = spread(gradients, n, context.rng)
        lengths = np.sqrt(gradients.squares)
        return Selection(
            strategy=self.name,
            picks=tuple(
                Pick(
                    context.candidates[row].id,
                    f"would move the classifier (gradient {lengths[row]:.2f}) elsewhere than the "
                    "picks before it",
                    float(lengths[row]),
                )
                for row in rows
            ),
            explanation=f"{n} of {len(context.candidates)} candidates, drawn so that each would "
            "move the classifier far and in another direction than the others.",
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
        self.features = np.asarray(features, dtype=np.float64)
        self.squares: Scores = (errors**2).sum(axis=1) * (self.features**2).sum(axis=1)

    def distances(self, row: int) -> Scores:
        """Squared distances of all gradients from that of a row, shape (texts,)."""
        products = (self.errors @ self.errors[row]) * (self.features @ self.features[row])
        return np.asarray(np.maximum(self.squares + self.squares[row] - 2 * products, 0.0))


def hallucinated_errors(probabilities: Probabilities, *, multi: bool) -> Probabilities:
    """Probabilities minus the answer that they make most probable, shape (texts, labels)."""
    p = np.asarray(probabilities, dtype=np.float64)
    if multi:
        return np.asarray(p - (p >= 0.5))
    errors = p.copy()
    errors[np.arange(len(p)), p.argmax(axis=1)] -= 1
    return errors


def spread(gradients: Gradients, n: int, rng: np.random.Generator) -> Rows:
    """N rows by k-means++: the longest first, each next one by its distance from those chosen.

    Source: Arthur and Vassilvitskii, k-means++: The Advantages of Careful Seeding (SODA 2007),
    section 2.2. Where all others lie on chosen ones, the rest is drawn at random.
    """
    chosen = [int(best(gradients.squares, 1, rng).rows[0])]
    free = np.ones(len(gradients.squares), dtype=np.bool_)
    nearest = np.full(len(free), np.inf)
    while len(chosen) < n:
        free[chosen[-1]] = False
        nearest = np.minimum(nearest, gradients.distances(chosen[-1]))
        weights = np.where(free, nearest, 0.0)
        if weights.sum() <= 1e-12 * gradients.squares.max():
            weights = free.astype(np.float64)
        chosen.append(int(rng.choice(len(weights), p=weights / weights.sum())))
    return np.array(chosen, dtype=np.int64)
