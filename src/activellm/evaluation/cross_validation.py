"""An estimate from the labelled texts alone: train on most of them, predict the rest, in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.evaluation.measure import Evaluation, evaluate
from activellm.evaluation.runs import (
    Done,
    LabelledTexts,
    MakeSuccessor,
    Predicted,
    Run,
    say_each,
)
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.successors.checks import decide
from activellm.task import Targets, Task

_STEP = "Cross-validation"


def cross_validate(
    make_successor: MakeSuccessor,
    task: Task,
    contents: Sequence[Content],
    targets: Targets,
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int,
    progress: Progress = silent,
    done: Done | None = None,
) -> Evaluation:
    """Estimate how good the successor is from the texts that were labelled for training it.

    Every text is predicted by a successor that was not trained on it. Answers are spread evenly
    over the folds. With fewer texts than folds each text is a fold of its own.

    Args:
        make_successor: Gives an untrained successor for a training seed.
        task: The task.
        contents: The labelled texts, at least 2.
        targets: Their answers, as `Task.targets` makes them.
        folds: In how many parts the texts are cut, at least 2.
        repeats: How often this is done with other cuts and training seeds; metrics are averaged.
        seed: Decides cuts and training seeds.
        progress: Told how many folds are done.
        done: Predictions kept from an earlier, broken-off call; new ones are added.

    Raises:
        UsageError: If there are fewer than 2 texts or folds, or lengths differ.
    """
    predicted = out_of_fold(
        make_successor,
        task,
        contents,
        targets,
        folds=folds,
        repeats=repeats,
        seed=seed,
        progress=progress,
        done=done,
    )
    return evaluate_out_of_fold(task, targets, predicted, folds=folds, seed=seed)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What classifiers say of labelled texts that they were not trained on.

    Attributes:
        repeats: What they say in each repeat; texts in the order given.
        fold_of: Each text's fold in the first repeat, shape (texts,).
    """

    repeats: tuple[Predicted, ...]
    fold_of: npt.NDArray[np.int64]

    @property
    def mean(self) -> Predicted:
        """The mean over the repeats."""
        if len(self.repeats) == 1:
            return self.repeats[0]
        found = np.mean([one.probabilities for one in self.repeats], axis=0)
        differing = [one.disagreement for one in self.repeats if one.disagreement is not None]
        return Predicted(found, np.mean(differing, axis=0) if differing else None)


def out_of_fold(
    make_successor: MakeSuccessor,
    task: Task,
    contents: Sequence[Content],
    targets: Targets,
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int,
    progress: Progress = silent,
    done: Done | None = None,
) -> OutOfFold:
    """Label probabilities of each labelled text, by a successor that was not trained on it.

    Args and errors are those of `cross_validate`.
    """
    if len(contents) < 2 or len(contents) != len(targets) or folds < 2 or repeats < 1:
        raise UsageError(
            f"Cross-validation needs 2 labelled texts, 2 folds and 1 repeat at least, not "
            f"{len(contents)} texts with {len(targets)} answers, {folds} folds, {repeats} repeats."
        )
    done = {} if done is None else done
    labelled = LabelledTexts(contents, targets)
    parts = min(folds, len(contents))
    runs: list[Run] = []
    cuts = []
    for repeat in range(repeats):
        rng = generator(seed, "cross-validation", repeat)
        fold_of = deal(targets, parts, rng)
        training_seed = int(rng.integers(2**31))
        for fold in range(parts):
            training = labelled.take(np.flatnonzero(fold_of != fold))
            test = labelled.take(np.flatnonzero(fold_of == fold))
            runs.append(Run(training_seed, training, test.contents))
        cuts.append(fold_of)
    said = say_each(
        make_successor, task, runs, done, lambda count: progress(_STEP, count, len(runs))
    )
    found = [
        _joined(said[repeat * parts :][:parts], fold_of) for repeat, fold_of in enumerate(cuts)
    ]
    return OutOfFold(tuple(found), cuts[0])


def _joined(said: Sequence[Predicted], fold_of: npt.NDArray[np.int64]) -> Predicted:
    """What was said of the folds, in the order of the texts."""
    places = np.argsort(np.argsort(fold_of, kind="stable"), kind="stable")
    differing = [one.disagreement for one in said if one.disagreement is not None]
    whole = Predicted(
        np.concatenate([one.probabilities for one in said]),
        np.concatenate(differing) if differing else None,
    )
    return whole.take(places)


def evaluate_out_of_fold(
    task: Task, targets: Targets, predicted: OutOfFold, *, folds: int = 5, seed: int
) -> Evaluation:
    """The evaluation that `cross_validate` gives, of what `out_of_fold` gave.

    Args:
        task: The task.
        targets: The texts' answers.
        predicted: What classifiers that did not see them said.
        folds: How many were asked for.
        seed: Decides the bootstrap's resamples.
    """
    return evaluate(
        task,
        targets,
        [decide(one.probabilities, task) for one in predicted.repeats],
        subject="successor",
        texts="labelled",
        seed=seed,
        method=_method(min(folds, len(targets)), len(targets), len(predicted.repeats)),
        warnings=_warnings(task, targets, folds),
    )


def deal(targets: Targets, folds: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Each text's fold, shape (texts,): equal answers are dealt round the folds like cards.

    So each answer's texts, and all texts, are spread over the folds as evenly as numbers allow.
    """
    _, answer = np.unique(targets, axis=0, return_inverse=True)
    order = np.lexsort((rng.random(len(targets)), answer.reshape(-1)))
    fold_of = np.empty(len(targets), dtype=np.int64)
    fold_of[order] = np.arange(len(targets)) % folds
    return fold_of


def _method(parts: int, texts: int, repeats: int) -> str:
    name = "leave-one-out" if parts == texts else f"{parts}-fold cross-validation"
    return f"{name}, {repeats} times" if repeats > 1 else name


def _warnings(task: Task, targets: Targets, folds: int) -> list[str]:
    warnings = []
    if len(targets) < folds:
        warnings.append(
            f"Only {len(targets)} texts are labelled, fewer than the {folds} folds asked for: "
            "each was left out once."
        )
    has = targets if task.multi else targets[:, None] == np.arange(len(task.label_names))
    support = np.asarray(has).sum(axis=0)
    lonely = [name for name, n in zip(task.label_names, support, strict=True) if n == 1]
    if lonely:
        warnings.append(
            f"Only one text is labelled {_listed(lonely)}: it is never in training when it is "
            "predicted, so cross-validation counts it as wrong."
        )
    return warnings


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names) + " (each)"
