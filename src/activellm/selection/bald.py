"""BALD: the candidates on which the classifiers that the labels allow disagree."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.entropy import entropies
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Scores, select_best

PASSES = 10
"""Draws of the classifier's weights, as small-text and the ActiveLLM paper's baselines use."""


class Bald:
    """The candidates whose label would tell most about the classifier's weights.

    Several draws of the weights that the labels leave open (Monte-Carlo dropout, for a fine-tuned
    encoder) each give label probabilities. The score is the entropy of their mean minus the mean
    of their entropies: high where each draw is sure and the draws disagree. Multi-label: the sum
    over labels.

    Args:
        passes: How many draws.

    Raises:
        UsageError: If there are fewer than two.
    """

    name: ClassVar[str] = "bald"
    needs: ClassVar[frozenset[str]] = frozenset({"successor", "samples"})
    source: ClassVar[str] = (
        "Houlsby et al., Bayesian Active Learning for Classification and Preference Learning "
        "(2011), section 2; Gal, Islam and Ghahramani, Deep Bayesian Active Learning with Image "
        "Data (ICML 2017), section 4"
    )

    def __init__(self, passes: int = PASSES) -> None:
        self.passes = checked_passes(passes)

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the n candidates of highest mutual information.

        Raises:
            UsageError: If n does not fit the candidates, nothing is trained, or the successor
                cannot draw.
        """
        check_request(context, n)
        sampled = context.sampled_probabilities(self.passes)
        scores = mutual_information(sampled, multi=context.task.multi)
        return select_best(
            context,
            scores,
            n,
            strategy=self.name,
            explanation=f"Of {len(context.candidates)} candidates, the {n} on which {self.passes} "
            "draws of the classifier disagree most.",
            reason=lambda row: f"draws of the classifier disagree ({scores[row]:.3f} nats)",
        )


def checked_passes(passes: int) -> int:
    """`passes`, if there can be disagreement between so many.

    Raises:
        UsageError: If there are fewer than two.
    """
    if passes < 2:
        raise UsageError(f"passes must be at least 2, not {passes}: one draw cannot disagree.")
    return passes


def mutual_information(sampled: Probabilities, *, multi: bool) -> Scores:
    """What a label would tell of the weights, in nats, shape (texts,).

    Args:
        sampled: Shape (passes, texts, labels).
        multi: Whether each entry is a probability by itself.
    """
    whole = entropies(sampled.mean(axis=0), multi=multi)
    # One pass after the other: a table as large as `sampled` is not needed.
    single = sum(entropies(one, multi=multi) for one in sampled) / len(sampled)
    return np.maximum(whole - single, 0.0)
