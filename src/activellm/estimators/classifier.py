"""Every successor as a scikit-learn classifier of texts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from activellm.encoders import Encoder, open_encoder
from activellm.errors import UsageError
from activellm.estimators.classes import Classes
from activellm.estimators.inputs import InputError, as_answers, as_contents, as_weights
from activellm.estimators.kept import Kept
from activellm.pool.example import Content
from activellm.settings import Settings
from activellm.successors import Probabilities, Successor, load_successor, make_successor
from activellm.successors.registry import settled
from activellm.successors.saved import SavedFacts
from activellm.task import Task
from activellm.tools import Tools


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A successor behind scikit-learn's interface: for pipelines, searches and scorers.

    `X` holds texts or pairs of texts; `y` classes of any kind, or a table of 0 and 1 with a column
    for each label (multi-label).

    Args:
        successor: A successor's name, with settings of its own in brackets: "linear(C=3)".
        encoder: "embedded", a folder, a hub id, or an open encoder.
        device: "auto", "cpu", "cuda" ...
        llm: The query model that "zero-shot" and "blend" ask; "none" for none.
        task: What is to be decided, for those that read it: its labels are then the classes (or
            the columns of `y`). Made from `y` if None.
        random_state: The training seed; a generator or None draws one.

    Attributes:
        classes_: The classes, sorted; multi-label: the columns' numbers.
        successor_: The trained successor.
        warnings_: What training found wanting, as sentences.
    """

    def __init__(
        self,
        successor: str = "auto",
        *,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        llm: str = "none",
        task: Task | None = None,
        random_state: Any = 0,
    ) -> None:
        self.successor = successor
        self.encoder = encoder
        self.device = device
        self.llm = llm
        self.task = task
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on labelled texts.

        Args:
            X: n texts or pairs.
            y: Their classes, shape (n,); or 0 and 1, shape (n, labels).
            sample_weight: How much each counts, shape (n,); a text of weight 0 is left out.

        Raises:
            InputError: If the data do not fit together.
            UsageError: For an unknown successor, or a setting that it does not have.
        """
        contents, answers = as_contents(X), as_answers(y)
        if len(contents) != len(answers):
            numbers = f"inconsistent numbers of samples: {[len(contents), len(answers)]}"
            raise InputError(f"Found input variables with {numbers}")
        weights = as_weights(sample_weight, len(contents))
        classes = Classes.of(answers, self.task, pair=not isinstance(contents[0], str))
        targets, counted = classes.targets(answers), np.flatnonzero(weights)
        successor = self._made(classes.task).fit(
            [contents[row] for row in counted],
            targets[counted],
            weights=None if sample_weight is None else weights[counted],
        )
        self._take(classes, successor)
        return self

    def predict_proba(self, X: Any) -> Probabilities:
        """Probabilities of the classes, shape (n, classes), columns as in `classes_`."""
        contents = self._given(X)
        return self._classes.proba(self.successor_.predict_proba(contents))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The most probable class of each text, shape (n,); multi-label: 0 and 1, (n, labels)."""
        chances = self.predict_proba(X)
        if self._classes.task.multi:
            return (chances >= 0.5).astype(np.int64)
        return np.asarray(self.classes_[chances.argmax(axis=1)])

    def save(self, folder: str | Path) -> Path:
        """Write the trained classifier to a new folder; nothing is pickled.

        Raises:
            UsageError: If the folder holds something already, or the classes cannot be written.
        """
        check_is_fitted(self, "successor_")
        kept = Kept(self.successor, self.llm, self.task is not None, self._classes.as_json())
        path = Path(folder)
        if path.exists() and any(path.iterdir()):
            raise UsageError("It exists already.", where=str(path), remedy="Name another folder.")
        path.mkdir(parents=True, exist_ok=True)
        self.successor_.save(path)
        kept.write(path)
        return path

    @classmethod
    def load(
        cls, folder: str | Path, *, encoder: Encoder | None = None, device: str = "auto"
    ) -> Self:
        """Read back what `save` wrote, or another trained successor's folder.

        Args:
            folder: The folder.
            encoder: An open encoder, if it is the one trained with.
            device: Where it is to compute.

        Raises:
            DataError: If there is no trained classifier, or not all of it.
        """
        path = Path(folder)
        saved, kept = SavedFacts.read(path), Kept.read(path)
        made = cls(
            kept.successor,
            encoder=encoder or str(saved.settings.get("encoder", "embedded")),
            device=device,
            llm=kept.llm,
            task=saved.task if kept.task_given else None,
            random_state=saved.settings.get("seed", 0),
        )
        classes, judge = kept.classes_of(saved.task, path), made._tools(saved.task).judge
        made._take(classes, load_successor(path, encoder=encoder, device=device, judge=judge))
        return made

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def _take(self, classes: Classes, successor: Successor) -> None:
        self._classes, self.classes_ = classes, classes.values
        self.successor_, self.warnings_ = successor, successor.warnings

    def _given(self, X: Any) -> list[Content]:
        check_is_fitted(self, "successor_")
        contents, pair = as_contents(X), self._classes.task.pair
        if isinstance(contents[0], str) is pair:
            raise InputError(f"It was trained on {'pairs of texts' if pair else 'single texts'}.")
        return contents

    def _tools(self, task: Task) -> Tools:
        spec = self.encoder if isinstance(self.encoder, str) else self.encoder.spec
        given = {"llm": self.llm, "encoder": spec, "device": self.device}
        return Tools(task, Settings.build(where="TextClassifier", **given))

    def _made(self, task: Task) -> Successor:
        """A new successor. Those that read frozen vectors share one encoder in this process."""
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - 1)
        encoder = self.encoder
        name, options = settled(self.successor, task, encoder)
        if isinstance(encoder, str) and (name, options.get("inner")) in _FROZEN:
            encoder = _shared(encoder, self.device)
        return make_successor(
            name,
            task,
            seed=int(seed),
            encoder=encoder,
            device=self.device,
            judge=self._tools(task).judge,
            **options,
        )


_FROZEN = {("linear", None), ("blend", None), ("blend", "linear")}
"""Successors (and what they are made of) that read an encoder's vectors as they are."""


@lru_cache(maxsize=2)
def _shared(spec: str, device: str) -> Encoder:
    return open_encoder(spec, device=device)
