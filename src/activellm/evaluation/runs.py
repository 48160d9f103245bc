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
from activellm.successors.contract import Successor
from activellm.task import Targets

MakeSuccessor: TypeAlias = Callable[[int], Successor]
"""Gives an untrained successor for a training seed."""

Done: TypeAlias = MutableMapping[str, list[Any]]
"""Predictions kept from earlier: key -> JSON list. What is in it is not computed again; a mapping
that writes to disk lets a killed run go on."""


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


def _key(successor: Successor, seed: int, training: LabelledTexts, test: Sequence[Content]) -> str:
    parts = [
        successor.name,
        successor.task.fingerprint,
        dict(successor.settings()),
        seed,
        list(training.contents),
        training.targets.tolist(),
        list(test),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
