"""One measurement: some classifier's answers to some texts, compared with people's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from activellm.errors import UsageError
from activellm.evaluation.intervals import Estimate, macro_f1_interval, wilson
from activellm.evaluation.metrics import LabelScore, confusion, count, indicators, label_scores
from activellm.seeding import generator
from activellm.selection.contract import Judgement
from activellm.task import Targets, Task

Subject: TypeAlias = Literal["successor", "query model", "majority"]
"""Whose answers are measured: the trained classifier's, the LLM's without any training, or the
most frequent answer given to every text."""

Texts: TypeAlias = Literal["labelled", "hold-out", "gold"]
"""On which texts: those that were picked and labelled, a random sample that was never trained on,
or texts whose labels were known beforehand (simulation)."""

MEANING: dict[Texts, str] = {
    "labelled": (
        "Measured on the texts that were picked for labelling. They are no random sample: if the "
        "strategy liked clear texts the number is too high, if it liked hard ones too low."
    ),
    "hold-out": (
        "Measured on texts drawn at random and never used for training: an unbiased estimate for "
        "texts like those of the pool."
    ),
    "gold": (
        "Measured on texts whose labels were known beforehand and that were never used for "
        "training: an unbiased estimate for texts like these."
    ),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good somebody's answers are, on one set of texts.

    Attributes:
        subject: Whose answers.
        texts: On which texts.
        size: How many texts.
        accuracy: Share of exactly right answers, with interval.
        macro_f1: Mean F1 over the labels that occur in truth or predictions, with interval.
        labels: Each label's numbers, in the task's order.
        confusion: Rows true label, columns predicted; means where repeated; None if multi-label.
        meaning: What the number can be trusted for, in words.
        method: How the predictions were made ("5-fold cross-validation"); empty if directly.
        warnings: What a careful reader should know, as sentences.
    """

    subject: Subject
    texts: Texts
    size: int
    accuracy: Estimate
    macro_f1: Estimate
    labels: tuple[LabelScore, ...]
    confusion: tuple[tuple[float, ...], ...] | None
    meaning: str
    method: str = ""
    warnings: tuple[str, ...] = ()


def evaluate(
    task: Task,
    truth: Targets,
    predictions: Targets | Sequence[Targets],
    *,
    subject: Subject,
    texts: Texts,
    seed: int = 0,
    method: str = "",
    warnings: Sequence[str] = (),
) -> Evaluation:
    """Compare predictions with the truth.

    Args:
        task: The task both belong to.
        truth: The right answers, as `Task.targets` makes them; at least one.
        predictions: In the same form; or a list of such, for repeated predictions of the same
            texts, whose metrics are averaged.
        subject: Whose predictions.
        texts: On which texts.
        seed: Decides the bootstrap's resamples.
        method: How the predictions were made, if not directly.
        warnings: Sentences to hand on.

    Raises:
        UsageError: If there are no texts, or lengths differ.
    """
    repeats = [predictions] if isinstance(predictions, np.ndarray) else list(predictions)
    if len(truth) == 0 or any(len(predicted) != len(truth) for predicted in repeats):
        raise UsageError(
            f"Cannot evaluate: {len(truth)} answers, {[len(one) for one in repeats]} predictions."
        )
    right = indicators(task, truth)
    predicted = [indicators(task, one) for one in repeats]
    accuracy = float(np.mean([count(right, one).accuracy() for one in predicted]))
    rng = generator(seed, "evaluation", subject, texts)
    return Evaluation(
        subject=subject,
        texts=texts,
        size=len(right),
        accuracy=wilson(accuracy, len(right)),
        macro_f1=macro_f1_interval(right, predicted, rng),
        labels=tuple(label_scores(task, right, predicted)),
        confusion=None if task.multi else confusion(right, predicted),
        meaning=MEANING[texts],
        method=method,
        warnings=tuple(warnings),
    )


def majority_predictions(training: Targets, size: int) -> Targets:
    """The most frequent training answer for each of `size` texts; the first of several equals.

    In a multi-label task an answer is a whole set of labels.

    Raises:
        UsageError: If there are no training answers.
    """
    if len(training) == 0:
        raise UsageError("There are no labels to find the most frequent one of.")
    answers, times = np.unique(training, axis=0, return_counts=True)
    return np.repeat(answers[[int(times.argmax())]], size, axis=0)


def judged_predictions(task: Task, judgements: Sequence[Judgement]) -> Targets:
    """The query model's own answers: the most probable label; multi-label those from 0.5 on."""
    shape = (len(judgements), len(task.label_names))
    probabilities = np.array([one.probabilities for one in judgements], float).reshape(shape)
    if task.multi:
        return (probabilities >= 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)
