"""A small real classifier for the tests: letters of the text, nearest class mean."""

from __future__ import annotations

import numpy as np
import pytest


class LetterMeans:
    """A successor that learns each label's mean of letter counts; `seed` adds noise if asked to."""

    name = "letters"
    source = "tests"

    def __init__(self, task, seed=0, noise=0.0):
        self.task, self.seed, self.noise = task, seed, noise
        self.warnings = ()
        self.fitted = 0

    def settings(self):
        return {"seed": self.seed, "noise": self.noise}

    def _vectors(self, contents):
        return np.array(
            [[text.count(c) / max(1, len(text)) for c in "abcdef"] for text in contents]
        )

    def fit(self, contents, targets, *, progress=None):
        self.fitted += 1
        vectors = self._vectors(contents)
        self.known = np.unique(targets)
        rng = np.random.default_rng(self.seed)
        self.means = np.array([vectors[targets == label].mean(axis=0) for label in self.known])
        self.means = self.means + self.noise * rng.normal(size=self.means.shape)
        return self

    def predict(self, contents, *, progress=None):
        return self.predict_proba(contents).argmax(axis=1)

    def predict_proba(self, contents, *, progress=None):
        distance = ((self._vectors(contents)[:, None] - self.means) ** 2).sum(axis=2)
        closeness = np.exp(-20 * distance)
        found = np.zeros((len(contents), len(self.task.label_names)))
        found[:, self.known] = closeness / closeness.sum(axis=1, keepdims=True)
        return found


class LetterSets(LetterMeans):
    """The same for multi-label tasks: a label is given if the text has its letter often enough."""

    def fit(self, contents, targets, *, progress=None):
        vectors = self._vectors(contents)[:, : targets.shape[1]]
        self.bounds = np.array(
            [
                column[on == 1].min() if on.any() else 9
                for column, on in zip(vectors.T, targets.T, strict=True)
            ]
        )
        return self

    def predict(self, contents, *, progress=None):
        return self.predict_proba(contents).astype(np.int64)

    def predict_proba(self, contents, *, progress=None):
        vectors = self._vectors(contents)[:, : len(self.bounds)]
        return (vectors >= self.bounds).astype(float)


def make_texts(targets, rng, *, clear=0.2, length=30):
    """Texts whose letters lean towards their label's letter."""
    texts = []
    for target in targets:
        chances = np.full(6, 1 / 6)
        chances[target] += clear
        texts.append("".join(rng.choice(list("abcdef"), size=length, p=chances / chances.sum())))
    return texts


@pytest.fixture
def letters():
    return LetterMeans


@pytest.fixture
def letter_sets():
    return LetterSets


@pytest.fixture
def texts_of():
    return make_texts
