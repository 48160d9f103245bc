"""Training and predicting that is never done twice: results are kept under their content's hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.contract import Classifier, Probabilities, Successor, TellsDisagreement
from activellm.task import Targets

MakeSuccessor: TypeAlias = Callable[[int], Successor]
"""Gives an untrained successor for a training seed."""

Done: TypeAlias = MutableMapping[str, Any]
"""Results kept from earlier: key -> JSON. What is in it is not computed again; a mapping that
writes to disk lets a killed run go on."""

DIGITS = 6
"""Of a probability that is kept."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a trained successor says of some texts.

    Attributes:
        probabilities: Shape (texts, labels), rounded.
        disagreement: Share of an ensemble's members that vote otherwise, shape (texts,); None
            where there is one classifier only.
    """

    probabilities: Probabilities
    disagreement: npt.NDArray[np.float64] | None = None

    def take(self, rows: npt.NDArray[np.int64]) -> Predicted:
        """The same of the texts at these rows."""
        disagreement = None if self.disagreement is None else self.disagreement[rows]
        return Predicted(self.probabilities[rows], disagreement)

    def as_json(self) -> dict[str, Any]:
        """As lists, to be kept."""
        other = self.disagreement
        return {
            "probabilities": self.probabilities.tolist(),
            "disagreement": None if other is None else other.tolist(),
        }

    @classmethod
    def from_json(cls, kept: Any, labels: int) -> Predicted:
        """Read what `as_json` gave, of a task with so many labels."""
        other = kept["disagreement"]
        return cls(
            np.array(kept["probabilities"], dtype=np.float64).reshape(-1, labels),
            None if other is None else np.array(other, dtype=np.float64),
        )


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """Texts with their labels.

    Attributes:
        contents: n texts, or pairs of texts.
        targets: Their labels, as `Task.targets` makes them.
    """

    contents: Sequence[Content]
    targets: Targets

    def __len__(self) -> int:
        return len(self.contents)

    def take(self, rows: npt.NDArray[np.int64]) -> LabelledTexts:
        """The texts at these rows."""
        return LabelledTexts([self.contents[row] for row in rows.tolist()], self.targets[rows])


def train_and_predict(
    make_successor: MakeSuccessor,
    seed: int,
    training: LabelledTexts,
    test: Sequence[Content],
    done: Done,
) -> Targets:
    """Train on some texts and predict others, or take the predictions from `done`.

    The key covers all that decides the result: the successor's settings, the seed, the training
    texts with their labels, and the texts to predict.
    """
    successor = make_successor(seed)
    key = _key(successor, seed, training, test)
    if key not in done:
        successor.fit(training.contents, training.targets)
        done[key] = successor.predict(test).tolist()
    return np.array(done[key], dtype=np.int64)


def train_and_say(
    make_successor: MakeSuccessor,
    seed: int,
    training: LabelledTexts,
    test: Sequence[Content],
    done: Done,
) -> Predicted:
    """The same with probabilities, under keys of their own: what was kept without is done again."""
    successor = make_successor(seed)
    key = _key(successor, seed, training, test, "probabilities")
    if key not in done:
        successor.fit(training.contents, training.targets)
        done[key] = say(successor, test).as_json()
    return Predicted.from_json(done[key], len(successor.task.label_names))


def say(
    successor: Classifier, contents: Sequence[Content], *, progress: Progress = silent
) -> Predicted:
    """What a trained successor says of texts, rounded as it is kept."""
    if isinstance(successor, TellsDisagreement):
        found, differing = successor.proba_and_disagreement(contents, progress=progress)
        return Predicted(found.round(DIGITS), differing.round(DIGITS))
    return Predicted(successor.predict_proba(contents, progress=progress).round(DIGITS))


def _key(
    successor: Successor,
    seed: int,
    training: LabelledTexts,
    test: Sequence[Content],
    *of_what: str,
) -> str:
    parts = [
        *of_what,
        successor.name,
        successor.task.fingerprint,
        dict(successor.settings()),
        seed,
        list(training.contents),
        training.targets.tolist(),
        list(test),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
