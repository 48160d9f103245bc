"""Consensus by annotators and a classifier together (CROWDLAB), through cleanlab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import MissingExtraError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Consensus:
    """What annotators and a classifier say together.

    Attributes:
        labels: Shape (texts,): the position of the majority's label; where that is tied, of the
            tied one that the classifier finds most probable.
        posterior: Shape (texts, labels), rows sum to 1: how probable each is, the paper's average
            of classifier and annotators. Where the classifier is strong, another label than the
            majority's may lead here.
    """

    labels: Ints
    posterior: Floats


def crowdlab(answers: Ints, probabilities: Floats) -> Consensus:
    """Let a classifier that never saw the answers decide ties, and say how sure the labels are.

    Source: Goh, Tkachenko and Mueller, CROWDLAB: Supervised learning to infer consensus labels and
    quality scores for data with multiple annotators (2022).

    Args:
        answers: Shape (texts, annotators): label positions, -1 where there is no answer; each text
            and each annotator has at least one, and some text two.
        probabilities: Shape (texts, labels), out of sample.

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
        consensus_method="majority_vote",
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
    labels = quality["consensus_label"].to_numpy().astype(np.int64)
    return Consensus(labels, odds / odds.sum(axis=1, keepdims=True))
