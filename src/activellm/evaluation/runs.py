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
from activellm.task import Targets, Task

MakeSuccessor: TypeAlias = Callable[[int], Successor]
"""Gives an untrained successor for a training seed."""

Done: TypeAlias = MutableMapping[str, Any]
"""Results kept from earlier: key -> JSON. What is in it is not computed again; a mapping that
writes to disk lets a killed run go on."""

DIGITS = 6
"""Of a probability that is kept."""

AT_ONCE = 10
"""Trainings that share a GPU; more would save little more time (benchmarks/results/speed.md)."""


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


@dataclass(frozen=True, slots=True)
class Run:
    """One training, and what it is tried on.

    Attributes:
        seed: The training seed.
        training: Texts to train on.
        test: Texts to predict.
    """

    seed: int
    training: LabelledTexts
    test: Sequence[Content]


def predict_each(
    make_successor: MakeSuccessor,
    runs: Sequence[Run],
    done: Done,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Targets]:
    """Train on some texts and predict others, run by run, or take the predictions from `done`.

    The key covers all that decides the result: the successor's settings, the seed, the training
    texts with their labels, and the texts to predict. On a GPU several runs are trained at once.

    Args:
        make_successor: Gives an untrained successor for a training seed.
        runs: What to train and to predict.
        done: What is known already; new predictions are added.
        progress: Told how many runs are done.
    """
    found = _each(
        make_successor, runs, done, lambda one, test: one.predict(test).tolist(), progress
    )
    return [np.array(one, dtype=np.int64) for one in found]


def say_each(
    make_successor: MakeSuccessor,
    task: Task,
    runs: Sequence[Run],
    done: Done,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Predicted]:
    """The same with probabilities, under keys of their own: what was kept without is done again."""
    found = _each(
        make_successor,
        runs,
        done,
        lambda one, test: say(one, test).as_json(),
        progress,
        "probabilities",
    )
    return [Predicted.from_json(one, len(task.label_names)) for one in found]


def _each(
    make_successor: MakeSuccessor,
    runs: Sequence[Run],
    done: Done,
    tell: Callable[[Successor, Sequence[Content]], Any],
    progress: Callable[[int], None],
    *of_what: str,
) -> list[Any]:
    """What the trained successors tell. Runs that share a GPU are done together or not at all.

    So a call that goes on with what a killed one left trains the same ones side by side.
    """
    found: list[Any] = []
    progress(0)
    while len(found) < len(runs):
        first = make_successor(runs[len(found)].seed)
        some = runs[len(found) :][: _at_once(first)]
        learners = [first, *(make_successor(run.seed) for run in some[1:])]
        pairs = list(zip(learners, some, strict=True))
        keys = [_key(learner, run, *of_what) for learner, run in pairs]
        if any(key not in done for key in keys):
            _train(learners, some)
            done.update(
                (key, tell(learner, run.test))
                for key, (learner, run) in zip(keys, pairs, strict=True)
            )
        found += [done[key] for key in keys]
        progress(len(found))
    return found


def _at_once(learner: Successor) -> int:
    """How many trainings like this one's are done side by side."""
    if not hasattr(learner, "lesson"):
        return 1
    from activellm.successors.together import on_gpu

    return AT_ONCE if on_gpu(learner) else 1


def _train(learners: Sequence[Successor], runs: Sequence[Run]) -> None:
    work = [(run.training.contents, run.training.targets, None) for run in runs]
    if len(learners) == 1:
        learners[0].fit(*work[0][:2])
        return
    from activellm.successors.together import fit_together

    fit_together(learners, work)


def say(
    successor: Classifier, contents: Sequence[Content], *, progress: Progress = silent
) -> Predicted:
    """What a trained successor says of texts, rounded as it is kept."""
    if isinstance(successor, TellsDisagreement):
        found, differing = successor.proba_and_disagreement(contents, progress=progress)
        return Predicted(found.round(DIGITS), differing.round(DIGITS))
    return Predicted(successor.predict_proba(contents, progress=progress).round(DIGITS))


def _key(successor: Successor, run: Run, *of_what: str) -> str:
    parts = [
        *of_what,
        successor.name,
        successor.task.fingerprint,
        dict(successor.settings()),
        run.seed,
        list(run.training.contents),
        run.training.targets.tolist(),
        list(run.test),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
