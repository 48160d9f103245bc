"""Rows of numbers as texts: so scikit-learn's checks run on a classifier of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from activellm.estimators import TextClassifier


@dataclass(frozen=True)
class ReadsNumbers:
    """An encoder: the vector of "1.5 2" is (1.5, 2)."""

    spec: str = "numbers"

    @property
    def folder(self) -> Path:
        raise AssertionError("it has none")

    def identity(self) -> Mapping[str, str]:
        return {"reads": "numbers"}

    def embed(self, contents: Sequence[str], *, progress: Any = None) -> np.ndarray:
        return np.array([[float(one) for one in text.split()] for text in contents], np.float32)


class NumberClassifier(TextClassifier):
    """TextClassifier for tables of numbers: checks X as scikit-learn does, then writes it out."""

    def __init__(self, successor="linear(C=1000)", *, encoder=None, random_state=0):
        super().__init__(successor, encoder=encoder, random_state=random_state)

    def fit(self, X, y, sample_weight=None):
        kept, self.encoder = self.encoder, self.encoder or ReadsNumbers()
        X = validate_data(self, X, dtype=np.float64)
        try:
            return super().fit(_texts(X), y, sample_weight)
        finally:
            self.encoder = kept

    def predict_proba(self, X):
        check_is_fitted(self, "successor_")
        return super().predict_proba(_texts(validate_data(self, X, dtype=np.float64, reset=False)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags


def _texts(X: np.ndarray) -> list[str]:
    return [" ".join(repr(float(one)) for one in row) for row in X]
