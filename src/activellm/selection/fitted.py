"""What query strategies ask of the classifier that is trained on the labels so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from activellm.pool.example import Content
from activellm.progress import Progress, silent

Probabilities: TypeAlias = npt.NDArray[np.float64]
Features: TypeAlias = npt.NDArray[np.float32]


@runtime_checkable
class FittedSuccessor(Protocol):
    """A trained successor. Nothing that is asked of it changes it."""

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities, shape (n, labels), columns in the task's label order.

        Single-label: rows sum to 1. Multi-label: each entry is that label's own probability.
        """
        ...


@runtime_checkable
class SamplesProbabilities(Protocol):
    """A successor that knows how far its own weights leave its answers open."""

    def sample_proba(
        self,
        contents: Sequence[Content],
        passes: int,
        *,
        seed: int,
        progress: Progress = silent,
    ) -> Probabilities:
        """Label probabilities by several draws from the classifiers that the labels allow.

        One draw answers for all texts: rows of one pass belong together.

        Args:
            contents: n texts or pairs.
            passes: How many draws, at least 1.
            seed: Decides the draws: the same seed gives the same answers on one machine.
            progress: Told how far it is.

        Returns:
            Shape (passes, n, labels), each pass like `FittedSuccessor.predict_proba`.
        """
        ...


@runtime_checkable
class GivesFeatures(Protocol):
    """A successor whose last layer is linear, and that shows what this layer reads."""

    def features(self, contents: Sequence[Content], *, progress: Progress = silent) -> Features:
        """What the last layer reads of each text, shape (n, d)."""
        ...


@runtime_checkable
class ReadsFeatures(Protocol):
    """A successor that goes on from the features that it gave: texts are not read twice."""

    def proba_of(self, features: Features) -> Probabilities:
        """What the last layer makes of them, as `predict_proba` of the same texts."""
        ...
