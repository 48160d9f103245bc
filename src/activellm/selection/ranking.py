"""From scores to picks: the best first, equals in an order that the seed decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import ActiveLLMError
from activellm.selection.context import SelectionContext
from activellm.selection.contract import Health, Pick, Selection

Scores = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

DIGITS = 9
"""Scores that agree in so many digits are equal: the rest is the machine's rounding."""


@dataclass(frozen=True)
class Ranking:
    """The rows with the highest scores.

    Attributes:
        rows: n distinct rows, the highest score first.
        tied: All rows, chosen or not, whose score equals the last chosen one's, if not all of
            them could be chosen: the seed decided among these. Else empty.
    """

    rows: Rows
    tied: Rows


def best(scores: Scores, n: int, rng: np.random.Generator) -> Ranking:
    """The n rows with the highest scores.

    Args:
        scores: Shape (rows,).
        n: From 1 to the number of rows.
        rng: Orders rows of equal score.

    Raises:
        ActiveLLMError: If a score is no number.
    """
    if np.isnan(scores).any():
        raise ActiveLLMError(
            f"{int(np.isnan(scores).sum())} of {len(scores)} candidates have a score that is no "
            "number, so they cannot be ranked."
        )
    rounded = np.round(scores, DIGITS)
    order = rng.permutation(len(scores))
    order = order[np.argsort(-rounded[order], kind="stable")]
    rows = order[:n]
    equal = np.flatnonzero(rounded == rounded[rows[-1]])
    return Ranking(rows, equal if not np.isin(equal, rows).all() else equal[:0])


def select_best(
    context: SelectionContext,
    scores: Scores,
    n: int,
    *,
    strategy: str,
    explanation: str,
    reason: Callable[[int], str],
) -> Selection:
    """A selection of the candidates with the highest scores.

    Args:
        context: Its candidates are ranked, its generator orders equals.
        scores: Shape (candidates,).
        n: From 1 to the number of candidates.
        strategy: The strategy's name.
        explanation: Of the whole, for people.
        reason: Says of a row why it was picked, for people.
    """
    ranking = best(scores, n, context.rng)
    return Selection(
        strategy=strategy,
        picks=tuple(
            Pick(context.candidates[row].id, reason(int(row)), float(scores[row]))
            for row in ranking.rows
        ),
        explanation=explanation,
        health=Health(tied=tuple(context.candidates[row].id for row in ranking.tied)),
    )
