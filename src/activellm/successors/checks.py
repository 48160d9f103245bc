"""What every successor checks before it trains or predicts, and what it warns of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.successors.contract import Weights
from activellm.task import Targets, Task

ClassWeights: TypeAlias = Literal["none", "balanced"]
"""Whether rare labels weigh more in training: "balanced" gives each label the same total weight."""


def check_contents(contents: Sequence[Content], task: Task) -> None:
    """Refuse texts where the task is about pairs, and the other way round.

    Raises:
        UsageError: With the first that does not fit.
    """
    for number, content in enumerate(contents, 1):
        fits = _is_pair(content) if task.pair else isinstance(content, str)
        if not fits:
            wanted = "a pair of texts" if task.pair else "one text"
            raise UsageError(f"This task is about {wanted}, and number {number} is not that.")


def _is_pair(content: object) -> bool:
    return (
        isinstance(content, tuple)
        and len(content) == 2
        and all(isinstance(text, str) for text in content)
    )


def check_training(
    contents: Sequence[Content], targets: Targets, task: Task, weights: Weights | None = None
) -> None:
    """Refuse what no classifier can be trained on.

    Raises:
        UsageError: If there is nothing, the lengths differ, targets are not the task's, or a
            weight is not above 0.
    """
    if not len(contents):
        raise UsageError("There is nothing to train on: no text is labelled yet.")
    if len(contents) != len(targets):
        raise UsageError(f"There are {len(contents)} texts and {len(targets)} answers.")
    labels = len(task.label_names)
    shape, top = ((len(contents), labels), 1) if task.multi else ((len(contents),), labels - 1)
    if targets.shape != shape or targets.min() < 0 or targets.max() > top:
        raise UsageError(
            f"The answers are not in the task's form (shape {shape}, numbers 0 to {top}).",
            remedy="Make them with Task.targets.",
        )
    if weights is not None and (
        weights.shape != (len(contents),) or not np.isfinite(weights).all() or weights.min() <= 0
    ):
        raise UsageError("Each example needs one weight above 0.")
    check_contents(contents, task)


def check_passes(passes: int) -> None:
    """Refuse to draw no classifier at all.

    Raises:
        UsageError: If `passes` is below 1.
    """
    if passes < 1:
        raise UsageError(f"At least one pass is needed, not {passes}.")


def check_temperature(temperature: float) -> None:
    """Refuse what log-odds cannot be divided by.

    Raises:
        UsageError: If it is not a number above 0.
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise UsageError(f"A temperature is a number above 0, not {temperature}.")


def label_counts(targets: Targets, task: Task) -> npt.NDArray[np.int64]:
    """How many examples each label has, in the task's order."""
    labels = len(task.label_names)
    counts = targets.sum(axis=0) if task.multi else np.bincount(targets, minlength=labels)
    return np.asarray(counts, dtype=np.int64)


def training_warnings(
    targets: Targets,
    task: Task,
    *,
    unseen: str = "never predicted, probability 0",
    alone: str = "the classifier gives it to everything",
) -> tuple[str, ...]:
    """What is wanting in the labelled examples, as sentences for people.

    Args:
        targets: The examples' answers.
        task: Their task.
        unseen: What follows for a label without examples.
        alone: What follows for a label that all examples have.
    """
    counts = label_counts(targets, task)
    by_count = {
        count: [name for name, n in zip(task.label_names, counts, strict=True) if n == count]
        for count in (0, 1, len(targets))
    }
    found = []
    if by_count[0]:
        found.append(f"No example of {_listed(by_count[0])}: {unseen}.")
    if by_count[1] and len(targets) > 1:
        found.append(f"Only one example of {_listed(by_count[1])}: expect errors there.")
    if by_count[len(targets)]:
        found.append(
            f"Every labelled text has {_listed(by_count[len(targets)])}: {alone}. "
            "Label some texts that differ."
        )
    return tuple(found)


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more labels" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def decide(
    probabilities: npt.NDArray[np.float64], task: Task, thresholds: Sequence[float] = ()
) -> Targets:
    """Targets from probabilities: the most probable label, or each label from 0.5 on.

    Args:
        probabilities: Shape (n, labels).
        task: Their task.
        thresholds: One for each label, above 0: multi-label from which on it is given, in place of
            0.5; single-label what probabilities are divided by before the highest is taken.

    Raises:
        UsageError: If there are not as many thresholds as labels, or one is not above 0.
    """
    limits = np.array(thresholds or [0.5] * len(task.labels), dtype=np.float64)
    if limits.shape != (len(task.labels),) or not (np.isfinite(limits) & (limits > 0)).all():
        raise UsageError(f"{len(task.labels)} thresholds above 0 are needed, one a label.")
    chosen = probabilities >= limits if task.multi else (probabilities / limits).argmax(axis=1)
    return np.asarray(chosen, dtype=np.int64)
