"""An estimate from the labelled texts alone: train on most of them, predict the rest, in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.evaluation.measure import Evaluation, evaluate
from activellm.evaluation.runs import Done, LabelledTexts, MakeSuccessor, train_and_predict
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
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
    if len(contents) < 2 or len(contents) != len(targets) or folds < 2 or repeats < 1:
        raise UsageError(
            f"Cross-validation needs 2 labelled texts, 2 folds and 1 repeat at least, not "
            f"{len(contents)} texts with {len(targets)} answers, {folds} folds, {repeats} repeats."
        )
    done = {} if done is None else done
    labelled = LabelledTexts(contents, targets)
    parts = min(folds, len(contents))
    predictions = []
    for repeat in range(repeats):
        rng = generator(seed, "cross-validation", repeat)
        fold_of = deal(targets, parts, rng)
        training_seed = int(rng.integers(2**31))
        predicted = np.zeros_like(targets)
        for fold in range(parts):
            progress(_STEP, repeat * parts + fold, repeats * parts)
            test = np.flatnonzero(fold_of == fold)
            predicted[test] = train_and_predict(
                make_successor,
                training_seed,
                labelled.take(np.flatnonzero(fold_of != fold)),
                labelled.take(test).contents,
                done,
            )
        predictions.append(predicted)
    progress(_STEP, repeats * parts, repeats * parts)
    return evaluate(
        task,
        targets,
        predictions,
        subject="successor",
        texts="labelled",
        seed=seed,
        method=_method(parts, len(contents), repeats),
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
