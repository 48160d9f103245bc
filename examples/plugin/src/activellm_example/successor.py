"""A successor: multinomial naive Bayes over words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from activellm.errors import DataError, UsageError
from activellm.files import write_text
from activellm.pool import Content
from activellm.progress import Progress, silent
from activellm.successors import Probabilities, write_model_card
from activellm.successors.checks import (
    check_contents,
    check_temperature,
    check_training,
    decide,
    label_counts,
    training_warnings,
)
from activellm.successors.contract import Weights
from activellm.successors.saved import SavedFacts
from activellm.task import Targets, Task
from activellm_example.words import words

_FILE = "naive_bayes.json"


class NaiveBayes:
    """Multinomial naive Bayes over words, for single-label tasks.

    Args:
        task: What it decides.
        seed: Recorded; nothing here is random.
        smoothing: Added to each word's count of each label.
    """

    name: ClassVar[str] = "naive-bayes"
    source: ClassVar[str] = "Manning, Raghavan and Schütze 2008, section 13.2"

    def __init__(self, task: Task, *, seed: int, smoothing: float = 1.0) -> None:
        if task.multi:
            raise UsageError("naive-bayes knows one label a text.", where="--successor")
        if smoothing <= 0:
            raise UsageError(f"smoothing must be above 0, not {smoothing}.")
        self.task, self.seed, self.smoothing = task, seed, smoothing
        self.warnings: tuple[str, ...] = ()
        self._counts: dict[str, list[float]] = {}
        self._labels: list[int] = []
        self._temperature = 1.0

    def settings(self) -> Mapping[str, Any]:
        """Everything that decides the result besides the data."""
        return {"smoothing": self.smoothing, "seed": self.seed}

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Count each word of each label.

        Raises:
            UsageError: If there is nothing to train on, or it does not fit together.
        """
        check_training(contents, targets, self.task, weights)
        heavy = np.ones(len(contents)) if weights is None else weights
        labels = len(self.task.label_names)
        self._counts = {}
        for content, target, weight in zip(contents, targets, heavy, strict=True):
            for word in words(content):
                self._counts.setdefault(word, [0.0] * labels)[target] += float(weight)
        self._labels = label_counts(targets, self.task).tolist()
        self._temperature = 1.0
        self.warnings = training_warnings(targets, self.task)
        progress("Training", 1, 1)
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities, shape (n, labels); 0 for a label never seen.

        Raises:
            UsageError: If it is not trained.
        """
        if not self._labels:
            raise UsageError("This classifier is not trained yet.")
        check_contents(contents, self.task)
        labels = np.array(self._labels, dtype=np.float64)
        with np.errstate(divide="ignore"):
            start = np.log(labels / labels.sum())
        totals = np.array([*self._counts.values()]).reshape(-1, len(labels)).sum(axis=0)
        totals = totals + self.smoothing * max(1, len(self._counts))
        logits = np.tile(start, (len(contents), 1))
        for row, content in enumerate(contents):
            for word in words(content):
                if word in self._counts:
                    logits[row] += np.log((np.array(self._counts[word]) + self.smoothing) / totals)
        logits = (logits - logits.max(axis=1, keepdims=True)) / self._temperature
        progress("Predicting", len(contents), len(contents))
        chances = np.exp(logits)
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """The most probable label's position, shape (n,)."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """Divide the log-odds by a temperature, also in what is saved.

        Raises:
            UsageError: If it is not trained, or the temperature is not above 0.
        """
        check_temperature(temperature)
        if not self._labels:
            raise UsageError("This classifier is not trained yet.")
        self._temperature *= temperature

    def save(self, folder: Path) -> None:
        """Write what was counted as JSON, and the facts file that every successor writes."""
        if not self._labels:
            raise UsageError("This classifier is not trained yet.")
        kept = {"counts": self._counts, "temperature": self._temperature}
        write_text(folder / _FILE, json.dumps(kept, ensure_ascii=False))
        counts = np.array(self._labels, dtype=np.int64)
        SavedFacts.of(self, counts, sum(self._labels), packages=("activellm-example",)).write(
            folder
        )
        write_model_card(folder)

    @classmethod
    def load(cls, folder: Path, *, encoder: Any = None, device: str = "auto") -> Self:
        """Read back what `save` wrote.

        Raises:
            DataError: If the folder holds no such classifier.
        """
        saved = SavedFacts.read(folder, cls.name)
        made = cls(saved.task, **saved.settings)
        try:
            kept = json.loads((folder / _FILE).read_text("utf-8"))
            made._counts, made._temperature = kept["counts"], kept["temperature"]
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"Cannot read it: {error}.", where=str(folder / _FILE)) from None
        made._labels = [saved.label_counts[name] for name in saved.task.label_names]
        made.warnings = saved.warnings
        return made
