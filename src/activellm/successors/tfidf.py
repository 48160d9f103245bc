"""Logistic regression on counted words and characters: no encoder, no download, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from activellm.encoders.contract import Encoder, Vectors
from activellm.encoders.pairs import embed_contents
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.checks import ClassWeights, check_training
from activellm.successors.contract import Weights
from activellm.successors.linear import Linear, check_regression
from activellm.successors.saved import SavedFacts
from activellm.successors.terms import Terms
from activellm.task import Targets, Task


class Tfidf(Linear):
    """Logistic regression on TF-IDF vectors of the words and of the runs of 1 to 4 characters.

    What is counted, and how rare it is, is learned from the labelled texts alone. It knows nothing
    of other words, so it needs more labels than a learner that starts from an encoder. What it
    saves holds words of the labelled texts.

    Args:
        task: What it decides.
        seed: Recorded; nothing here is random.
        C: scikit-learn's inverse strength of the L2 penalty; see docs/design/plain-learners.md.
        class_weights: "balanced" gives each label the same total weight, "none" each example.
        most_terms: The most words, and the most runs of characters, that are counted.
    """

    name: ClassVar[str] = "tfidf"
    source: ClassVar[str] = (
        "Salton and Buckley 1988, Term-weighting approaches in automatic text retrieval, "
        "Information Processing & Management 24; Cavnar and Trenkle 1994, N-gram-based text "
        "categorization, section 3"
    )
    packages: ClassVar[tuple[str, ...]] = ("numpy", "scikit-learn")
    chunk: ClassVar[int] = 512
    graph = None  # type: ignore[assignment]  # counting words is none (see `HasGraph`)

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        C: float = 30.0,
        class_weights: ClassWeights = "none",
        most_terms: int = 5000,
    ) -> None:
        check_regression(C, class_weights)
        if most_terms < 1:
            raise UsageError(f"most_terms must be at least 1, not {most_terms}.")
        self.task, self.seed, self.C = task, seed, C
        self.class_weights: ClassWeights = class_weights
        self.most_terms = most_terms
        self.warnings: tuple[str, ...] = ()
        self._terms: Terms | None = None
        self._fitted = None

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        return {
            "C": self.C,
            "class_weights": self.class_weights,
            "most_terms": self.most_terms,
            "seed": self.seed,
        }

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """See `Successor.fit`."""
        check_training(contents, targets, self.task, weights)
        self._fitted = None  # an older regression cannot read the new terms
        texts = [text for one in contents for text in ([one] if isinstance(one, str) else one)]
        with self._enough_memory():
            self._terms = Terms.learn(texts, self.most_terms)
        return super().fit(contents, targets, weights=weights, progress=progress)

    def save(self, folder: Path) -> None:
        """See `Successor.save`: `terms.json`, `terms.npz` and `linear.npz` (plain arrays)."""
        fitted = self._trained()
        if self._terms is not None:
            self._terms.write(folder)
        self._write(folder, fitted, encoder={})

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """See `Successor.load`; no encoder and no device is used."""
        saved = SavedFacts.read(folder, cls.name)
        made = cls(saved.task, **saved.settings)
        made._terms = Terms.read(folder)
        made.load_regression(folder, saved)
        return made

    def _vectors(self, contents: Sequence[Content], progress: Progress = silent) -> Vectors:
        terms = self._terms
        if terms is None:
            raise UsageError("This classifier is not trained yet.")
        vectors = embed_contents(contents, terms.vectors)
        progress("Counting words", len(contents), len(contents))
        return vectors
