"""What the tests of strategies that ask the classifier share: classifiers that answer as told."""

from __future__ import annotations

from typing import Any

import numpy as np
from selection_helpers import TASK, context, texts

from activellm.selection import Labelled, open_strategy


def dirichlet(rows: int, labels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(labels, 0.7), size=rows)


class Fitted:
    """A trained successor that answers what it was given, by the order of the texts."""

    def __init__(self, probabilities: np.ndarray, sampled: Any = None, features: Any = None):
        self.probabilities, self.sampled, self._features = probabilities, sampled, features

    def _rows(self, contents: Any) -> list[int]:
        return [int(content.split()[1]) for content in contents]

    def predict_proba(self, contents: Any, **_: Any) -> np.ndarray:
        return self.probabilities[self._rows(contents)]

    def sample_proba(self, contents: Any, passes: int, **_: Any) -> np.ndarray:
        return self.sampled[:passes, self._rows(contents)]

    def features(self, contents: Any, **_: Any) -> np.ndarray:
        return self._features[self._rows(contents)]


def ours(name: str, fitted: Fitted, n: int, count: int, **changes: Any) -> set[int]:
    given = context(count, open_successor=lambda: fitted, **changes)
    return {int(id_.split("-")[1]) for id_ in open_strategy(name).select(given, n).ids}


def labelled() -> Labelled:
    return Labelled(texts(1)[0], (TASK.label_names[0],))
