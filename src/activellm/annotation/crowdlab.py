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
            and each annotator has at least one.
        probabilities: Shape (texts, labels), out of sample.

    Returns:
        Shape (texts, labels): the consensus label's quality; the rest of it goes to the other
        labels as the classifier would have it.

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
        verbose=False,
        return_detailed_quality=False,
        return_annotator_stats=False,
    )["label_quality"]
    chosen = found["consensus_label"].to_numpy().astype(np.int64)
    quality = np.clip(found["consensus_quality_score"].to_numpy(dtype=np.float64), 0, 1)
    rest = probabilities.copy()
    rest[np.arange(len(chosen)), chosen] = 0
    rest += 1e-12
    rest[np.arange(len(chosen)), chosen] = 0
    rest *= ((1 - quality) / rest.sum(axis=1))[:, None]
    rest[np.arange(len(chosen)), chosen] = quality
    return rest
