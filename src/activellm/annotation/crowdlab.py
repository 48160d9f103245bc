"""Consensus by annotators and a classifier together (CROWDLAB), through cleanlab."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from activellm.errors import MissingExtraError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def crowdlab(answers: Ints, probabilities: Floats) -> Floats:
    """How probable each label is, by the answers and by a classifier that never saw them.

    Source: Goh, Tkachenko and Mueller, CROWDLAB: Supervised learning to infer consensus labels and
    quality scores for data with multiple annotators (2022).

    Args:
        answers: Shape (texts, annotators): label positions, -1 where there is no answer; each text
            and each annotator has at least one, and some text two.
        probabilities: Shape (texts, labels), out of sample.

    Returns:
        Shape (texts, labels), rows sum to 1: the paper's average of classifier and annotators, by
        the weights that cleanlab estimates. cleanlab itself only tells that of the best label.

    Raises:
        MissingExtraError: If cleanlab is not installed.
    """
    try:
        from cleanlab.multiannotator import get_label_quality_multiannotator
    except ImportError:
        raise MissingExtraError("The consensus crowdlab", "crowd") from None
    given = np.where(answers < 0, np.nan, answers).astype(np.float64)
    found = get_label_quality_multiannotator(
        given,
        probabilities,
        consensus_method="best_quality",
        verbose=False,
        return_detailed_quality=False,
        return_annotator_stats=False,
        return_weights=True,
    )
    quality = found["label_quality"]
    several = quality["num_annotations"].to_numpy() > 1
    right = float(quality["annotator_agreement"].to_numpy(dtype=np.float64)[several].mean())
    count = probabilities.shape[1]
    odds = found["model_weight"] * probabilities
    for column, weight in zip(answers.T, found["annotator_weight"], strict=True):
        said = np.full((len(answers), count), (1 - right) / (count - 1))
        there = np.flatnonzero(column >= 0)
        said[there, column[there]] = right
        odds[there] += weight * said[there]
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
